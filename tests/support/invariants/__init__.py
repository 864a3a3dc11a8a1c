"""What must be true of every database at any time, whatever failed before.

Shares no code with the engine: plain SQL, the shipped YAML read by PyYAML, hashlib, and
the ledgers of the fakes. The numbers are those of the design's invariants.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from tests.support.invariants.messages import (
    all_or_none,
    every_contract_renews,
    left_over,
    nothing_is_lost,
    nothing_sent_twice,
)
from tests.support.invariants.reading import Ledger, Tables
from tests.support.invariants.recipients import right_recipients
from tests.support.invariants.steps import (
    every_step_is_legal,
    silence_waits_for_its_notice,
)
from tests.support.invariants.trail import archives_join, chains_hold, seals_hold

__all__ = ["Ledger", "broken_invariants"]


def broken_invariants(
    engine: Engine,
    now: datetime,
    ledger: Ledger,
    *,
    drained: bool = True,
    archives: Sequence[Path] = (),
) -> list[str]:
    """Every invariant that does not hold, in words.

    `drained`: the faults are gone and the backlog has had time to go out by `now`.
    `archives` are all that was archived of the trail, the oldest first.
    """
    tables = Tables(engine, archives)
    checks: list[Callable[[Tables], Iterator[str]]] = [
        nothing_is_lost,
        every_contract_renews,
        all_or_none,
        every_step_is_legal,
        silence_waits_for_its_notice,
        right_recipients,
        chains_hold,
        seals_hold,
        archives_join,
    ]
    broken = [flaw for check in checks for flaw in check(tables)]
    broken += nothing_sent_twice(tables, ledger)
    return broken + (list(left_over(tables, now)) if drained else [])
