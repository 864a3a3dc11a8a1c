"""What a change does to its contract when it closes."""

from collections.abc import Sequence
from datetime import datetime

from engine.domain import audit, openings
from engine.domain.interfaces import UnitOfWork
from engine.domain.records import ChangeRow
from engine.domain.ruleset import Rulebook
from engine.services.book_notes import Edit, note_edits
from engine.services.ledger import Effect, Ledger, make_note
from engine.services.open_changes import following_renewal, open_changes


def carry_out(
    unit: UnitOfWork, rulebook: Rulebook, effects: Sequence[Effect], now: datetime
) -> dict[str, int]:
    """Do what closing changes ask for, in the transaction that closed them.

    A renewal that opens because of one effect may have effects of its own, when it
    was overdue: they are carried out too.
    """
    done: dict[str, int] = {}
    waiting = list(effects)
    while waiting:
        ended = [e.change for e in waiting if e.do == "end contract"]
        done["ended"] = done.get("ended", 0) + len(ended)
        for row in ended:
            unit.book.end_contract(row.contract_id, row.renewal_start)
        close_changes_of_ended(unit, rulebook, ended, now)
        _apply_limits(unit, [e.change for e in waiting if e.do == "apply change"])
        going_on = [
            e.change
            for e in waiting
            if e.do == "start next term" and e.change.ended_on is None
        ]
        _count_from_moved_starts(unit, going_on, now)
        ledger = open_changes(
            unit, rulebook, [following_renewal(row) for row in going_on], now
        )
        for name, number in ledger.counted.items():
            done[name] = done.get(name, 0) + number
        waiting = ledger.effects
    return done


def close_changes_of_ended(
    unit: UnitOfWork, rulebook: Rulebook, ended: Sequence[ChangeRow], now: datetime
) -> None:
    """Close the other open changes of contracts that have ended."""
    contract_ids = {row.contract_id for row in ended}
    rows = unit.changes.open_of_contracts(sorted(contract_ids))
    ledger = Ledger(unit, now)
    body = audit.body({"by": "clock", "name": "contract ended"})
    for row in rows:
        note = make_note(now, "ended", body)
        ledger.note(
            row,
            rulebook.machines[row.type],
            note,
            closed_at=now,
            next_due_at=None,
            attention=None,
        )
    ledger.write()
    unit.outbox.drop_waiting((row.id for row in rows), "the contract has ended")


def _count_from_moved_starts(
    unit: UnitOfWork, rows: Sequence[ChangeRow], now: datetime
) -> None:
    """Count the terms of a contract from a start that was moved off its anniversary."""
    moved = [
        row
        for row in rows
        if not openings.is_anniversary(row.terms(), row.renewal_start)
    ]
    starts = [(row.contract_id, row.renewal_start) for row in moved]
    unit.book.update_column("contracts", "counted_from", starts)
    edits = [
        Edit(row.contract_id, row.contract_code, {"counted_from": row.renewal_start})
        for row in moved
    ]
    note_edits(unit, "contract", edits, "clock", now)


def _apply_limits(unit: UnitOfWork, rows: Sequence[ChangeRow]) -> None:
    """Raise contact limits; a tier is never lowered by itself."""
    limits = [
        (row.contract_id, row.new_contact_limit)
        for row in rows
        if row.new_contact_limit is not None
        and row.new_contact_limit > (row.contact_limit or 0)
    ]
    unit.book.update_column("contracts", "contact_limit", limits)
