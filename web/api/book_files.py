"""Files in and out: a book taken in, the list and the whole book written."""

import re
import tempfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, File, Form, Query, Response, UploadFile
from pydantic import BaseModel, Field

from engine.domain.access import Action
from engine.domain.errors import ProblemsError, TacitError
from engine.domain.place import NOBODYS
from engine.services.export_book import Sheet, sheets
from engine.services.list_changes import AMOUNTS, COLUMNS, list_changes
from web.api.callers import ApiNeeds
from web.api.changes import Filters, question
from web.api.problems import ApiError, Complaint
from web.api.routes import ApiRoute
from web.visits import Visit

router: Final = APIRouter(route_class=ApiRoute, tags=["files"])

Importing = Annotated[Visit, Depends(ApiNeeds(Action.IMPORT_BOOK))]
Exporting = Annotated[Visit, Depends(ApiNeeds(Action.EXPORT_BOOK))]
Listing = Annotated[Visit, Depends(ApiNeeds(Action.SEE_CHANGES))]

_COUNTED: Final = ("new", "changed", "same")
_FILE: Final = re.compile(r"[^/\\\x00-\x1f]{1,150}\.(csv|xlsx)", re.IGNORECASE)
_MEDIA_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_BINARY: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The file.",
        "content": {
            kind.split(";")[0]: {"schema": {"type": "string", "format": "binary"}}
            for kind in _MEDIA_TYPES.values()
        },
    }
}


class FileOfChanges(Filters):
    """Which changes of the list, and as what kind of file."""

    format: Literal["csv", "xlsx"] = "csv"


class Counts(BaseModel):
    """Rows of one kind: new, changed, and the same as they were."""

    new: int
    changed: int
    same: int


class Imported(BaseModel):
    """What an import did, or as a dry run would do."""

    dry_run: bool
    counts: dict[str, Counts | dict[str, int]] = Field(
        description="Rows by kind; under `changes`, how many were opened, planned_again, "
        "ended and warned."
    )


@router.post("/book/import", response_model=Imported)
def post_import(
    visit: Importing,
    files: Annotated[
        list[UploadFile],
        File(max_length=50, description="CSV or Excel files (docs/book.md)."),
    ],
    mapping: Annotated[
        str | None,
        Form(max_length=80, description="The name of one of the home's mappings."),
    ] = None,
    dry_run: Annotated[
        bool, Form(description="Say what would change; change nothing.")
    ] = False,
) -> Imported:
    """Take a book in. All or nothing; the same files twice change nothing."""
    visit.actor.must(Action.IMPORT_BOOK, NOBODYS, "book", "import")
    with tempfile.TemporaryDirectory() as folder:
        paths = [_kept(Path(folder) / str(n), each) for n, each in enumerate(files)]
        try:
            counts = visit.site.works.import_book(
                visit.site.store,
                paths,
                mapping or None,
                visit.now,
                by=visit.actor.code,
                dry_run=dry_run,
            )
        except TacitError as error:
            raise _named_as_sent(error, folder) from None
    changes = counts.pop("changes")
    found: dict[str, Any] = {
        kind: {name: count.get(name, 0) for name in _COUNTED}
        for kind, count in counts.items()
        if count
    }
    found["changes"] = {
        name.replace(" ", "_"): number for name, number in changes.items()
    }
    return Imported(dry_run=dry_run, counts=found)


@router.get("/exports/changes", response_class=Response, responses=_BINARY)
def get_changes_file(
    visit: Listing,
    wanted: Annotated[FileOfChanges, Query()],
) -> Response:
    """The list of changes as a file for spreadsheets, with the filters of the list."""
    site = visit.site
    rows = list_changes(
        site.store, site.rulebook, question(visit, wanted), visit.actor
    ).rows
    names = [column.name for column in COLUMNS]
    cells = [[_cell(name, row[name]) for name in names] for row in rows]
    return _file(visit, "changes", {"changes": (names, cells)}, wanted.format)


@router.get("/exports/book", response_class=Response, responses=_BINARY)
def get_book_file(visit: Exporting) -> Response:
    """The whole book as a workbook, in the form that an import takes back."""
    visit.actor.must(Action.EXPORT_BOOK, NOBODYS, "book", "export")
    return _file(visit, "book", sheets(visit.site.store), "xlsx")


def _kept(folder: Path, sent: UploadFile) -> Path:
    """The file on disk, under its own name: that says which kind of rows it holds."""
    name = (sent.filename or "").replace("\\", "/").rsplit("/", 1)[-1]
    if not _FILE.fullmatch(name) or not name.isprintable():
        said = "give each file its name: .csv or .xlsx, such as customers.csv"
        raise ApiError(422, said, [Complaint(pointer="#/files", detail=said)])
    folder.mkdir()
    path = folder / name
    try:
        with path.open("wb") as file:
            while block := sent.file.read(1_000_000):
                file.write(block)
    except (OSError, UnicodeError) as error:
        raise ApiError(422, f"{name}: this file cannot be kept ({error})") from None
    return path


def _named_as_sent(error: TacitError, folder: str) -> TacitError:
    """The same error, of files as whoever sent them knows them."""
    pattern = re.compile(re.escape(folder) + r"/[0-9]+/")
    if isinstance(error, ProblemsError):
        return ProblemsError(
            [replace(one, file=pattern.sub("", one.file)) for one in error.problems]
        )
    if folder in str(error):
        return ApiError(422, pattern.sub("", str(error)))
    return error


def _cell(name: str, value: Any) -> Any:
    """An amount is a number to a spreadsheet, and text to everybody else."""
    return Decimal(value) if name in AMOUNTS and value is not None else value


def _file(
    visit: Visit, name: str, content: dict[str, Sheet], kind: Literal["csv", "xlsx"]
) -> Response:
    works = visit.site.works
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.{kind}"
        if len(content) == 1:
            [(title, (header, rows))] = content.items()
            works.write_list(path, title, header, rows)
        else:
            works.write_workbook(path, content)
        data = path.read_bytes()
    headers = {
        "Content-Disposition": f'attachment; filename="{path.name}"',
        "Cache-Control": "no-store",
    }
    return Response(data, headers=headers, media_type=_MEDIA_TYPES[kind])
