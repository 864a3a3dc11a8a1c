"""A message as each of its readers sees it, made anew: what was sent is not kept."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from engine.domain.access import Actor
from engine.domain.errors import TacitError
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.letter_values import letter_values
from engine.domain.letters import Audience, ChannelName, LetterRequest, Rendered
from engine.domain.recipients import AddressBook, Recipient, resolve
from engine.domain.records import Claimed, MadeCopy
from engine.domain.ruleset import Rulebook
from engine.services.read_messages import Message, find_message
from engine.services.send_messages import Delivering


@dataclass(frozen=True, slots=True)
class ReadBy:
    """The message for one reader, over all the channels that it takes.

    It is rendered as at `sent_at`, where it arrived, or as it would leave now; where
    that cannot be done, `problem` says why, to who keeps the templates, and `missing`
    which values it lacks, if that is it.
    """

    code: str
    name: str
    audience: Audience
    language: str
    channels: tuple[str, ...]
    sent_at: datetime | None
    rendered: Rendered | None
    problem: str | None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Letters:
    """A message with what each reader sees of it, as far as the actor may read it.

    `nobody` is why nobody would read it now; `is_planned_again` is whether the dates of
    its change have moved since it was queued.
    """

    message: Message
    readers: tuple[ReadBy, ...]
    nobody: str | None
    is_planned_again: bool


def render_message(
    store: Storage,
    rulebook: Rulebook,
    delivering: Delivering,
    actor: Actor,
    message_id: int,
    now: datetime,
) -> Letters:
    """Render a message for its readers; NotFoundError where the actor reads none.

    They are those that copies were made for; those who would read it now if there
    are none yet.
    """
    with store.begin(read_only=True) as unit:
        message, place = find_message(unit, actor, message_id)
        claimed = unit.outbox.as_claimed(message_id)
        assert claimed is not None  # noqa: S101 - it was found
        copies = unit.messages.readers(message_id)
        found, nobody = _readers(unit, rulebook, delivering, claimed, copies)
    making = _Making(rulebook, delivering, claimed, now)
    found.sort(key=lambda one: one[0].person.code)
    readers = tuple(
        making.read_by([*same])
        for _, same in groupby(found, key=lambda one: one[0].person.id)
    )
    theirs = actor.reads(place)
    return Letters(
        message,
        tuple(one for one in readers if one.audience in theirs),
        nobody,
        claimed.plan != claimed.change.plan,
    )


def _readers(
    unit: UnitOfWork,
    rulebook: Rulebook,
    delivering: Delivering,
    claimed: Claimed,
    copies: Iterable[MadeCopy],
) -> tuple[list[tuple[Recipient, datetime | None]], str | None]:
    """Each with when it arrived there; or why there are none."""
    made = [*copies]
    wanted = {claimed.primary_contact_id, claimed.point_of_contact_id}
    wanted |= {claimed.person_id}
    wanted |= {one.person_id for one in made}
    people = unit.book.people(sorted(id_ for id_ in wanted if id_ is not None))
    operations = {"operations": unit.book.vendor_people("operations")}
    book = AddressBook(people, operations, frozenset(delivering.channels))
    resolved = resolve(claimed, rulebook.routing, book)
    if not made:
        return [(one, None) for one in resolved.recipients], resolved.nobody
    contact = people.get(claimed.primary_contact_id or 0)
    found = [
        (
            Recipient(
                people[one.person_id],
                ChannelName(one.channel),
                one.address,
                Audience(one.audience),
                contact,
            ),
            one.sent_at,
        )
        for one in made
    ]
    return found, resolved.nobody


@dataclass(frozen=True)
class _Making:
    """Makes the letters of one message."""

    rulebook: Rulebook
    delivering: Delivering
    claimed: Claimed
    now: datetime

    def read_by(self, same: list[tuple[Recipient, datetime | None]]) -> ReadBy:
        """What one person reads, who may be written to over several channels."""
        recipient = same[0][0]
        sent_at = min((at for _, at in same if at is not None), default=None)
        rendered, problem, missing = None, None, ()
        try:
            rendered = self._rendered(recipient, sent_at)
        except TacitError as error:
            problem, missing = str(error), getattr(error, "missing", ())
        return ReadBy(
            recipient.person.code,
            recipient.person.name,
            recipient.audience,
            recipient.person.language,
            tuple(one.channel.value for one, _ in same),
            sent_at,
            rendered,
            problem,
            missing,
        )

    def _rendered(self, recipient: Recipient, sent_at: datetime | None) -> Rendered:
        at = sent_at or self.now
        claimed = as_it_was(self.claimed, sent_at) if sent_at else self.claimed
        values = letter_values(
            self.rulebook, self.delivering.vendor, claimed, recipient, at
        )
        return self.delivering.renderer.render(
            LetterRequest(
                claimed.message,
                recipient.audience,
                recipient.person.language,
                values,
            )
        )


def as_it_was(claimed: Claimed, at: datetime) -> Claimed:
    """A message about its change as that stood then, as far as is known.

    What a message is bound to is the state in which it was sent: which answers it
    offered, and until when, follows from that and from the time.
    """
    change = claimed.change
    closed, notice = change.closed_at, change.notice_out_at
    was = change._replace(
        state=claimed.while_state or change.state,
        closed_at=None if closed is not None and closed > at else closed,
        notice_out_at=None if notice is not None and notice > at else notice,
    )
    return replace(claimed, change=was)
