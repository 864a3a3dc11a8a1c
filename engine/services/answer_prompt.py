"""Takes somebody's answer to a prompt: the one door for links, mails and Slack."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.domain.access import Action, Actor, Policy
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.outcome import Refusal
from engine.domain.prompts import (
    Answered,
    AnswerOutcome,
    NewAnswer,
    NoSuchPromptError,
    PromptEnd,
    PromptRow,
    Settled,
    Via,
)
from engine.domain.records import ChangeRow, Person
from engine.domain.ruleset import Rulebook
from engine.services.fire_event import fire, role_of
from engine.services.sign_in import actor_for

_TERMS = (
    "product", "currency", "mrr", "new_mrr", "contacts", "emails_sent",
)  # fmt: skip
_CHANGE_TERMS = ("renewal_start", "commitment_months", "billing_months", "contact_limit",
                 "new_contact_limit")  # fmt: skip


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """What somebody answered: which event, how it came, and in which words."""

    prompt_id: int
    person_id: int
    event: str
    via: Via
    text: str | None = None
    inbox_id: int | None = None


def answer_prompt(
    store: Storage,
    rulebook: Rulebook,
    policy: Policy,
    given: GivenAnswer,
    now: datetime,
) -> Answered:
    """Take an answer in a transaction of its own; see `take_answer`."""
    with store.begin() as unit:
        answered = take_answer(unit, rulebook, policy, given, now)
        unit.commit()
    return answered


def take_answer(
    unit: UnitOfWork,
    rulebook: Rulebook,
    policy: Policy,
    given: GivenAnswer,
    now: datetime,
) -> Answered:
    """Fire what was answered, unless the question is settled; either way it is kept.

    Whoever is the first to answer wins: the change is locked before the prompt is read.
    NoSuchPromptError for a prompt that was never put to this person.
    """
    asked = _Asked.find(unit, policy, given)
    if asked is None:
        raise NoSuchPromptError
    if asked.prompt.ended is not None:
        answered = _too_late(unit, asked, given)
    elif given.event not in asked.prompt.asks:
        raise NoSuchPromptError
    elif not asked.is_theirs:
        answered = asked.answered(AnswerOutcome.NOT_THEIRS, given.event)
    else:
        answered = _fire(unit, rulebook, asked, given, now)
    _keep(unit, asked, given, answered, now)
    return answered


@dataclass(frozen=True, slots=True)
class _Asked:
    """A prompt with its change, and one of those it was put to, as all stand now."""

    prompt: PromptRow
    row: ChangeRow
    person: Person
    actor: Actor

    @classmethod
    def find(
        cls, unit: UnitOfWork, policy: Policy, given: GivenAnswer
    ) -> "_Asked | None":
        seen = unit.prompts.one(given.prompt_id)
        if seen is None:
            return None
        [row] = unit.changes.by_ids([seen.change_id])
        # Read again: whoever held the change may have answered meanwhile.
        prompt = unit.prompts.one(given.prompt_id)
        was_asked = unit.prompts.asked([seen.id]).get(seen.id, [])
        person = unit.book.people([given.person_id]).get(given.person_id)
        if prompt is None or person is None:
            return None
        if person.id not in {one.person_id for one in was_asked}:
            return None
        return cls(prompt, row, person, actor_for(unit, policy, person))

    @property
    def is_theirs(self) -> bool:
        """Whether they still have a part in the change, and may answer at all."""
        has_part = role_of(self.person, self.row) is not None
        return has_part and self.actor.may(Action.ANSWER, self.row.place)

    def answered(
        self,
        outcome: AnswerOutcome,
        event: str,
        refusal: Refusal | None = None,
        settled: Settled | None = None,
    ) -> Answered:
        row = self.row
        return Answered(outcome, row.code, event, row.state, refusal, settled)


def _too_late(unit: UnitOfWork, asked: _Asked, given: GivenAnswer) -> Answered:
    """The question is settled: by this very answer, by another, or by new terms."""
    settled = how_settled(unit, asked.prompt)
    if asked.prompt.ended is PromptEnd.REPLANNED:
        outcome = AnswerOutcome.CHANGED
    elif asked.prompt.ended is PromptEnd.WITHDRAWN:
        outcome = AnswerOutcome.NOT_THEIRS
    elif settled.event == given.event and settled.by == asked.person.code:
        outcome = AnswerOutcome.REPEATED
    else:
        outcome = AnswerOutcome.SETTLED
    return asked.answered(outcome, given.event, settled=settled)


def _fire(
    unit: UnitOfWork,
    rulebook: Rulebook,
    asked: _Asked,
    given: GivenAnswer,
    now: datetime,
) -> Answered:
    outcome = fire(
        unit,
        rulebook,
        asked.row,
        given.event,
        asked.actor,
        asked.person,
        now,
        answers=asked.prompt.id,
    )
    if outcome.refusal is not None:
        refused = AnswerOutcome.REFUSED
        return asked.answered(refused, given.event, outcome.refusal)
    state = outcome.subject.state
    return Answered(AnswerOutcome.DONE, asked.row.code, given.event, state)


def how_settled(unit: UnitOfWork, prompt: PromptRow) -> Settled:
    """Who ended a prompt, by what and when, as far as the trail still says."""
    assert prompt.ended is not None  # noqa: S101 - the caller asked
    assert prompt.ended_at is not None  # noqa: S101 - both or neither
    entry = next(
        (
            one
            for one in unit.audit.chain("change", prompt.change_id)
            if one.seq == prompt.ended_seq
        ),
        None,
    )
    said: dict[str, Any] = json.loads(entry.body) if entry else {}
    by = said.get("by")
    people = {} if by in (None, "clock") else unit.book.by_codes("people", [by])
    name = people[by]["name"] if by in people else None
    moved = prompt.ended in (PromptEnd.ANSWERED, PromptEnd.MOVED_ON)
    event = said.get("name") if moved else None
    return Settled(prompt.ended, prompt.ended_at, event, by, name)


def _keep(
    unit: UnitOfWork,
    asked: _Asked,
    given: GivenAnswer,
    answered: Answered,
    now: datetime,
) -> None:
    done = answered.outcome is AnswerOutcome.DONE
    after = unit.prompts.one(asked.prompt.id) if done else None
    refusal = answered.refusal
    unit.prompts.record(
        NewAnswer(
            asked.prompt.id,
            asked.row.id,
            asked.person.id,
            given.inbox_id,
            given.via.value,
            now,
            given.event,
            answered.outcome.value,
            refusal.reason.value if refusal else None,
            given.text,
            _terms(unit, asked.prompt),
            after.ended_seq if after else None,
        )
    )


def _terms(unit: UnitOfWork, prompt: PromptRow) -> str:
    """What they had before them when they were asked, as the book holds it."""
    claimed = unit.outbox.as_claimed(prompt.outbox_id)
    assert claimed is not None  # noqa: S101 - a prompt has its message
    terms: dict[str, object] = {
        "message": prompt.message,
        "asks": prompt.asks,
        "plan": prompt.plan,
        **{name: getattr(claimed.change, name) for name in _CHANGE_TERMS},
        **{name: getattr(claimed, name) for name in _TERMS},
    }
    return json.dumps(terms, default=str, ensure_ascii=False)
