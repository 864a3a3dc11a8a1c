"""Somebody fires an event on a change: one permission check, whatever the door."""

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from engine.domain import audit
from engine.domain.access import Action, Actor
from engine.domain.decide import decide
from engine.domain.errors import TacitError
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.moments import local_day
from engine.domain.outcome import Event, Outcome, Refusal, RefusalReason
from engine.domain.problems import did_you_mean
from engine.domain.records import ChangeRow, Person
from engine.domain.ruleset import Rulebook, Ruleset
from engine.services.change_tags import must_match
from engine.services.effects import carry_out
from engine.services.ledger import Ledger, make_note


class UnknownEventError(TacitError):
    """Raised for an event that the change's rules do not have in any state."""

    def __init__(self, event: str, ruleset: Ruleset) -> None:
        hint = did_you_mean(event, _events(ruleset))
        super().__init__(f'a {ruleset.name} has no event "{event}" ({hint})')


@dataclass(frozen=True, slots=True)
class Fired:
    """What came of an event: the state after it, or why it was refused."""

    change: str
    event: str
    state: str
    person: Person
    refusal: Refusal | None = None
    #: False where whoever fired it may not even see the change.
    is_seen: bool = True


def fire_event(  # noqa: PLR0913 - who fires what on which change, when
    store: Storage,
    rulebook: Rulebook,
    code: str,
    event: str,
    actor: Actor,
    now: datetime,
    expects: Collection[str] | None = None,
) -> Fired:
    """Fire `event` on the change called `code`; `actor.code` is a person's.

    A refusal changes nothing but the audit trail, which keeps it; a word that is no
    event leaves no trace, and neither does a change of which none of the tags that the
    actor `expects` is true any more (StaleError).
    """
    with store.begin() as unit:
        row = unit.changes.by_code(code)
        person = unit.book.person(actor.code)
        ruleset = rulebook.machines[row.type]
        if event not in _events(ruleset):
            # Else it would tell a stranger that the change is there.
            actor.must(Action.SEE_CHANGES, row.place, "change", code)
            raise UnknownEventError(event, ruleset)
        must_match(unit, rulebook, row, actor, now, expects)
        outcome = fire(unit, rulebook, row, event, actor, person, now)
        unit.commit()
    seen = actor.may(Action.SEE_CHANGES, row.place)
    state = outcome.subject.state
    return Fired(row.code, event, state, person, outcome.refusal, seen)


def fire(  # noqa: PLR0913 - who fires what on which change, when
    unit: UnitOfWork,
    rulebook: Rulebook,
    row: ChangeRow,
    event: str,
    actor: Actor,
    person: Person,
    now: datetime,
    answers: int | None = None,
) -> Outcome:
    """Decide about an event and write what follows, a refusal too.

    `answers` is the prompt that it is an answer to.
    """
    ruleset = rulebook.machines[row.type]
    role = role_of(person, row) if actor.may(Action.ANSWER, row.place) else None
    outcome = _decide(ruleset, row, event, role, now)
    ledger = Ledger(unit, now)
    if outcome.refusal is not None:
        _note_refusal(ledger, ruleset, row, event, person, outcome.refusal, now)
    else:
        about = json.dumps({"actor_name": person.name, "actor_role": role})
        ledger.take(row, ruleset, outcome, by=person.code, about=about, answers=answers)
    ledger.write()
    carry_out(unit, rulebook, ledger.effects, now)
    return outcome


def role_of(actor: Person, row: ChangeRow) -> str | None:
    """The role in which a person may speak about a change; None for an outsider."""
    if actor.customer_id == row.customer_id:
        return "customer_contact"
    if actor.partner_id is not None and actor.partner_id == row.partner_id:
        return "partner"
    outside = actor.customer_id is None and actor.partner_id is None
    return "vendor_operations" if outside and "operations" in actor.roles else None


def _events(ruleset: Ruleset) -> frozenset[str]:
    return frozenset(event for state in ruleset.states.values() for event in state.on)


def _decide(
    ruleset: Ruleset, row: ChangeRow, event: str, role: str | None, now: datetime
) -> Outcome:
    subject = row.subject(ruleset)
    if role is None:
        branches = ruleset.state(row.state).on.get(event, ())
        roles = dict.fromkeys(role for branch in branches for role in branch.by)
        values = {"event": event, "role": None, "who": ", ".join(roles)}
        reason = RefusalReason.NOT_PERMITTED
        if not roles:
            reason = RefusalReason.NOT_POSSIBLE
        return Outcome(subject, refusal=Refusal(reason, values))
    outcome = decide(ruleset, subject, Event(event, role), now)
    if outcome.refusal and outcome.refusal.reason is RefusalReason.CLOSED:
        closed_on = local_day(row.closed_at or now, row.zone)
        closed = {**outcome.refusal.values, "closed_on": closed_on}
        return replace(outcome, refusal=Refusal(RefusalReason.CLOSED, closed))
    return outcome


def _note_refusal(  # noqa: PLR0913 - the facts of one refusal
    ledger: Ledger,
    ruleset: Ruleset,
    row: ChangeRow,
    event: str,
    person: Person,
    refusal: Refusal,
    now: datetime,
) -> None:
    body = audit.body(
        {"by": person.code, "name": event, "reason": refusal.reason.value}
    )
    ledger.note(row, ruleset, make_note(now, "refused", body))
