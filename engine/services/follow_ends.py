"""What the end of a contract brings, or that it does not end after all."""

from collections.abc import Mapping
from datetime import date, datetime

from engine.domain.interfaces import UnitOfWork
from engine.domain.moments import local_day
from engine.domain.openings import RENEWAL
from engine.domain.records import ChangeRow
from engine.domain.ruleset import Rulebook
from engine.services.close_changes import close_ended
from engine.services.effects import carry_out
from engine.services.open_changes import open_changes, renewals_of
from engine.services.plan_again import Moved, plan_again


def follow_ends(
    unit: UnitOfWork,
    rulebook: Rulebook,
    ended_on: Mapping[int, date | None],
    by: str,
    now: datetime,
) -> tuple[int, int]:
    """Close what ends with these contracts, and open again what does not.

    How many changes closed and opened. A renewal that an earlier end had closed comes
    back in the state it was in: whoever had asked to cancel has not forgotten.
    """
    days = {id_: day for id_, day in ended_on.items() if day is not None}
    closed = close_ended(unit, rulebook, days, by, now)
    edit = {"ended_on": "another day, or none"}
    back = [
        Moved(row, row._replace(closed_at=None, attention=None))
        for row in _closed_too_early(unit, ended_on, now)
    ]
    effects = plan_again(unit, rulebook, back, edit, by, now)
    carry_out(unit, rulebook, effects, now)
    wanted = renewals_of(unit.book.terms(ended_on), now)
    ledger = open_changes(unit, rulebook, wanted, now)
    carry_out(unit, rulebook, ledger.effects, now)
    return closed, len(back) + ledger.counted["opened"]


def _closed_too_early(
    unit: UnitOfWork, ended_on: Mapping[int, date | None], now: datetime
) -> list[ChangeRow]:
    """Of each contract without an open renewal the last that could still take effect."""
    open_now = {row.contract_id for row in _open_renewals(unit, ended_on)}
    last: dict[int, ChangeRow] = {}
    for row in unit.changes.renewals_closed_by_an_end(ended_on):
        day = ended_on[row.contract_id]
        to_come = row.renewal_start > local_day(now, row.zone)
        if to_come and (day is None or row.renewal_start < day):
            last[row.contract_id] = row
    return [row for id_, row in last.items() if id_ not in open_now]


def _open_renewals(
    unit: UnitOfWork, ended_on: Mapping[int, date | None]
) -> list[ChangeRow]:
    return [
        row for row in unit.changes.open_of_contracts(ended_on) if row.type == RENEWAL
    ]
