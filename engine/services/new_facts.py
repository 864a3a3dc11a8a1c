"""Lets open changes follow facts of contracts and customers that an import writes."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from engine.domain.interfaces import UnitOfWork
from engine.domain.records import ChangeRow
from engine.domain.ruleset import Rulebook
from engine.services.advance_clock import settle_due
from engine.services.effects import carry_out
from engine.services.plan_again import follow_facts

#: Columns that plans may follow from.
_READ: Final[Mapping[str, frozenset[str]]] = {
    "customers": frozenset({"time_zone"}),
    "contracts": frozenset(
        {
            "customer_id",
            "started_on",
            "commitment_months",
            "billing_months",
            "automatic_renewal",
            "starter",
            "contact_limit",
        }
    ),
}
#: What the trail of a change says of them.
_EDITS: Final = {
    "customers": {"customer": "new zone"},
    "contracts": {"contract": "new terms"},
}


def are_read(kind: str, columns: Collection[str]) -> bool:
    """Whether a plan may follow from any of these columns."""
    return not _READ.get(kind, frozenset()).isdisjoint(columns)


def settled_changes(
    unit: UnitOfWork, rulebook: Rulebook, kind: str, ids: Sequence[int], now: datetime
) -> list[ChangeRow]:
    """What contracts or customers have open, after all that fell due was done.

    It follows from what was true then, and not from what a file says now.
    """
    rows = _open(unit, kind, ids)
    return _open(unit, kind, ids) if settle_due(unit, rulebook, rows, now) else rows


def follow_new_facts(
    unit: UnitOfWork,
    rulebook: Rulebook,
    kind: str,
    before: Sequence[ChangeRow],
    by: str,
    now: datetime,
) -> int:
    """Plan again what no longer follows from the rows; how many changes that were."""
    edit = _EDITS[kind]
    moved, effects = follow_facts(unit, rulebook, before, edit, by, now)
    carry_out(unit, rulebook, effects, now)
    return moved


def _open(unit: UnitOfWork, kind: str, ids: Sequence[int]) -> list[ChangeRow]:
    if kind == "customers":
        return unit.changes.open_of_customers(ids)
    return unit.changes.open_of_contracts(ids)
