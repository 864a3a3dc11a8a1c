"""What a change does to its contract when it closes."""

from collections.abc import Sequence
from datetime import datetime

from engine.domain import openings
from engine.domain.interfaces import UnitOfWork
from engine.domain.records import ChangeRow, Counts
from engine.domain.ruleset import Rulebook
from engine.services.book_notes import Edit, note_edits
from engine.services.close_changes import close_ended
from engine.services.ledger import Effect
from engine.services.open_changes import following_renewals, open_changes
from engine.services.plan_again import follow_facts


def carry_out(
    unit: UnitOfWork, rulebook: Rulebook, effects: Sequence[Effect], now: datetime
) -> dict[str, int]:
    """Do what closing changes ask for, in the transaction that closed them.

    A renewal that opens because of one effect may have effects of its own, when it
    was overdue: they are carried out too.
    """
    done, waiting = Counts(), list(effects)
    while waiting:
        rows = _by_effect(waiting)
        ended = rows.get("end contract", [])
        _end_contracts(unit, rulebook, ended, now)
        more = _apply_limits(unit, rulebook, rows.get("apply change", []), now)
        going_on = rows.get("start next term", [])
        _count_from_moved_starts(unit, going_on, now)
        ledger = open_changes(unit, rulebook, following_renewals(going_on), now)
        done = done.plus({"ended": len(ended), **ledger.counted})
        waiting = [*more, *ledger.effects]
    return dict(done.numbers)


def _by_effect(effects: Sequence[Effect]) -> dict[str, list[ChangeRow]]:
    rows: dict[str, list[ChangeRow]] = {}
    for effect in effects:
        rows.setdefault(effect.do, []).append(effect.change)
    return rows


def _end_contracts(
    unit: UnitOfWork, rulebook: Rulebook, rows: Sequence[ChangeRow], now: datetime
) -> None:
    days = {row.contract_id: row.renewal_start for row in rows}
    _set(unit, rows, "ended_on", "renewal_start", now)
    close_ended(unit, rulebook, days, "clock", now)


def _apply_limits(
    unit: UnitOfWork, rulebook: Rulebook, rows: Sequence[ChangeRow], now: datetime
) -> list[Effect]:
    """Raise contact limits, which other changes' plans may follow from.

    A tier is never lowered by itself.
    """
    raised = [
        row for row in rows if (row.new_contact_limit or 0) > (row.contact_limit or 0)
    ]
    before = unit.changes.open_of_contracts(row.contract_id for row in raised)
    _set(unit, raised, "contact_limit", "new_contact_limit", now)
    edit = {"contract": "larger tier"}
    return follow_facts(unit, rulebook, before, edit, "clock", now)[1]


def _count_from_moved_starts(
    unit: UnitOfWork, rows: Sequence[ChangeRow], now: datetime
) -> None:
    """Count the terms of a contract from a start that was moved off its anniversary."""
    moved = [
        row
        for row in rows
        if not openings.is_anniversary(row.terms(), row.renewal_start)
    ]
    _set(unit, moved, "counted_from", "renewal_start", now)


def _set(
    unit: UnitOfWork, rows: Sequence[ChangeRow], column: str, source: str, now: datetime
) -> None:
    """Give contracts what changes of theirs hold, and say so in their trails."""
    values = [(row.contract_id, getattr(row, source)) for row in rows]
    unit.book.update_column("contracts", column, values)
    edits = [
        Edit(row.contract_id, row.contract_code, {column: getattr(row, source)})
        for row in rows
    ]
    note_edits(unit, "contract", edits, "clock", now)
