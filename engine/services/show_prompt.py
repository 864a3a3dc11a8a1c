"""A prompt as one of those it was put to finds it: what is asked, and what is open."""

from dataclasses import dataclass
from datetime import datetime

from engine.domain.access import Actor, Policy
from engine.domain.answers import OpenAnswer, open_answers
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.prompts import NoSuchPromptError, PromptRow, Settled
from engine.domain.records import ChangeRow, Claimed, Person
from engine.domain.ruleset import Rulebook
from engine.services.answer_prompt import how_settled
from engine.services.fire_event import role_of
from engine.services.sign_in import actor_for


@dataclass(frozen=True, slots=True)
class ShownPrompt:
    """A prompt, whose it is, and the answers that they can still give.

    `settled` is how it ended; None while it is open. `message` is what was asked about,
    with the terms of the contract. `others` are what the reader can do now that the
    question is settled: an acceptance taken back, say, where the rules still let them.
    """

    prompt: PromptRow
    change: ChangeRow
    person: Person
    actor: Actor
    message: Claimed
    open: tuple[OpenAnswer, ...]
    settled: Settled | None
    others: tuple[OpenAnswer, ...]
    is_theirs: bool


def show_prompt(
    store: Storage,
    rulebook: Rulebook,
    policy: Policy,
    prompt_id: int,
    person_id: int,
    now: datetime,
) -> ShownPrompt:
    """The prompt; NoSuchPromptError where it was never put to this person."""
    with store.begin(read_only=True) as unit:
        return look_at(unit, rulebook, policy, prompt_id, person_id, now)


def look_at(
    unit: UnitOfWork,
    rulebook: Rulebook,
    policy: Policy,
    prompt_id: int,
    person_id: int,
    now: datetime,
) -> ShownPrompt:
    """The same, within a unit of work."""
    prompt = unit.prompts.one(prompt_id)
    person = unit.book.people([person_id]).get(person_id)
    if prompt is None or person is None:
        raise NoSuchPromptError
    asked = unit.prompts.asked([prompt_id]).get(prompt_id, [])
    if person_id not in {one.person_id for one in asked}:
        raise NoSuchPromptError
    message = unit.outbox.as_claimed(prompt.outbox_id)
    assert message is not None  # noqa: S101 - a prompt has its message
    settled = how_settled(unit, prompt) if prompt.ended else None
    actor = actor_for(unit, policy, person)
    row = message.change
    ruleset = rulebook.machines[row.type]
    role = role_of(person, row)
    roles = [role] if role else []
    subject = row.subject(ruleset)
    can_now = open_answers(ruleset, subject, ruleset.state(row.state).on, roles, now)
    asks = () if settled else tuple(one for one in can_now if one.event in prompt.asks)
    return ShownPrompt(
        prompt,
        row,
        person,
        actor,
        message,
        asks,
        settled,
        tuple(can_now) if settled else (),
        role is not None,
    )
