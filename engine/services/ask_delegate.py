"""Who was asked is away and names a delegate: the question is put to that person too."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from engine.domain import audit
from engine.domain.access import Action, Policy
from engine.domain.folding import folded
from engine.domain.interfaces import UnitOfWork
from engine.domain.prompts import AnswerOutcome, PromptRow, Via
from engine.domain.records import ChangeRow, Claimed, Person
from engine.domain.ruleset import Rulebook, Telling
from engine.services.fire_event import role_of
from engine.services.ledger import Ledger, make_note
from engine.services.sign_in import actor_for

_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}"
)
_MOST_ADDRESSES: Final = 20
_WORDS_OF_A_NAME: Final = 2


def ask_delegate(  # noqa: PLR0913 - whose words about which question
    unit: UnitOfWork,
    rulebook: Rulebook,
    policy: Policy,
    prompt: PromptRow,
    absent: Person,
    text: str,
    now: datetime,
) -> Person | None:
    """Put an open question to the one delegate that the text names, once.

    It must be somebody on record at the same organisation who may answer. None where
    nobody was asked: no such person, or several, or they were asked already.
    """
    [row] = unit.changes.by_ids([prompt.change_id])
    named = {
        person.id: person
        for person in _named(unit, absent, text)
        if person.id != absent.id
        and _is_colleague(person, absent, row)
        and actor_for(unit, policy, person).may(Action.ANSWER, row.place)
    }
    if prompt.ended is not None or len(named) != 1:
        return None
    [delegate] = named.values()
    if delegate.id in _asked_already(unit, row):
        return None
    message = unit.outbox.as_claimed(prompt.outbox_id)
    assert message is not None  # noqa: S101 - a prompt has its message
    _ask(unit, rulebook, row, message, absent, delegate, now)
    return delegate


def _named(unit: UnitOfWork, absent: Person, text: str) -> Iterator[Person]:
    """Those on record whose address, or whole name, stands in the text."""
    addresses = dict.fromkeys(one.rstrip(".") for one in _ADDRESS.findall(text))
    for address in [*addresses][:_MOST_ADDRESSES]:
        yield from unit.book.people_at(address)
    if not addresses and absent.customer_id is not None:
        said = f" {_spaced(text)} "
        for person in unit.book.people_of(absent.customer_id):
            name = _spaced(person.name)
            if len(name.split()) >= _WORDS_OF_A_NAME and f" {name} " in said:
                yield person


def _spaced(text: str) -> str:
    return " ".join(re.findall(r"\w+", folded(text)))


def _is_colleague(person: Person, absent: Person, row: ChangeRow) -> bool:
    same = (person.customer_id, person.partner_id) == (
        absent.customer_id,
        absent.partner_id,
    )
    return same and role_of(person, row) == role_of(absent, row) is not None


def _asked_already(unit: UnitOfWork, row: ChangeRow) -> set[int]:
    """Whoever has, or is about to have, a question about the change that is open."""
    open_ = [one.id for one in unit.prompts.of_change(row.id) if one.ended is None]
    asked = unit.prompts.asked(open_).values() if open_ else []
    waiting = (claimed.person_id for _, claimed in unit.outbox.waiting([row.id]))
    return {one.person_id for many in asked for one in many} | {
        person_id for person_id in waiting if person_id is not None
    }


def _ask(  # noqa: PLR0913 - whom to ask what, and in whose place
    unit: UnitOfWork,
    rulebook: Rulebook,
    row: ChangeRow,
    message: Claimed,
    absent: Person,
    delegate: Person,
    now: datetime,
) -> None:
    telling = Telling(
        message.message, message.role, message.asks, person_id=delegate.id
    )
    body = audit.body(
        {
            "by": absent.code,
            "via": Via.MAIL.value,
            "outcome": AnswerOutcome.IGNORED.value,
            "message": message.message,
            "delegate": delegate.code,
            "tells": (audit.told(telling),),
        }
    )
    ledger = Ledger(unit, now)
    note = make_note(now, "answered", body, ((telling, row.state),), message.about)
    ledger.note(row, rulebook.machines[row.type], note)
    ledger.write()
