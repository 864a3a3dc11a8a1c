"""The tick: does what fell due, once, in due order, in large batches."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from engine.domain.decide import decide, hold
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.outcome import Outcome, Subject
from engine.domain.records import Counts
from engine.domain.ruleset import Rulebook, Ruleset
from engine.services.effects import carry_out
from engine.services.ledger import Ledger

BATCH: Final = 10_000

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
    counts = Counts({"due": 0, "transition": 0, "reminder": 0, "messages": 0})
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
    ledger = Ledger(unit, now)
    # Equal subjects decide alike: most of a day's changes share a few decisions.
    shared: dict[tuple[Ruleset, Subject], Outcome] = {}
    for row in rows:
        ruleset = rulebook.machines[row.type]
        subject = row.subject(ruleset)
        outcome = shared.get((ruleset, subject))
        if outcome is None:
            outcome = _decide(ruleset, subject, now)
            shared[(ruleset, subject)] = outcome
        ledger.take(row, ruleset, outcome)
    ledger.write()
    effects = carry_out(unit, rulebook, ledger.effects, now)
    return dict(Counts({"due": len(rows), **ledger.counted}).plus(effects).numbers)


def _decide(ruleset: Ruleset, subject: Subject, now: datetime) -> Outcome:
    """One subject that nobody thought of must not stop the clock for all others."""
    try:
        return decide(ruleset, subject, None, now)
    except Exception as error:
        return hold(subject, f"{type(error).__name__}: {error}", now)
