"""Partners, customers, people and contracts, to whoever may see them."""

from collections.abc import Mapping
from typing import Any, Final

from engine.domain.access import Action, Actor
from engine.domain.book import amount
from engine.domain.errors import NotFoundError
from engine.domain.interfaces import Storage
from engine.domain.paging import Page, page_of, read_cursor
from engine.domain.place import Place

#: What each kind of row is called, and what it takes to see one.
_KINDS: Final[Mapping[str, tuple[str, Action]]] = {
    "partners": ("partner", Action.SEE_PARTNERS),
    "customers": ("customer", Action.SEE_CUSTOMERS),
    "people": ("person", Action.SEE_PEOPLE),
    "contracts": ("contract", Action.SEE_CUSTOMERS),
}
_PLACE: Final = frozenset({"customer_id", "partner_id", "customers_partner_id"})
_AMOUNTS: Final = ("mrr", "new_mrr")

Entry = dict[str, Any]


def list_entries(
    store: Storage, actor: Actor, kind: str, after: str | None, limit: int
) -> Page[Entry]:
    """A page of a kind in the order of codes, after a cursor; CursorError if it is none."""
    reach = actor.must_somewhere(_KINDS[kind][1])
    start = read_cursor(after) if after is not None else None
    with store.begin(read_only=True) as unit:
        rows = unit.directory.page(kind, reach, after=start, limit=limit + 1)
    found = [_entry(row, actor) for row in rows]
    return page_of(found, limit, lambda entry: entry["code"])


def show_entry(store: Storage, actor: Actor, kind: str, code: str) -> Entry:
    """One row; NotFoundError where there is none that the actor may see."""
    name, needed = _KINDS[kind]
    with store.begin(read_only=True) as unit:
        row = unit.directory.one(kind, code)
    if row is None:
        raise NotFoundError(name, code)
    actor.must(needed, _place(row), name, code)
    return _entry(row, actor)


def _place(row: Mapping[str, Any]) -> Place:
    partner_id = row["partner_id"]
    if partner_id is None:
        partner_id = row.get("customers_partner_id")
    return Place(row.get("customer_id"), partner_id)


def _entry(row: Entry, actor: Actor) -> Entry:
    """The fields as the book's own files name them."""
    found = {name: value for name, value in row.items() if name not in _PLACE}
    if "roles" in found:
        found["roles"] = [role for role in found["roles"].split("|") if role]
    if "mrr" in found:
        may = actor.may(Action.SEE_AMOUNTS, _place(row))
        for name in _AMOUNTS:
            found[name] = _shown(found[name]) if may else None
    return found


def _shown(minor: int | None) -> str | None:
    return None if minor is None else str(amount(minor))
