"""Writes back to whoever answered: through the outbox, in the thread they wrote in."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from engine.domain import audit
from engine.domain.answers import open_answers
from engine.domain.interfaces import UnitOfWork
from engine.domain.moments import local_day
from engine.domain.outcome import Refusal
from engine.domain.prompts import AnswerOutcome, PromptRow, Settled, Via
from engine.domain.recipients import AddressBook, resolve
from engine.domain.records import ChangeRow, Person
from engine.domain.ruleset import Rulebook, Telling
from engine.services.fire_event import role_of
from engine.services.ledger import Ledger, make_note

_OPERATIONS: Final = "vendor_operations"
_LONGEST_TEXT: Final = 2_000


@dataclass(frozen=True, slots=True)
class Conversation:
    """Where somebody answered: what is written back goes there."""

    prompt: PromptRow
    person: Person
    via: Via
    channel: str
    thread: str | None
    text: str
    number: int | None  #: of the inbox


@dataclass(frozen=True, slots=True)
class Word:
    """One message that is written back: to whoever answered, or to operations."""

    message: str
    asks: tuple[str, ...] = ()
    to_operations: bool = False
    while_state: str | None = None
    about: Mapping[str, object] = field(default_factory=dict)


def write_back(  # noqa: PLR0913 - what came of it, and all that is said of that
    unit: UnitOfWork,
    rulebook: Rulebook,
    conversation: Conversation,
    outcome: AnswerOutcome,
    event: str | None,
    words: Sequence[Word],
    now: datetime,
) -> None:
    """Note an answer in the change's trail, and queue what is said of it."""
    [row] = unit.changes.by_ids([conversation.prompt.change_id])
    ruleset = rulebook.machines[row.type]
    ledger = Ledger(unit, now)
    # A note says one thing about its messages, so each word has one of its own.
    for word in words or (None,):
        telling = _telling(conversation, row, word) if word else None
        body = audit.body(
            {
                "by": conversation.person.code,
                "via": conversation.via.value,
                "outcome": outcome.value,
                "event": event,
                "message": conversation.prompt.message,
                "tells": (audit.told(telling),) if telling else (),
            }
        )
        tells = ((telling, word.while_state),) if telling and word else ()
        about = _about(conversation, row, event, word) if word else None
        ledger.note(row, ruleset, make_note(now, "answered", body, tells, about))
        ledger.write()
        [row] = unit.changes.by_ids([row.id])


def _telling(conversation: Conversation, row: ChangeRow, word: Word) -> Telling:
    if word.to_operations:
        return Telling(word.message, _OPERATIONS, word.asks)
    return Telling(
        word.message,
        role_of(conversation.person, row) or _OPERATIONS,
        word.asks,
        channel=conversation.channel,
        person_id=conversation.person.id,
        thread=conversation.thread,
    )


def _about(
    conversation: Conversation, row: ChangeRow, event: str | None, word: Word
) -> str:
    person = conversation.person
    said: dict[str, object] = {
        "reply_event": event,
        "reply_text": conversation.text[:_LONGEST_TEXT] or None,
        "reply_number": conversation.number,
        "message_name": conversation.prompt.message,
    }
    if word.to_operations:
        said |= {"actor_name": person.name, "actor_role": role_of(person, row)}
    return json.dumps({**said, **word.about}, default=str, ensure_ascii=False)


def about_refusal(
    refusal: Refusal, event: str, state: str, person: Person
) -> dict[str, object]:
    """What a message says of a refusal: its sentence is written when it leaves."""
    return {
        "refusal": {
            "reason": refusal.reason.value,
            "event": event,
            "state": state,
            "who": person.name,
            "values": dict(refusal.values),
        }
    }


def about_settled(settled: Settled, zone: str) -> dict[str, object]:
    """What a message says of how a question was settled: by whom, how, and when."""
    by_somebody = settled.by not in (None, "clock")
    return {
        "settled_event": settled.event if by_somebody else None,
        "settled_on": local_day(settled.at, zone).isoformat(),
        "actor_name": settled.by_name if by_somebody else None,
    }


def open_to(
    rulebook: Rulebook, row: ChangeRow, person: Person, now: datetime
) -> tuple[str, ...]:
    """The events that a person can fire on a change now."""
    ruleset, role = rulebook.machines[row.type], role_of(person, row)
    subject = row.subject(ruleset)
    roles = [role] if role else []
    found = open_answers(ruleset, subject, ruleset.state(row.state).on, roles, now)
    return tuple(one.event for one in found)


def is_told(
    unit: UnitOfWork,
    rulebook: Rulebook,
    channels: frozenset[str],
    row: ChangeRow,
    person: Person,
) -> bool:
    """Whether a message that was queued after `row` was read reaches the person."""
    queued = [
        claimed
        for _, claimed in unit.outbox.waiting([row.id])
        if claimed.seq > row.version
    ]
    wanted = {one.primary_contact_id for one in queued}
    wanted |= {one.point_of_contact_id for one in queued}
    people = unit.book.people(sorted(id_ for id_ in wanted if id_ is not None))
    vendor = {"operations": unit.book.vendor_people("operations")}
    book = AddressBook(people, vendor, channels)
    readers = (resolve(one, rulebook.routing, book).recipients for one in queued)
    return any(one.person.id == person.id for found in readers for one in found)
