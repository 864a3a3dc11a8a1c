"""Who would read a message if it left now: found by the relay's own rule."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.domain.interfaces import UnitOfWork
from engine.domain.recipients import AddressBook, Addressed, resolve
from engine.domain.records import ChangeRow
from engine.domain.ruleset import Routing


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who would be written to: over which channel, as what kind of reader."""

    code: str
    name: str
    channel: str
    audience: str


@dataclass(frozen=True, slots=True)
class Readers:
    """All who would read a message, or why there is nobody."""

    people: tuple[Reader, ...] = ()
    nobody: str | None = None

    @property
    def by_person(self) -> list[tuple[str, str, tuple[str, ...]]]:
        """Each person once: name, as what reader, and over which channels."""
        found: dict[tuple[str, str, str], tuple[str, ...]] = {}
        for one in self.people:
            key = (one.code, one.name, one.audience)
            found[key] = (*found.get(key, ()), one.channel)
        return [
            (name, audience, found[c, name, audience]) for c, name, audience in found
        ]


@dataclass(frozen=True, slots=True)
class _Thought:
    """A message that is only thought of."""

    role: str
    channel: str | None
    change: ChangeRow
    primary_contact_id: int | None
    customer_choice: str
    partner_owns: bool | None
    point_of_contact_id: int | None
    person_id: int | None = None


@dataclass(frozen=True)
class Directory:
    """What resolving readers takes of the book, as it stood at one moment."""

    customers: Mapping[int, Mapping[str, Any]]
    routing: Routing
    book: AddressBook

    def told(self, row: ChangeRow, role: str, channel: str | None = None) -> Readers:
        """Who would read what a role is told of a change."""
        customer = self.customers[row.customer_id]
        thought = _Thought(
            role,
            channel,
            row,
            customer["primary_contact_id"],
            customer["communication_owner"],
            customer["owns_conversations"],
            customer["point_of_contact_id"],
        )
        return self.readers_of(thought)

    def readers_of(self, message: Addressed) -> Readers:
        """Who would read a message."""
        resolved = resolve(message, self.routing, self.book)
        people = tuple(
            Reader(
                each.person.code, each.person.name, each.channel.value, each.audience
            )
            for each in resolved.recipients
        )
        return Readers(people, resolved.nobody)


def directory(
    unit: UnitOfWork,
    routing: Routing,
    customer_ids: Iterable[int],
    channels: Collection[str],
    messages: Iterable[Addressed] = (),
) -> Directory:
    """Read what the readers of these customers' messages follow from.

    `messages` are those of them that may be for one person alone.
    """
    customers = unit.book.customer_views(set(customer_ids))
    wanted = {one["primary_contact_id"] for one in customers.values()}
    wanted |= {one["point_of_contact_id"] for one in customers.values()}
    wanted |= {one.person_id for one in messages}
    people = unit.book.people(sorted(id_ for id_ in wanted if id_ is not None))
    vendor = {"operations": unit.book.vendor_people("operations")}
    return Directory(
        customers, routing, AddressBook(people, vendor, frozenset(channels))
    )
