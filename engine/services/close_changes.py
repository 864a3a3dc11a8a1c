"""Closes the changes of contracts that end; what they were to tell is dropped."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

from engine.domain import audit
from engine.domain.interfaces import UnitOfWork
from engine.domain.moments import local_day
from engine.domain.records import ChangeRow, VoidedBy
from engine.domain.ruleset import Rulebook
from engine.services.ledger import Ledger, make_note

#: Why what a change was to tell is not told any more.
_REASONS: Final = {
    VoidedBy.END: "the contract has ended",
    VoidedBy.USAGE: "usage does not call for it any more",
}


def close_ended(
    unit: UnitOfWork,
    rulebook: Rulebook,
    ended_on: Mapping[int, date],
    by: str,
    now: datetime,
) -> int:
    """Close what contracts that end on these days have open; how many changes.

    Before its day an end closes only what could no longer take effect; the clock
    closes the rest when the day comes.
    """
    rows = [
        row._replace(ended_on=ended_on[row.contract_id])
        for row in unit.changes.open_of_contracts(sorted(ended_on))
    ]
    over = [row for row in rows if _is_over(row, now)]
    close_over(unit, rulebook, over, by, now)
    ledger = Ledger(unit, now)
    for row in rows:
        if not _is_over(row, now):
            due = [at for at in (row.next_due_at, row.contract_ends_at) if at]
            ledger.note(row, rulebook.machines[row.type], next_due_at=min(due))
    ledger.write()
    return len(over)


def close_over(
    unit: UnitOfWork,
    rulebook: Rulebook,
    rows: Sequence[ChangeRow],
    by: str,
    now: datetime,
) -> None:
    """Close changes because their contracts end."""
    if not rows:
        return
    said = [{"by": by, "ended_on": str(row.ended_on)} for row in rows]
    close(unit, rulebook, rows, said, VoidedBy.END, now)


def _is_over(row: ChangeRow, now: datetime) -> bool:
    if row.ended_on is None:
        return False
    # Whoever says today means that it has ended, although it is yesterday there.
    today = max(now.date(), local_day(now, row.zone))
    return row.ended_on <= max(today, row.renewal_start)


def close(
    unit: UnitOfWork,
    rulebook: Rulebook,
    rows: Sequence[ChangeRow],
    said: Sequence[Mapping[str, object]],
    by: VoidedBy,
    now: datetime,
) -> None:
    """Close changes that came to nothing; `said` is what the trail of each says."""
    ledger = Ledger(unit, now)
    for row, each in zip(rows, said, strict=True):
        ledger.note(
            row,
            rulebook.machines[row.type],
            make_note(now, "ended", audit.body(each)),
            closed_at=now,
            next_due_at=None,
            attention=None,
        )
    ledger.write()
    ids = [row.id for row in rows]
    unit.changes.void(ids, by)
    unit.outbox.drop_waiting(ids, _REASONS[by])
