"""Edits by hand: who owns a conversation, who is written to, dates, associations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from engine.domain import audit
from engine.domain.errors import TacitError
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.ownership import DEFAULT, PARTNER, VENDOR, communication_owner
from engine.domain.records import ChangeRow
from engine.domain.ruleset import Rulebook
from engine.services.book_notes import Edit, note_edits
from engine.services.ledger import Ledger, make_note
from engine.services.plan_again import Moved, plan_again


class EditError(TacitError):
    """Raised when an edit cannot be made; nothing was changed."""


@dataclass(frozen=True)
class Editor:
    """Makes edits; each is one transaction and leaves a trace in the audit trail."""

    store: Storage
    rulebook: Rulebook
    by: str
    now: datetime

    def owner_of_change(self, code: str, choice: str) -> str:
        """Override the communication owner of one change; `default` ends that."""
        kept = None if choice == DEFAULT else choice
        with self.store.begin() as unit:
            row = unit.changes.by_code(code)
            if row.owner_choice != kept:
                unit.changes.set_owner(row.id, kept)
                self._note_change(unit, row, {"owner_choice": kept})
                unit.commit()
        return f"{row.code}: communication owner is {choice}"

    def owner_of_customer(self, code: str, choice: str) -> str:
        """Override the communication owner of one customer."""
        values = {"communication_owner": choice}
        return self._set("customers", "customer", code, values)

    def owner_of_partner(self, code: str, choice: str) -> str:
        """Set a partner's standing choice for all its customers."""
        if choice == DEFAULT:
            raise EditError("a partner's standing choice is vendor or partner")
        values = {"owns_conversations": choice == PARTNER}
        return self._set("partners", "partner", code, values)

    def contact(self, customer: str, person: str) -> str:
        """Choose who receives what the customer is told; releases what was held."""
        with self.store.begin() as unit:
            row = unit.book.one("customers", customer)
            found = unit.book.person(person)
            if found.customer_id != row["id"]:
                raise EditError(
                    f"{found.name} is not among the users of {row['name']}'s account"
                )
            changed = {"primary_contact_id": found.id}
            unit.book.update("customers", row["id"], changed)
            shown = {"primary_contact": found.code}
            self._note(unit, "customer", row["id"], row["code"], shown)
            changes = unit.changes.open_of_customers([row["id"]])
            released = unit.outbox.release([c.id for c in changes], self.now)
            unit.commit()
        again = f"; {released} held messages are queued again" if released else ""
        return f"{row['code']}: primary contact is {found.name}{again}"

    def release(self, codes: Sequence[str]) -> str:
        """Queue held messages again: of these changes, or without any, all of them."""
        with self.store.begin() as unit:
            ids = [unit.changes.by_code(code).id for code in codes] if codes else None
            released = unit.outbox.release(ids, self.now)
            unit.commit()
        return f"{released} held messages are queued again"

    def renewal_start(self, code: str, day: date) -> str:
        """Move a change's renewal start; everything that follows is planned again."""
        with self.store.begin() as unit:
            row = unit.changes.by_code(code)
            _refuse_closed(row)
            if row.renewal_start != day:
                edit = {"renewal_start": day.isoformat()}
                moved = [Moved(row, day)]
                plan_again(unit, self.rulebook, moved, edit, self.by, self.now)
                unit.commit()
        return f"{row.code}: renewal start is {day}"

    def automatic_renewal(self, contract: str, on: bool) -> str:
        """Switch automatic renewal; what was told before no longer holds."""
        with self.store.begin() as unit:
            row = unit.book.one("contracts", contract)
            if row["automatic_renewal"] != on:
                changed = {"automatic_renewal": on}
                unit.book.update("contracts", row["id"], changed)
                self._note(unit, "contract", row["id"], row["code"], changed)
                rows = unit.changes.open_of_contracts([row["id"]])
                moved = [Moved.in_place(one) for one in rows if one.type == "renewal"]
                plan_again(unit, self.rulebook, moved, changed, self.by, self.now)
                unit.commit()
        return f"{row['code']}: automatic renewal is {'on' if on else 'off'}"

    def association(self, customer: str, partner: str | None) -> str:
        """Associate a customer with a partner, or end its association (None)."""
        with self.store.begin() as unit:
            row = unit.book.one("customers", customer)
            found = unit.book.one("partners", partner) if partner else None
            partner_id = found["id"] if found else None
            if row["partner_id"] != partner_id:
                change_association(
                    unit, self.rulebook, row, partner_id, partner, self.by, self.now
                )
                unit.commit()
        return f"{row['code']}: " + (
            f"associated with {partner}" if partner else "no partner is associated"
        )

    def _set(
        self, kind: str, subject: str, code: str, values: Mapping[str, object]
    ) -> str:
        with self.store.begin() as unit:
            row = unit.book.one(kind, code)
            if any(row[name] != value for name, value in values.items()):
                unit.book.update(kind, row["id"], values)
                self._note(unit, subject, row["id"], row["code"], values)
                unit.commit()
        shown = ", ".join(f"{name} is {value}" for name, value in values.items())
        return f"{row['code']}: {shown.replace('_', ' ')}"

    def _note(
        self,
        unit: UnitOfWork,
        subject: str,
        id_: int,
        code: str,
        values: Mapping[str, object],
    ) -> None:
        note_edit(unit, (subject, id_, code), values, self.by, self.now)

    def _note_change(
        self, unit: UnitOfWork, row: ChangeRow, values: Mapping[str, object]
    ) -> None:
        note_changes(unit, self.rulebook, [row], values, self.by, self.now)


def change_association(  # noqa: PLR0913 - one edit, by whom, when
    unit: UnitOfWork,
    rulebook: Rulebook,
    customer: Mapping[str, object],
    partner_id: int | None,
    partner: str | None,
    by: str,
    now: datetime,
) -> None:
    """Give a customer another partner, or none.

    The former partner gets no message more: what was queued for it is dropped, its
    ownership ends, and what it was to tell the customer is planned again.
    """
    id_, code = int(str(customer["id"])), str(customer["code"])
    former = unit.book.customer_views([id_])[id_]
    rows = unit.changes.open_of_customers([id_])
    theirs = [row for row in rows if _partner_owned(row, former)]
    values = {"partner_id": partner_id, "communication_owner": DEFAULT}
    unit.book.update("customers", id_, values)
    edit = {"association": partner or "ended", "was": former["partner"]}
    note_edit(unit, ("customer", id_, code), edit, by, now)
    unit.outbox.drop_waiting(
        (row.id for row in rows), "the association has ended", roles=["partner"]
    )
    for row in rows:
        if row.owner_choice == PARTNER:
            unit.changes.set_owner(row.id, None)
    again = {row.id for row in theirs}
    reset = {row.id for row in rows if row.owner_choice == PARTNER}
    ended = {**edit, "owner_choice": None}
    now_rows = unit.changes.by_ids([row.id for row in rows])
    others = [row for row in now_rows if row.id not in again]
    without_choice = [row for row in others if row.id in reset]
    note_changes(unit, rulebook, without_choice, ended, by, now)
    unchanged = [row for row in others if row.id not in reset]
    note_changes(unit, rulebook, unchanged, edit, by, now)
    moved = [Moved.in_place(row) for row in now_rows if row.id in again]
    plan_again(unit, rulebook, moved, ended, by, now)


def _partner_owned(row: ChangeRow, customer: Mapping[str, object]) -> bool:
    owns = customer["owns_conversations"]
    owner = communication_owner(
        change_choice=row.owner_choice,
        customer_choice=str(customer["communication_owner"]),
        partner_owns=None if owns is None else bool(owns),
    )
    return owner != VENDOR


def note_changes(
    unit: UnitOfWork,
    rulebook: Rulebook,
    rows: Sequence[ChangeRow],
    values: Mapping[str, object],
    by: str,
    now: datetime,
) -> None:
    """Say in the trail of each change what was edited."""
    ledger = Ledger(unit, now)
    body = audit.body({"by": by, "set": values})
    for row in rows:
        ledger.note(row, rulebook.machines[row.type], make_note(now, "edited", body))
    ledger.write()


def note_edit(
    unit: UnitOfWork,
    subject: tuple[str, int, str],
    values: Mapping[str, object],
    by: str,
    now: datetime,
) -> None:
    """Say in a subject's own trail (kind, id, code) what was edited."""
    kind, id_, code = subject
    note_edits(unit, kind, [Edit(id_, code, values)], by, now)


def _refuse_closed(row: ChangeRow) -> None:
    if row.closed_at is not None:
        raise EditError(f"{row.code} was closed on {row.closed_at:%Y-%m-%d}")
