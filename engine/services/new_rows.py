"""A row as it would become: what it refers to, and whose it would be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from engine.domain.access import Actor
from engine.domain.book import KINDS, Value
from engine.domain.interfaces import UnitOfWork
from engine.domain.place import NOBODYS, Place
from engine.services.read_rows import EDITS, code_of, is_visible, places_of
from engine.services.row_mistakes import Mistakes

#: Whom a row may name for itself: somebody whose own field names that row.
_OWN_PEOPLE: Final[Mapping[str, str]] = {
    "primary_contact": "customer",
    "point_of_contact": "partner",
}
#: The field by which rows of a kind are somebody's; a mistake about it stands there.
_OWNERS: Final[Mapping[str, tuple[str, ...]]] = {
    "customers": ("partner",),
    "people": ("customer", "partner"),
    "contracts": ("customer",),
    "sites": ("customer",),
    "usage": ("contract",),
    "partners": (),
}


@dataclass
class NewRow:
    """One row that is to be written; `values` are those that become others."""

    unit: UnitOfWork
    actor: Actor
    kind: str
    held: Mapping[str, Any] | None
    values: Mapping[str, Value]
    #: The rows that it refers to, by field; filled by `check_references`.
    others: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def with_key(self) -> dict[str, Value]:
        """The values, with those that say which row it is."""
        key = KINDS[self.kind].key
        return {**{name: self.get(name) for name in key}, **self.values}

    @property
    def code(self) -> str:
        """What it is called by."""
        return code_of(self.kind, self.with_key)

    def get(self, name: str) -> Any:
        """A field as it will be."""
        if name in self.values:
            return self.values[name]
        return None if self.held is None else self.held[name]

    def places(self) -> list[Place]:
        """Whose it will be."""
        if self.kind == "partners":
            return places_of(self.kind, self.held) if self.held else [NOBODYS]
        if self.kind == "customers":
            partner = self.other("partner")
            own = None if self.held is None else self.held["customer_id"]
            return [Place(own, partner["partner_id"] if partner else None)]
        found = (self.other(name) for name in _OWNERS[self.kind])
        return [_place(other) for other in found if other] or [NOBODYS]

    def other(self, name: str) -> Mapping[str, Any] | None:
        """The row that a field will refer to."""
        code = self.get(name)
        kind = KINDS[self.kind].field(name).refers_to
        if not code or kind is None:
            return None
        if name not in self.others:
            row = self.unit.directory.one(kind, str(code))
            if row is None:
                return None
            self.others[name] = row
        return self.others[name]


def check_references(new: NewRow, mistakes: Mistakes) -> None:
    """Whatever a row refers to is there, and seen by the actor; contacts are its own."""
    for each in KINDS[new.kind].fields:
        code = new.values.get(each.name)
        if each.refers_to is None or not isinstance(code, str):
            continue
        row = new.other(each.name)
        if row is None or not is_visible(new.actor, each.refers_to, row):
            mistakes.add(each.name, "unknown", code=code)
        elif each.name in _OWN_PEOPLE:
            own = None if new.held is None else new.held["code"]
            if own is None or row[_OWN_PEOPLE[each.name]] != own:
                mistakes.add(each.name, "not_theirs", code=code)


def check_places(new: NewRow, mistakes: Mistakes) -> None:
    """The actor may write rows where this one will be."""
    owners = _OWNERS[new.kind]
    if any(mistakes.has(name) for name in owners):
        return
    if new.held is not None and not any(name in new.values for name in owners):
        return
    if all(new.actor.may(EDITS[new.kind], place) for place in new.places()):
        return
    named = [name for name in owners if new.get(name)]
    reason = "not_yours" if named or not owners else "nobodys"
    for name in named or owners or ("code",):
        mistakes.add(name, reason)


def _place(other: Mapping[str, Any]) -> Place:
    """A customer's or a partner's own place, or that of a contract's customer."""
    return Place(other.get("customer_id"), other.get("partner_id"))
