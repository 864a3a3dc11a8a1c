"""A copy of a message came back: its channel had taken it, but it did not arrive.

That is what a permanent failure is, found out later: a person sees it, the fallback is
told, and where it was the notice, silence counts no more from it.
"""

from dataclasses import dataclass
from datetime import datetime

from engine.domain import audit
from engine.domain.interfaces import UnitOfWork
from engine.domain.letters import Audience
from engine.domain.mail_in import Returned
from engine.domain.records import ChangeRow, Claimed, SentCopy
from engine.domain.ruleset import Rulebook
from engine.domain.tokens import Addressed
from engine.services.ledger import Ledger, Note, make_note
from engine.services.message_notes import undelivered_note


@dataclass(frozen=True, slots=True)
class _Came:
    """A copy that came back, with its message and change, both locked."""

    copy: SentCopy
    message: Claimed
    row: ChangeRow


def return_copy(
    unit: UnitOfWork,
    rulebook: Rulebook,
    returned: Returned,
    addressed: Addressed | None,
    now: datetime,
) -> bool:
    """Mark the copy and hold its message; False where there is none, or it is marked.

    Anybody could say that a notice came back: it must have come back to the address
    that only this copy was sent from.
    """
    copy = unit.copies.sent(returned.message_id)
    if copy is None:
        return False
    message = unit.outbox.as_claimed(copy.outbox_id)
    assert message is not None  # noqa: S101 - a copy has its message
    prompt = unit.prompts.ids_of([copy.outbox_id]).get(copy.outbox_id)
    asks = prompt is not None and copy.audience != Audience.COPY
    if asks and addressed != (prompt, copy.person_id):
        return False
    [row] = unit.changes.by_ids([message.change.id])
    if not unit.copies.take_back(copy, returned.reason):
        return False
    _note(unit, rulebook, _Came(copy, message, row), returned.reason, now)
    return True


def _note(
    unit: UnitOfWork, rulebook: Rulebook, came: _Came, reason: str, now: datetime
) -> None:
    ruleset = rulebook.machines[came.row.type]
    fields, lost = _without_notice(unit, came, now)
    ledger = Ledger(unit, now)
    body = audit.body(
        {
            "message": came.message.message,
            "to": came.copy.person,
            "channel": came.copy.channel,
            "key": came.message.key,
            "reason": reason,
            "notice_lost": True if lost else None,
        }
    )
    notes: list[Note] = [make_note(now, "returned", body)]
    if came.copy.audience != Audience.COPY:
        notes.append(undelivered_note(rulebook.routing, came.message, reason, now))
    ledger.note(came.row, ruleset, *notes, **fields)
    ledger.write()


def _without_notice(
    unit: UnitOfWork, came: _Came, now: datetime
) -> tuple[dict[str, object], bool]:
    """What of the change follows if this copy was the notice that is out.

    It is looked at again at once: when silence acts depends on it.
    """
    row, message = came.row, came.message
    counted = message.is_notice and came.copy.audience != Audience.COPY
    if not counted or message.plan != row.plan or row.notice_out_at is None:
        return {}, False
    left = unit.copies.notice_accepted_at(row.id, row.plan)
    if left == row.notice_out_at:
        return {}, False
    fields: dict[str, object] = {"notice_out_at": left}
    if row.closed_at is None:
        due = [at for at in (row.next_due_at, now) if at is not None]
        fields["next_due_at"] = min(due)
    return fields, left is None
