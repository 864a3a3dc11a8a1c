"""The pages of the back office: a table of each kind of row, and a form for a row."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from engine.domain.access import reach
from engine.domain.book import KINDS
from engine.domain.errors import StaleError
from engine.services.edit_rows import Edited, RowEditor
from engine.services.imported_values import Defaults
from engine.services.read_rows import (
    EDITS,
    MOST_COUNTED,
    SEES,
    ShownRow,
    list_rows,
    show_row,
)
from engine.services.row_history import history_of
from engine.services.row_mistakes import Mistake, RowRefusedError
from web.back_office.accounts import identity_shown
from web.back_office.fields import fields_of, values_given
from web.back_office.words import ADD, TITLES, value_text
from web.back_office.words import KINDS as TABS
from web.forms import text_of
from web.rendering import words_of
from web.visits import Form, Needs, Posted, Visit

HERE: Final = "/back-office"
_LAST_PAGE: Final = 10_000
#: The columns of each table; the first leads to the row.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "customers": ("name", "code", "domain", "partner", "primary_contact", "language"),
    "people": ("name", "code", "email", "customer", "partner", "roles"),
    "contracts": (
        "code", "customer", "product", "started_on", "commitment_months",
        "automatic_renewal", "ended_on",
    ),
    "partners": ("name", "code", "owns_conversations", "point_of_contact"),
    "sites": ("name", "code", "customer"),
    "usage": ("contract", "month", "contacts", "emails_sent"),
}  # fmt: skip
_NUMBERS: Final = frozenset({"commitment_months", "contacts", "emails_sent"})
_FOLLOWED: Final = ("opened", "planned again", "ended", "warned")


def _(text: str) -> str:
    """Mark a sentence for translation."""
    return text


_SAID: Final[Mapping[str, str]] = {
    "opened": _("changes opened: %(n)s"),
    "planned again": _("planned again: %(n)s"),
    "ended": _("ended: %(n)s"),
    "warned": _("warnings of usage: %(n)s"),
}

router = APIRouter()
SeeAny = Annotated[Visit, Depends(Needs(*dict.fromkeys(SEES.values())))]


@router.get(HERE)
def back_office(visit: SeeAny) -> Response:
    """The first of the tables that its visitor may see."""
    first = next(kind for kind in TABS if visit.actor.may(SEES[kind]))
    return visit.go(f"{HERE}/{first}")


def _routes_of(kind: str) -> APIRouter:
    """The pages of one kind of row, each with what it needs."""
    made = APIRouter(prefix=f"{HERE}/{kind}")
    seeing, editing = Depends(Needs(SEES[kind])), Depends(Needs(EDITS[kind]))

    @made.get("")
    def table(visit: Visit = seeing, search: str = "", page: int = 1) -> Response:
        return _table(visit, kind, search.strip()[:200], page)

    @made.get("/new")
    def blank(visit: Visit = editing) -> Response:
        return _form(visit, kind, None, _first_values(visit, kind))

    @made.post("/new")
    def add(form: Posted, visit: Visit = editing) -> Response:
        return _add(visit, kind, form)

    @made.get("/rows/{code:path}")
    def row(code: str, visit: Visit = seeing) -> Response:
        found = show_row(visit.site.store, visit.actor, kind, code)
        return _form(visit, kind, found, found.values)

    @made.post("/rows/{code:path}")
    def change(code: str, form: Posted, visit: Visit = editing) -> Response:
        return _change(visit, kind, code, form)

    return made


for _kind in TABS:
    router.include_router(_routes_of(_kind))


def row_path(kind: str, code: str) -> str:
    """Where one row is."""
    return f"{HERE}/{kind}/rows/{quote(code)}"


def _table(visit: Visit, kind: str, search: str, page: int) -> Response:
    size, page = visit.site.settings.page_size, min(max(page, 1), _LAST_PAGE)
    found = list_rows(
        visit.site.store,
        visit.actor,
        kind,
        search,
        offset=(page - 1) * size,
        limit=size + 1,
    )

    def path_of_page(number: int) -> str:
        asked = {"search": search, "page": number if number > 1 else ""}
        kept = {name: value for name, value in asked.items() if value}
        return f"{HERE}/{kind}" + (f"?{urlencode(kept)}" if kept else "")

    return visit.page(
        "back_office/table.html",
        **_frame(visit, kind),
        columns=COLUMNS[kind],
        numbers=_NUMBERS,
        rows=[_cells(visit, kind, one) for one in found.rows[:size]],
        count=min(found.count, MOST_COUNTED),
        is_more=found.count > MOST_COUNTED,
        search=search,
        page=page,
        has_more=len(found.rows) > size,
        path_of_page=path_of_page,
    )


def _cells(visit: Visit, kind: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the table: where it leads, and each cell with where that leads."""
    word = words_of(visit.site.words[visit.language])
    cells = []
    for name in COLUMNS[kind]:
        text = entry["values"][name]
        other = KINDS[kind].field(name).refers_to
        leads = bool(text and other and visit.actor.may(SEES[other]))
        path = row_path(other, text) if leads and other else ""
        cells.append((name, value_text(visit, name, text, word), path))
    return {"path": row_path(kind, entry["code"]), "cells": cells}


def _frame(visit: Visit, kind: str) -> dict[str, Any]:
    """What all pages of a kind show."""
    return {
        "kind": kind,
        "title": visit.say(TABS[kind]),
        "add": visit.say(ADD[kind]),
        "may_add": visit.actor.may(EDITS[kind]),
        "titles": {name: visit.say(title) for name, title in TITLES.items()},
        "tabs": [
            (f"{HERE}/{each}", visit.say(name), each == kind)
            for each, name in TABS.items()
            if visit.actor.may(SEES[each])
        ],
    }


def _form(
    visit: Visit,
    kind: str,
    row: ShownRow | None,
    values: Mapping[str, str],
    mistakes: Mapping[str, Mistake] | None = None,
    *,
    status: int = 200,
) -> Response:
    """The form of a row; facts only, for who may not change it."""
    word = words_of(visit.site.words[visit.language])
    asked = fields_of(visit, kind, row, values, mistakes or {})
    shown = row.values if row else {}
    may_edit = row is None or row.may_edit
    facts = {
        name: value_text(visit, name, text, word)
        for name, text in shown.items()
        if not may_edit
    }
    return visit.page(
        "back_office/row.html",
        status=status,
        **_frame(visit, kind),
        row=row,
        name=shown.get("name") or (row.code if row else ""),
        facts=facts,
        asked=asked,
        wrong=[one for one in asked if one.wrong],
        is_stale=status == 409,
        may_edit=may_edit,
        path=row_path(kind, row.code) if row else f"{HERE}/{kind}/new",
        own_page=_own_page(visit, kind, row),
        edits=_edits(visit, kind, row),
        identity=identity_shown(visit, kind, row),
        zone=visit.site.settings.time_zone,
    )


def _edits(visit: Visit, kind: str, row: ShownRow | None) -> list[dict[str, Any]]:
    """The last edits of a row, with its fields by their titles."""
    if row is None:
        return []
    titles = {**TITLES, "usage": TABS["usage"]}
    return [
        {
            "at": one.at,
            "by": visit.say("a file") if one.by == "import" else one.by,
            "is_first": one.is_first,
            "fields": ", ".join(visit.say(titles[name]) for name in one.fields),
        }
        for one in history_of(visit.site.store, visit.actor, kind, row.code)
    ]


def _own_page(visit: Visit, kind: str, row: ShownRow | None) -> str:
    """The page that shows all of a customer or a partner."""
    if row is None or kind not in ("customers", "partners"):
        return ""
    return f"/{kind}/{quote(row.code)}"


def _first_values(visit: Visit, kind: str) -> dict[str, str]:
    """What a new row begins with: defaults, and whose it can only be."""
    found = {
        each.name: "no" if each.default is False else str(each.default or "")
        for each in KINDS[kind].fields
    }
    reached = reach(visit.actor, EDITS[kind])
    if len(reached.customers) + len(reached.partners) == 1 and not reached.everything:
        owner = "customers" if reached.customers else "partners"
        if visit.actor.may(SEES[owner]):
            store = visit.site.store
            own = list_rows(store, visit.actor, owner, "", offset=0, limit=2).rows
            if len(own) == 1:
                found[owner.removesuffix("s")] = own[0]["code"]
    return found


def _editor(visit: Visit) -> RowEditor:
    site = visit.site
    defaults = Defaults(site.settings.time_zone, site.settings.language)
    return RowEditor(
        site.store, site.rulebook, site.policy, defaults, visit.actor, visit.now
    )


def _add(visit: Visit, kind: str, form: Form) -> Response:
    values = values_given(visit, kind, None, form)
    try:
        edited = _editor(visit).add(kind, values)
    except RowRefusedError as error:
        return _form(visit, kind, None, values, error.mistakes, status=422)
    return visit.go(row_path(kind, edited.code), _said(visit, edited))


def _change(visit: Visit, kind: str, code: str, form: Form) -> Response:
    store = visit.site.store
    row = show_row(store, visit.actor, kind, code)
    values = values_given(visit, kind, row, form)
    try:
        edited = _editor(visit).change(kind, code, values, text_of(form, "seen"))
    except RowRefusedError as error:
        filled = {**row.values, **values}
        return _form(visit, kind, row, filled, error.mistakes, status=422)
    except StaleError:
        now = show_row(store, visit.actor, kind, code)
        return _form(visit, kind, now, now.values, status=409)
    return visit.go(row_path(kind, code), _said(visit, edited))


def _said(visit: Visit, edited: Edited) -> str:
    """What the edit came to."""
    if not edited.is_changed:
        return visit.say("Nothing was changed.")
    followed: Sequence[str] = [
        visit.say(_SAID[name], n=edited.followed[name])
        for name in _FOLLOWED
        if edited.followed.get(name)
    ]
    said = visit.say("%(code)s is saved.", code=edited.code)
    if not followed:
        return said
    return said + " " + visit.say("What follows: %(what)s.", what=", ".join(followed))
