"""What follows from an import: changes that open, close, or are planned again."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Final, Protocol

from engine.domain import audit, openings
from engine.domain.interfaces import UnitOfWork
from engine.domain.moments import local_day
from engine.domain.records import ChangeRow
from engine.domain.ruleset import Rulebook
from engine.services.effects import carry_out
from engine.services.ledger import Ledger, make_note
from engine.services.open_changes import (
    open_changes,
    opened_by_usage,
    renewals_of,
    warn_of_usage,
)
from engine.services.plan_again import Moved, plan_again

_AT_ONCE: Final = 5_000


class Touched(Protocol):
    """What an import touched, by the ids of contracts and customers."""

    new_contracts: list[int]
    moved_contracts: set[int]
    ended_contracts: dict[int, date]
    moved_customers: set[int]
    used_contracts: set[int]
    reachable_customers: set[int]


def follow_up(
    unit: UnitOfWork, rulebook: Rulebook, touched: Touched, now: datetime
) -> dict[str, int]:
    """Do what the imported rows bring with them; how many changes did what."""
    ended = _close_ended(unit, rulebook, touched, now)
    moved = _plan_moved(unit, rulebook, touched, now)
    opened = warned = 0
    for part in _parts(touched.new_contracts):
        opened += _open_renewals(unit, rulebook, part, now)
    for part in _parts(sorted(touched.used_contracts)):
        used = list(unit.book.terms(part))
        by_usage = opened_by_usage(unit, rulebook, used, now)
        opened += open_changes(unit, rulebook, by_usage, now).counted["opened"]
        warned += warn_of_usage(unit, rulebook, used, now)
    for part in _parts(sorted(touched.reachable_customers)):
        _release(unit, part, now)
    return {
        "opened": opened,
        "planned again": moved,
        "ended": ended,
        "warned": warned,
    }


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Some at a time, so that a large book takes no more memory than a small one."""
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]


def _open_renewals(
    unit: UnitOfWork, rulebook: Rulebook, contract_ids: Sequence[int], now: datetime
) -> int:
    fresh = renewals_of(unit.book.terms(contract_ids), now)
    ledger = open_changes(unit, rulebook, fresh, now)
    carry_out(unit, rulebook, ledger.effects, now)
    return ledger.counted["opened"]


def _close_ended(
    unit: UnitOfWork, rulebook: Rulebook, touched: Touched, now: datetime
) -> int:
    rows = unit.changes.open_of_contracts(sorted(touched.ended_contracts))
    ledger = Ledger(unit, now)
    for row in rows:
        day = touched.ended_contracts[row.contract_id]
        body = audit.body({"by": "import", "ended_on": day.isoformat()})
        ledger.note(
            row,
            rulebook.machines[row.type],
            make_note(now, "ended", body),
            closed_at=now,
            next_due_at=None,
            attention=None,
        )
    ledger.write()
    unit.outbox.drop_waiting((row.id for row in rows), "the contract has ended")
    return len(rows)


def _plan_moved(
    unit: UnitOfWork, rulebook: Rulebook, touched: Touched, now: datetime
) -> int:
    by_contract = unit.changes.open_of_contracts(sorted(touched.moved_contracts))
    moved = [_moved(row, now) for row in by_contract]
    plan_again(unit, rulebook, moved, {"contract": "new terms"}, "import", now)
    by_zone = unit.changes.open_of_customers(sorted(touched.moved_customers))
    stayed = [
        Moved.in_place(row)
        for row in by_zone
        if row.contract_id not in touched.moved_contracts
    ]
    plan_again(unit, rulebook, stayed, {"customer": "new zone"}, "import", now)
    return len(moved) + len(stayed)


def _moved(row: ChangeRow, now: datetime) -> Moved:
    """A renewal follows its contract's terms; other changes keep their date."""
    if row.type != openings.RENEWAL:
        return Moved.in_place(row)
    new = openings.next_renewal(row.terms(), local_day(now, row.zone))
    return Moved(row, new.renewal_start)


def _release(unit: UnitOfWork, customer_ids: Sequence[int], now: datetime) -> None:
    """Queue again what was held because nobody could be reached."""
    rows = unit.changes.open_of_customers(customer_ids)
    if rows:
        unit.outbox.release((row.id for row in rows), now)
