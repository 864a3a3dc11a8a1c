"""The book's rows as tables and forms show them, to whoever may see them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from engine.domain.access import Action, Actor, Reach
from engine.domain.book import KINDS, as_cell
from engine.domain.errors import NotFoundError
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.place import NOBODYS, Place

#: What it takes to see rows of a kind, and to add and change them.
SEES: Final[Mapping[str, Action]] = {
    "customers": Action.SEE_CUSTOMERS,
    "people": Action.SEE_PEOPLE,
    "contracts": Action.SEE_CUSTOMERS,
    "partners": Action.SEE_PARTNERS,
    "sites": Action.SEE_CUSTOMERS,
    "usage": Action.SEE_CUSTOMERS,
}
EDITS: Final[Mapping[str, Action]] = {
    kind: Action.EDIT_PEOPLE if kind == "people" else Action.EDIT_BOOK for kind in SEES
}
#: What one row of a kind is called.
NAMES: Final[Mapping[str, str]] = {
    "customers": "customer",
    "people": "person",
    "contracts": "contract",
    "partners": "partner",
    "sites": "site",
    "usage": "usage",
}
#: Counting ends there: how many more there are is of no use to anybody.
MOST_COUNTED: Final = 1_000

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of a table."""

    rows: Sequence[Entry]
    count: int  # of all that the search finds, up to MOST_COUNTED and one more


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One row; `values` are texts, without those that the actor may not see."""

    kind: str
    code: str
    values: Mapping[str, str]
    tag: str  # changes with every value
    may_edit: bool
    places: Sequence[Place]


def list_rows(
    store: Storage, actor: Actor, kind: str, search: str, *, offset: int, limit: int
) -> Rows:
    """The rows of a kind that the actor may see and a search finds."""
    reach = actor.must_somewhere(SEES[kind])
    # PostgreSQL knows no text with a NUL character in it, and no row holds others.
    search = "".join(letter for letter in search if letter.isprintable())
    with store.begin(read_only=True) as unit:
        found = unit.directory.search(kind, reach, search, offset=offset, limit=limit)
        count = offset + len(found)
        # Rows that end within the page are counted already; a search is made once.
        if len(found) == limit or (offset and not found):
            count = unit.directory.count(kind, reach, search, MOST_COUNTED + 1)
    return Rows([_shown(kind, row, actor) for row in found], count)


def show_row(store: Storage, actor: Actor, kind: str, code: str) -> ShownRow:
    """One row; NotFoundError where there is none that the actor may see."""
    with store.begin(read_only=True) as unit:
        row = visible_row(unit, actor, kind, code)
    places = places_of(kind, row)
    may_edit = all(actor.may(EDITS[kind], place) for place in places)
    return ShownRow(
        kind, code, _shown(kind, row, actor)["values"], tag_of(row), may_edit, places
    )


def visible_row(unit: UnitOfWork, actor: Actor, kind: str, code: str) -> dict[str, Any]:
    """One row as it is held, with the codes of others; NotFoundError if not seen."""
    row = unit.directory.one(kind, code) if code.isprintable() else None
    if row is None or not is_visible(actor, kind, row):
        raise NotFoundError(NAMES[kind], code)
    return row


def is_visible(actor: Actor, kind: str, row: Entry) -> bool:
    """Whether the actor may see a row."""
    return any(actor.may(SEES[kind], place) for place in places_of(kind, row))


def places_of(kind: str, row: Entry) -> list[Place]:
    """Whose a row is; somebody can be of a customer and of a partner too."""
    customer_id, partner_id = row.get("customer_id"), row.get("partner_id")
    if kind != "people":
        return [Place(customer_id, partner_id)]
    places = []
    if customer_id is not None:
        places.append(Place(customer_id, row["customers_partner_id"]))
    if partner_id is not None:
        places.append(Place(partner_id=partner_id))
    return places or [NOBODYS]


def tag_of(row: Entry) -> str:
    """What tells whether a row is still as somebody saw it."""
    text = "\x1f".join(f"{name}={row[name]}" for name in sorted(row))
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def code_of(kind: str, row: Entry) -> str:
    """What a row is called by: its code, or a contract's and a month's."""
    return "/".join(str(row[name]) for name in KINDS[kind].key)


def _shown(kind: str, row: Entry, actor: Actor) -> Entry:
    sees_amounts = any(
        actor.may(Action.SEE_AMOUNTS, place) for place in places_of(kind, row)
    )
    values = {
        each.name: _text(as_cell(each, row[each.name]))
        for each in KINDS[kind].fields
        if sees_amounts or not each.is_money
    }
    return {"code": code_of(kind, row), "values": values}


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return "" if cell is None else str(cell)


def people_to_choose(
    store: Storage, actor: Actor, row: ShownRow, most: int
) -> list[Entry]:
    """Whom a customer or a partner can have as its contact: its own people."""
    whose = NAMES[row.kind]
    place = row.places[0]
    reach = (
        Reach(customers=_only(place.customer_id))
        if row.kind == "customers"
        else Reach(partners=_only(place.partner_id))
    )
    with store.begin(read_only=True) as unit:
        found = unit.directory.search("people", reach, "", offset=0, limit=most)
    return [
        _shown("people", one, actor)
        for one in found
        if one[whose] == row.code and is_visible(actor, "people", one)
    ]


def _only(id_: int | None) -> frozenset[int]:
    return frozenset(each for each in (id_,) if each is not None)
