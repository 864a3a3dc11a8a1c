"""What follows from an import: changes that open, close, or are planned again."""

from datetime import date, datetime
from typing import Protocol

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
    fresh = renewals_of(unit.book.terms(touched.new_contracts), now)
    ledger = open_changes(unit, rulebook, fresh, now)
    carry_out(unit, rulebook, ledger.effects, now)
    used = list(unit.book.terms(sorted(touched.used_contracts)))
    by_usage = opened_by_usage(unit, rulebook, used, now)
    opened = open_changes(unit, rulebook, by_usage, now)
    warned = warn_of_usage(unit, rulebook, used, now)
    _release(unit, touched.reachable_customers, now)
    return {
        "opened": ledger.counted["opened"] + opened.counted["opened"],
        "planned again": moved,
        "ended": ended,
        "warned": warned,
    }


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
    return Moved(row, new.renewal_start, new.period_on)


def _release(unit: UnitOfWork, customer_ids: set[int], now: datetime) -> None:
    """Queue again what was held because nobody could be reached."""
    rows = unit.changes.open_of_customers(sorted(customer_ids))
    if rows:
        unit.outbox.release((row.id for row in rows), now)
