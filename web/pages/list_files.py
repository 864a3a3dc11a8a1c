"""Exports: what the list shows, whole, as a file for a spreadsheet."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response
from starlette.background import BackgroundTask

from engine.domain.book import Cell
from engine.domain.errors import NotFoundError
from engine.services.list_changes import AMOUNTS, every_row
from web.columns import TITLES, columns_for, with_currency
from web.list_address import Address, read_address
from web.pages.changes import ListVisit
from web.rendering import words_of
from web.visits import Visit

router = APIRouter()
FORMATS: Final = ("csv", "xlsx")
#: Columns whose codes are said in words, and where the words stand.
_WORDS: Final = {"type": "types", "state": "states"}


@router.get("/changes.{form}")
def export(visit: ListVisit, form: str) -> Response:
    """The list as its address asks for it, without its pages."""
    if form not in FORMATS:
        raise NotFoundError("format", form, FORMATS[0])
    address, columns = read_address(visit), with_currency(columns_for(visit))
    folder = Path(tempfile.mkdtemp(prefix="tacit-export-"))
    stem = visit.say("upcoming-renewals")
    name = f"{stem}-{address.question.on}.{form}"
    header = [visit.say(TITLES[column]) for column in columns]
    rows = _rows(visit, address, columns)
    try:
        title = visit.say("Upcoming renewals")
        visit.site.works.write_list(folder / name, title, header, rows)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return FileResponse(
        folder / name,
        filename=name,
        headers={"Cache-Control": "no-store"},
        background=BackgroundTask(shutil.rmtree, folder, ignore_errors=True),
    )


def _rows(
    visit: Visit, address: Address, columns: Sequence[str]
) -> Iterator[list[Cell]]:
    site, word = visit.site, words_of(visit.site.words[visit.language])
    owners = {"vendor": visit.say("Vendor"), "partner": visit.say("Partner")}

    def cell(name: str, value: Any) -> Cell:
        if value is None:
            return None
        if name in _WORDS:
            return word(_WORDS[name], value)
        if name == "owner":
            return owners[value]
        found: Cell = Decimal(value) if name in AMOUNTS else value
        return found

    question = address.question
    for row in every_row(site.store, site.rulebook, question, visit.actor):
        yield [cell(name, row[name]) for name in columns]
