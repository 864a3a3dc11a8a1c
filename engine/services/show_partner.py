"""One partner: its people, its standing choice, and how many customers it has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.domain.access import Action, Actor
from engine.domain.interfaces import Storage
from engine.domain.place import Place
from engine.domain.records import Person


@dataclass(frozen=True)
class Partner:
    """What there is to know of a partner."""

    place: Place
    row: Mapping[str, Any]
    point_of_contact: Person | None
    customers: Sequence[Mapping[str, Any]]
    count: int


def show_partner(store: Storage, code: str, actor: Actor, *, limit: int) -> Partner:
    """A partner; NotFoundError where the actor may not see it."""
    with store.begin(read_only=True) as unit:
        row = unit.book.one("partners", code)
        place = Place(partner_id=row["id"])
        actor.must(Action.SEE_PARTNERS, place, "partner", code)
        wanted = row["point_of_contact_id"]
        people = unit.book.people([wanted] if wanted is not None else [])
        ids = unit.book.customers_of_partner(row["id"])
        views = unit.book.customer_views(ids[:limit])
    listed = sorted(views.values(), key=lambda one: str(one["name"]))
    return Partner(place, row, people.get(wanted or 0), listed, len(ids))
