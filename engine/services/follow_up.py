"""What follows from an import: changes that open, close, or are planned again."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Final, Protocol

from engine.domain.interfaces import UnitOfWork
from engine.domain.ruleset import Rulebook
from engine.services.effects import carry_out
from engine.services.follow_ends import follow_ends
from engine.services.follow_usage import follow_usage
from engine.services.open_changes import (
    open_changes,
    renewals_of,
)

_AT_ONCE: Final = 5_000


class Touched(Protocol):
    """What an import touched, by the ids of contracts and customers."""

    new_contracts: list[int]
    ended_contracts: dict[int, date | None]
    used_months: dict[int, set[str]]
    reachable_customers: set[int]
    planned_again: int


def follow_up(
    unit: UnitOfWork, rulebook: Rulebook, touched: Touched, by: str, now: datetime
) -> dict[str, int]:
    """Do what the imported rows bring with them; how many changes did what."""
    ended = opened = warned = 0
    for part in _parts(sorted(touched.ended_contracts)):
        days = {id_: touched.ended_contracts[id_] for id_ in part}
        closed, again = follow_ends(unit, rulebook, days, by, now)
        ended += closed
        opened += again
    for part in _parts(touched.new_contracts):
        opened += _open_renewals(unit, rulebook, part, now)
    for part in _parts(sorted(touched.used_months)):
        months = {id_: touched.used_months[id_] for id_ in part}
        done = follow_usage(unit, rulebook, months, by, now)
        opened += done["opened"]
        ended += done["ended"]
        warned += done["warned"]
    for part in _parts(sorted(touched.reachable_customers)):
        _release(unit, part, now)
    return {
        "opened": opened,
        "planned again": touched.planned_again,
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


def _release(unit: UnitOfWork, customer_ids: Sequence[int], now: datetime) -> None:
    """Queue again what was held because nobody could be reached."""
    rows = unit.changes.open_of_customers(customer_ids)
    if rows:
        unit.outbox.release((row.id for row in rows), now)
