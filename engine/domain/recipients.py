"""Who reads a message, at the moment of sending: a role, turned into people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from engine.domain.letters import Audience, ChannelName
from engine.domain.ownership import communication_owner
from engine.domain.records import ChangeRow, Person
from engine.domain.ruleset import Route, Routing

_CUSTOMER: Final = "customer.primary_contact"
_PARTNER: Final = "partner.point_of_contact"
_VENDOR: Final = "vendor."
_NO_PART: Final = "whoever wrote has no part in it any more"


class Addressed(Protocol):
    """A message, claimed or only thought of: what its readers follow from."""

    @property
    def role(self) -> str: ...
    @property
    def channel(self) -> str | None: ...
    @property
    def change(self) -> ChangeRow: ...
    @property
    def primary_contact_id(self) -> int | None: ...
    @property
    def customer_choice(self) -> str: ...
    @property
    def partner_owns(self) -> bool | None: ...
    @property
    def point_of_contact_id(self) -> int | None: ...
    @property
    def person_id(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person to be written to, over one channel, as one kind of reader."""

    person: Person
    channel: ChannelName
    address: str
    audience: Audience
    #: The customer's primary contact, for those who speak with it.
    contact: Person | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """The readers of a message, or why there is nobody to send it to."""

    recipients: tuple[Recipient, ...] = ()
    nobody: str | None = None


@dataclass(frozen=True, slots=True)
class AddressBook:
    """The people that messages of one batch may go to."""

    people: Mapping[int, Person]
    vendor: Mapping[str, Sequence[Person]]  # by role
    #: The channels that are configured.
    channels: frozenset[str] = frozenset(ChannelName)


def owner_of(claimed: Addressed) -> str:
    """The communication owner of the message's change, as the book stands now."""
    return communication_owner(
        change_choice=claimed.change.owner_choice,
        customer_choice=claimed.customer_choice,
        partner_owns=claimed.partner_owns,
    )


def resolve(claimed: Addressed, routing: Routing, book: AddressBook) -> Resolved:
    """Who reads the message now: the route's people, and a copy where one is due."""
    route = routing.route(claimed.role, owner_of(claimed))
    if claimed.person_id is not None:
        return _one_person(claimed.person_id, claimed, route, book)
    people = _people_at(route.to, claimed, book)
    found = [
        recipient
        for person in people
        for recipient in _reached(
            person, claimed.channel, _audience(route.to), book.channels
        )
    ]
    if not found:
        return Resolved(nobody=_why_nobody(route, people))
    if route.copy:
        # A customer's contact may be its partner's too: one message is enough.
        told = {recipient.person.id for recipient in found}
        found += [
            recipient
            for person in _people_at(route.copy, claimed, book)
            if person.id not in told
            for recipient in _reached(person, None, Audience.COPY, book.channels)
        ]
    contact = next(iter(_people_at(_CUSTOMER, claimed, book)), None)
    return Resolved(tuple(replace(one, contact=contact) for one in found))


def _one_person(
    person_id: int, claimed: Addressed, route: Route, book: AddressBook
) -> Resolved:
    """The person alone, as long as they have the part that it is written for."""
    person = book.people.get(person_id)
    audience = _audience(route.to)
    if person is None or _part_of(person, claimed) is not audience:
        return Resolved(nobody=_NO_PART)
    found = _reached(person, claimed.channel, audience, book.channels)
    if not found:
        return Resolved(nobody=_without_address(route.to))
    contact = next(iter(_people_at(_CUSTOMER, claimed, book)), None)
    return Resolved(tuple(replace(one, contact=contact) for one in found))


def _part_of(person: Person, claimed: Addressed) -> Audience | None:
    """As what kind of reader somebody has a part in the change; None for a stranger."""
    change = claimed.change
    if person.customer_id is not None:
        is_theirs = person.customer_id == change.customer_id
        return Audience.CUSTOMER if is_theirs else None
    if person.partner_id is not None:
        is_theirs = person.partner_id == change.partner_id
        return Audience.PARTNER if is_theirs else None
    return Audience.OPERATIONS


def _people_at(place: str, claimed: Addressed, book: AddressBook) -> list[Person]:
    if place.startswith(_VENDOR):
        return list(book.vendor.get(place.removeprefix(_VENDOR), ()))
    wanted = (
        claimed.primary_contact_id
        if place == _CUSTOMER
        else claimed.point_of_contact_id
    )
    person = book.people.get(wanted) if wanted is not None else None
    return [person] if person is not None and _belongs(person, place, claimed) else []


def _belongs(person: Person, place: str, claimed: Addressed) -> bool:
    """Whether the person still is the customer's or the partner's own."""
    if place == _CUSTOMER:
        return person.customer_id == claimed.change.customer_id
    return person.partner_id == claimed.change.partner_id


def _audience(place: str) -> Audience:
    if place == _CUSTOMER:
        return Audience.CUSTOMER
    return Audience.PARTNER if place == _PARTNER else Audience.OPERATIONS


def _reached(
    person: Person, choice: str | None, audience: Audience, channels: frozenset[str]
) -> list[Recipient]:
    """The person once per channel; the rule's choice goes before the person's."""
    wanted = choice or person.channel
    known = ((ChannelName.EMAIL, person.email), (ChannelName.SLACK, person.slack_user))
    reachable = [
        Recipient(person, channel, address, audience)
        for channel, address in known
        if address and channel in channels
    ]
    found = [one for one in reachable if wanted in (one.channel, "both")]
    # Somebody who prefers a channel that cannot reach them still has the other.
    return found or reachable


def reason_code(reason: str) -> str | None:
    """The code of a reason that is known here, for words in other languages."""
    return _CODES.get(reason)


def _why_nobody(route: Route, people: Sequence[Person]) -> str:
    return _without_address(route.to) if people else _no_one(route.to)


def _no_one(place: str) -> str:
    return f"there is no {_in_words(place)}"


def _without_address(place: str) -> str:
    return f"{_in_words(place)} has no address we can write to"


def _in_words(place: str) -> str:
    return place.replace(".", "'s ").replace("_", " ")


_CODES: Final[Mapping[str, str]] = {
    _NO_PART: "no_part",
    _no_one(_CUSTOMER): "no_primary_contact",
    _without_address(_CUSTOMER): "primary_contact_without_address",
    _no_one(_PARTNER): "no_point_of_contact",
    _without_address(_PARTNER): "point_of_contact_without_address",
}
