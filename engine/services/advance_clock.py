"""The tick: does what fell due, once, in due order, in large batches."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.records import ChangeRow, Counts
from engine.domain.ruleset import Rulebook
from engine.services.close_changes import close_over
from engine.services.decisions import Decisions
from engine.services.effects import carry_out
from engine.services.ledger import Ledger

BATCH: Final = 10_000

#: Every number that a tick gives, also where it is none.
_COUNTED: Final = (
    "due", "transition", "reminder", "skipped", "effect", "held", "opened", "ended",
    "messages",
)  # fmt: skip

Progress = Callable[[int], None]


def advance_clock(
    store: Storage,
    rulebook: Rulebook,
    now: datetime,
    *,
    batch: int = BATCH,
    progress: Progress | None = None,
) -> Counts:
    """Bring every change whose time has come to `now`; what was done, by kind.

    Each batch is one transaction: a crash between two loses and repeats nothing.
    """
    counts = Counts(dict.fromkeys(_COUNTED, 0))
    while True:
        with store.begin() as unit:
            done = _one_batch(unit, rulebook, now, batch)
            if done["due"]:
                unit.commit()
        counts = counts.plus(done)
        if progress:
            progress(done["due"])
        if done["due"] < batch:
            return counts


def _one_batch(
    unit: UnitOfWork, rulebook: Rulebook, now: datetime, batch: int
) -> dict[str, int]:
    rows = unit.changes.due(now, batch)
    return {"due": len(rows), **_decide_all(unit, rulebook, rows, now)}


def settle_due(
    unit: UnitOfWork, rulebook: Rulebook, rows: Sequence[ChangeRow], now: datetime
) -> bool:
    """Do what fell due of some changes before something else is done to them.

    Whether anything did: then `rows` are no longer what they were.
    """
    due = [row for row in rows if row.next_due_at and row.next_due_at <= now]
    _decide_all(unit, rulebook, due, now)
    return bool(due)


def _decide_all(
    unit: UnitOfWork, rulebook: Rulebook, rows: Sequence[ChangeRow], now: datetime
) -> Mapping[str, int]:
    ledger, decisions = Ledger(unit, now), Decisions(now)
    over = {row.id: row for row in rows if _is_over(row, now)}
    close_over(unit, rulebook, [*over.values()], "clock", now)
    for row in rows:
        if row.id in over:
            continue
        ruleset = rulebook.machines[row.type]
        ledger.take(row, ruleset, decisions.of(ruleset, row.subject(ruleset)))
    ledger.write()
    effects = carry_out(unit, rulebook, ledger.effects, now)
    return Counts(ledger.counted).plus(effects).numbers


def _is_over(row: ChangeRow, now: datetime) -> bool:
    ends_at = row.contract_ends_at
    return ends_at is not None and ends_at <= now
