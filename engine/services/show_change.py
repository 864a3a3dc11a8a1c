"""One change: its facts, what is planned, what has happened, what was told."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from engine.domain import agenda, audit
from engine.domain.access import Action, Actor
from engine.domain.archive import archives_of
from engine.domain.audit import TRAIL, TRAIL_ID
from engine.domain.decide import decide
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.moments import local_day
from engine.domain.outcome import Step, Subject
from engine.domain.records import ChangeRow
from engine.domain.ruleset import Rulebook, Ruleset
from engine.services.list_changes import AMOUNTS, view_changes

MOST_STEPS: Final = 40


def show_change(
    store: Storage, rulebook: Rulebook, code: str, now: datetime, actor: Actor
) -> dict[str, Any]:
    """The change as one document: facts, plan, history, messages.

    NotFoundError where the actor may not see it; what it may not see of it is left out.
    """
    with store.begin(read_only=True) as unit:
        row = unit.changes.by_code(code)
        actor.must(Action.SEE_CHANGES, row.place, "change", code)
        return view_change(unit, rulebook, row, now, actor)


def view_change(
    unit: UnitOfWork, rulebook: Rulebook, row: ChangeRow, now: datetime, actor: Actor
) -> dict[str, Any]:
    """The same of a change that was read, and that the actor may see."""
    today = local_day(now, row.zone)
    [facts] = view_changes(unit, rulebook, [row], today)
    trail = unit.audit.trail(audit.CHANGE, row.id, row.code)
    archives = archives_of(unit.audit.trail(TRAIL, TRAIL_ID, TRAIL))
    messages = unit.outbox.listing(change_id=row.id, limit=100)
    usage = opened_by(unit, rulebook.machines[row.type], row)
    if not actor.may(Action.SEE_AMOUNTS, row.place):
        facts |= dict.fromkeys(AMOUNTS)
    messages = readable(messages, actor.reads(row.place))
    return {
        **facts,
        "new_contact_limit": row.new_contact_limit,
        "usage": usage,
        "time_zone": row.zone,
        "closed_at": row.closed_at,
        "notice_out_at": row.notice_out_at,
        "rules_version": rulebook.machines[row.type].version,
        "answers": possible_events(rulebook.machines[row.type], row, now),
        "plan": list(plan_ahead(rulebook.machines[row.type], row, now)),
        "history": [
            {"seq": e.seq, "at": e.at, "kind": e.kind, **json.loads(e.body)}
            for e in trail.entries
        ],
        "archived": trail.start.seq,
        "archives": [one["file"] for one in archives if trail.start.seq],
        "messages": messages[::-1],
    }


def readable(
    messages: list[dict[str, Any]], audiences: frozenset[str]
) -> list[dict[str, Any]]:
    """The messages that somebody may read, each with the copies that they may.

    One that no copy was made of yet is shown to those who may read what operations
    do: it is not known before it leaves who will be its readers.
    """
    found = []
    for message in messages:
        copies = [each for each in message["copies"] if each["audience"] in audiences]
        if copies or "operations" in audiences:
            found.append({**message, "copies": copies})
    return found


def opened_by(
    unit: UnitOfWork, ruleset: Ruleset, row: ChangeRow
) -> dict[str, Any] | None:
    """The month of usage that the change stands on; None where usage opens none."""
    if ruleset.opening.guard is None:
        return None
    month = f"{row.period_on:%Y-%m}"
    wanted = {month} if ruleset.opening.is_monthly else set()
    found = unit.book.usage_of_months({row.contract_id: wanted})[row.contract_id]
    # A tier is chosen for the latest month, whichever month called for one first.
    usage = found[month if wanted else max(found)]
    return {
        "month": usage.month,
        "contacts": usage.contacts,
        "emails_sent": usage.emails_sent,
    }


def possible_events(
    ruleset: Ruleset, row: ChangeRow, now: datetime
) -> list[dict[str, Any]]:
    """The events that can be fired now: by whom, and until when where that ends.

    One whose branches end at different times comes once for each.
    """
    if row.closed_at is not None:
        return []
    subject, found = row.subject(ruleset), dict[Any, dict[str, Any]]()
    for event, branches in ruleset.state(row.state).on.items():
        for branch in branches:
            until = None
            if branch.until is not None:
                until = agenda.closes_at(ruleset, subject, branch.until, now)
            if until is None or now < until:
                one = found.setdefault(
                    (event, branch.to, until),
                    {"event": event, "by": [], "to": branch.to, "until": until},
                )
                one["by"] += [role for role in branch.by if role not in one["by"]]
    return list(found.values())


def plan_ahead(
    ruleset: Ruleset, row: ChangeRow, now: datetime
) -> Iterator[dict[str, Any]]:
    """What will happen if nobody does anything and every message arrives."""
    for at, step in steps_ahead(ruleset, row, now):
        yield _planned(step, at)


def steps_ahead(
    ruleset: Ruleset, row: ChangeRow, now: datetime
) -> Iterator[tuple[datetime, Step]]:
    """The same, as the steps that decisions will come to."""
    subject, due = row.subject(ruleset), row.next_due_at
    for _ in range(MOST_STEPS):
        if due is None or subject.closed:
            return
        at = max(due, now)
        outcome = decide(ruleset, subject, None, at)
        for step in outcome.steps:
            yield at, step
        subject = _told(outcome.subject, outcome.steps, at)
        due = outcome.next_due_at


def _told(subject: Subject, steps: tuple[Step, ...], at: datetime) -> Subject:
    """The subject once the messages of these steps have arrived."""
    notice = any(telling.is_notice for step in steps for telling in step.tells)
    if not notice or subject.notice_out_at is not None:
        return subject
    return replace(subject, notice_out_at=at)


def _planned(step: Step, at: datetime) -> dict[str, Any]:
    return {
        "at": at,
        "kind": step.kind.value,
        "name": step.name,
        "from": step.source,
        "to": step.target,
        "do": step.do,
        "messages": [f"{t.message} to {t.to}" for t in step.tells],
        "why": step.why,
    }
