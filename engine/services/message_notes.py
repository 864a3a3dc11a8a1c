"""Audit entries about messages, and what is told to the fallback."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.domain import agenda, audit
from engine.domain.interfaces import UnitOfWork
from engine.domain.recipients import owner_of
from engine.domain.records import ChangeRow, Claimed
from engine.domain.ruleset import Routing, Rulebook, Telling
from engine.services.ledger import Ledger, Note, make_note


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice that its channel took, of one plan of a change."""

    plan: int
    accepted_at: datetime


def undelivered_note(
    routing: Routing,
    claimed: Claimed,
    reason: str,
    now: datetime,
) -> Note:
    """The entry of a message that is held; the route's fallback is told of it."""
    body = audit.body(
        {"message": claimed.message, "role": claimed.role, "reason": reason}
    )
    fallback = routing.route(claimed.role, owner_of(claimed)).fallback
    role = routing.role_at(fallback) if fallback else None
    # A fallback message that cannot be delivered either must not tell of itself.
    if role is None or claimed.message == routing.fallback_message:
        return make_note(now, "undelivered", body)
    about = json.dumps(
        {"message_name": claimed.message, "reason": reason, "tell": claimed.role}
    )
    telling = Telling(routing.fallback_message, role)
    return make_note(now, "undelivered", body, ((telling, None),), about)


def note_messages(
    unit: UnitOfWork,
    rulebook: Rulebook,
    notes: Mapping[int, Sequence[Note]],
    now: datetime,
    notices: Mapping[int, Notice] | None = None,
) -> None:
    """Append entries to changes by id; `notices` are those now out, by change."""
    accepted = notices or {}
    ledger = Ledger(unit, now)
    for row in unit.changes.by_ids(sorted(notes)):
        fields = _with_notice(rulebook, row, accepted.get(row.id))
        ruleset = rulebook.machines[row.type]
        ledger.note(row, ruleset, *notes[row.id], **fields)
    ledger.write()


def _with_notice(
    rulebook: Rulebook, row: ChangeRow, notice: Notice | None
) -> dict[str, object]:
    """The notice's time, and when to look again because of it.

    A notice of dates that have moved since says nothing about the present ones.
    """
    if notice is None or notice.plan != row.plan or row.notice_out_at is not None:
        return {}
    accepted_at = notice.accepted_at
    ruleset = rulebook.machines[row.type]
    subject = agenda.with_notice(row.subject(ruleset), accepted_at)
    wake = None if row.closed_at else agenda.wake_after_notice(ruleset, subject)
    due = [at for at in (row.next_due_at, wake) if at is not None]
    return {
        "notice_out_at": accepted_at,
        "next_due_at": min(due, default=None),
    }
