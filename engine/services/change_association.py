"""Gives a customer another partner, or none."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from engine.domain.interfaces import UnitOfWork
from engine.domain.moments import local_day
from engine.domain.ownership import DEFAULT, PARTNER, VENDOR, communication_owner
from engine.domain.records import ChangeRow
from engine.domain.replanning import replanned
from engine.domain.ruleset import Rulebook
from engine.services.advance_clock import settle_due
from engine.services.book_notes import Edit, note_changes, note_edits
from engine.services.effects import carry_out
from engine.services.plan_again import Moved, plan_again


def change_association(  # noqa: PLR0913 - one edit, by whom, when
    unit: UnitOfWork,
    rulebook: Rulebook,
    customer: Mapping[str, object],
    partner_id: int | None,
    partner: str | None,
    by: str,
    now: datetime,
) -> None:
    """Associate a customer (its row) with a partner, or end its association.

    The former partner gets no message more: what was queued for it is dropped, its
    ownership ends, and what it was to tell the customer is planned again.
    """
    id_, code = int(str(customer["id"])), str(customer["code"])
    settle_due(unit, rulebook, unit.changes.open_of_customers([id_]), now)
    former = unit.book.customer_views([id_])[id_]
    before = unit.changes.open_of_customers([id_])
    values = {"partner_id": partner_id, "communication_owner": DEFAULT}
    unit.book.update("customers", id_, values)
    edit = {"association": partner or "ended", "was": former["partner"]}
    note_edits(unit, "customer", [Edit(id_, code, edit)], by, now)
    unit.outbox.drop_waiting(
        (row.id for row in before), "the association has ended", roles=["partner"]
    )
    asked = [(row.id, row.version + 1) for row in before]
    unit.prompts.end_for_partner(asked, now)
    theirs = {row.id for row in before if _partner_owned(row, former)}
    chosen = [row.id for row in before if row.owner_choice == PARTNER]
    for change_id in chosen:
        unit.changes.set_owner(change_id, None)
    rows = unit.changes.by_ids(row.id for row in before)
    again = theirs | _of_other_dates(rulebook, before, rows, now)
    moved = [Moved.in_place(row) for row in rows if row.id in again]
    rest = [row for row in rows if row.id not in again]
    ended = {**edit, "owner_choice": None}
    reset = [row for row in rest if row.id in chosen]
    note_changes(unit, rulebook, reset, ended, by, now)
    kept = [row for row in rest if row.id not in chosen]
    note_changes(unit, rulebook, kept, edit, by, now)
    effects = plan_again(unit, rulebook, moved, ended, by, now)
    carry_out(unit, rulebook, effects, now)


def _of_other_dates(
    rulebook: Rulebook,
    before: Sequence[ChangeRow],
    after: Sequence[ChangeRow],
    now: datetime,
) -> set[int]:
    """Changes whose row of the calendar follows from whether there is a partner."""
    was = {row.id: row for row in before}
    return {
        row.id
        for row in after
        if replanned(
            rulebook.machines[row.type], was[row.id], row, local_day(now, row.zone)
        )
    }


def _partner_owned(row: ChangeRow, customer: Mapping[str, object]) -> bool:
    owns = customer["owns_conversations"]
    owner = communication_owner(
        change_choice=row.owner_choice,
        customer_choice=str(customer["communication_owner"]),
        partner_owns=None if owns is None else bool(owns),
    )
    return owner != VENDOR
