"""A message as each of its readers sees it, rendered as it would read now.

The text of what was sent is not kept. What is rendered anew follows from the facts as
they stand, which may have moved on.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from engine.domain.access import Action, Actor
from engine.domain.errors import NotFoundError, TacitError
from engine.domain.interfaces import Renderer, Storage, UnitOfWork
from engine.domain.letter_values import Vendor, letter_values
from engine.domain.letters import Audience, LetterRequest, Rendered
from engine.domain.recipients import AddressBook, Recipient, resolve
from engine.domain.records import Claimed, MadeFor, Person
from engine.domain.ruleset import Rulebook


@dataclass(frozen=True, slots=True)
class Reading:
    """One reader of a message, and what they read; or why it cannot be shown."""

    person: Person
    audience: Audience
    channel: str
    rendered: Rendered | None = None
    why_not: str | None = None


@dataclass(frozen=True)
class Letters:
    """How messages are written: the rules, the templates, the vendor, the channels."""

    rulebook: Rulebook
    renderer: Renderer
    vendor: Vendor
    channels: Collection[str]

    def of(
        self, store: Storage, message_id: int, actor: Actor, now: datetime
    ) -> list[Reading]:
        """A message, once for each reader that the actor reads along with.

        Those whom a copy was made for; where there is none yet, those who would get one
        now. NotFoundError where the actor may not read it.
        """
        with store.begin(read_only=True) as unit:
            claimed = unit.outbox.claimable(message_id)
            place = claimed.change.place if claimed else None
            seen = place is not None and actor.may(Action.SEE_MESSAGES, place)
            if claimed is None or place is None or not seen:
                raise NotFoundError("message", str(message_id))
            readers = self._readers(unit, claimed)
        audiences = actor.reads(place)
        return [
            self._reading(claimed, reader, now)
            for reader in readers
            if reader.audience in audiences
        ]

    def _readers(self, unit: UnitOfWork, claimed: Claimed) -> list[Recipient]:
        row = claimed
        ids = {row.primary_contact_id, row.point_of_contact_id}
        copies = unit.messages.made_for(row.outbox_id)
        ids |= {copy.person_id for copy in copies}
        people = unit.book.people(sorted(id_ for id_ in ids if id_ is not None))
        contact = people.get(row.primary_contact_id or 0)
        if copies:
            return [_recipient(copy, people, contact) for copy in copies]
        vendor = {"operations": unit.book.vendor_people("operations")}
        book = AddressBook(people, vendor, frozenset(self.channels))
        return [*resolve(row, self.rulebook.routing, book).recipients]

    def _reading(self, claimed: Claimed, reader: Recipient, now: datetime) -> Reading:
        whose = (reader.person, reader.audience, reader.channel.value)
        try:
            values = letter_values(self.rulebook, self.vendor, claimed, reader, now)
            request = LetterRequest(
                claimed.message, reader.audience, reader.person.language, values
            )
            return Reading(*whose, rendered=self.renderer.render(request))
        except TacitError as error:
            return Reading(*whose, why_not=str(error))


def _recipient(
    copy: MadeFor, people: dict[int, Person], contact: Person | None
) -> Recipient:
    person = people[copy.person_id]
    return Recipient(person, copy.channel, copy.address, copy.audience, contact)
