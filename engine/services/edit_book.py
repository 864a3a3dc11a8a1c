"""Edits by hand: who owns a conversation, who is written to, dates, associations."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NoReturn

from engine.domain.access import Action, Actor
from engine.domain.anniversaries import add_months
from engine.domain.errors import TacitError
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.ownership import DEFAULT, PARTNER
from engine.domain.place import NOBODYS, Place
from engine.domain.records import ChangeRow, Person
from engine.domain.ruleset import Rulebook
from engine.services.advance_clock import settle_due
from engine.services.book_notes import Edit, note_changes, note_edits
from engine.services.change_association import change_association
from engine.services.change_tags import must_match
from engine.services.effects import carry_out
from engine.services.follow_ends import follow_ends
from engine.services.list_changes import deadline_of
from engine.services.plan_again import Moved, follow_facts, plan_again


class EditError(TacitError):
    """Raised when an edit cannot be made; nothing was changed.

    `reason` and `values` are for whoever says it in other words.
    """

    def __init__(self, reason: str, text: str, **values: object) -> None:
        self.reason = reason
        self.values = values
        super().__init__(text.format(**values))


@dataclass(frozen=True)
class Editor:
    """Makes edits that its actor may make.

    Each is one transaction and leaves a trace in the audit trail.
    """

    store: Storage
    rulebook: Rulebook
    actor: Actor
    now: datetime
    #: Tags of which the edited change must have one (see `change_tags`).
    expects: Collection[str] | None = None

    @property
    def by(self) -> str:
        """Who makes them, as the trail says it."""
        return self.actor.code

    def owner_of_change(self, code: str, choice: str) -> str:
        """Override the communication owner of one change; `default` ends that."""
        kept = None if choice == DEFAULT else choice
        with self.store.begin() as unit:
            row = unit.changes.by_code(code)
            self._must(Action.CHOOSE_OWNER, row.place, "change", code)
            self._must_match(unit, row)
            _refuse_no_partner(choice, row.partner_id, row.code)
            if row.owner_choice != kept:
                unit.changes.set_owner(row.id, kept)
                self._note_change(unit, row, {"owner_choice": kept})
                unit.commit()
        return f"{row.code}: communication owner is {choice}"

    def owner_of_customer(self, code: str, choice: str) -> str:
        """Override the communication owner of one customer."""
        with self.store.begin() as unit:
            row = unit.book.one("customers", code)
            place = Place(row["id"], row["partner_id"])
            self._must(Action.CHOOSE_OWNER, place, "customer", code)
            _refuse_no_partner(choice, row["partner_id"], row["code"])
            values = {"communication_owner": choice}
            self._set(unit, "customers", "customer", row, values)
        return f"{row['code']}: communication owner is {choice}"

    def owner_of_partner(self, code: str, choice: str) -> str:
        """Set a partner's standing choice for all its customers."""
        if choice == DEFAULT:
            raise EditError(
                "no_default", "a partner's standing choice is vendor or partner"
            )
        with self.store.begin() as unit:
            row = unit.book.one("partners", code)
            place = Place(partner_id=row["id"])
            self._must(Action.CHOOSE_STANDING_OWNER, place, "partner", code)
            values = {"owns_conversations": choice == PARTNER}
            self._set(unit, "partners", "partner", row, values)
        if choice == PARTNER:
            return f"{row['code']}: owns every conversation with its customers"
        return (
            f"{row['code']}: leaves the conversations with its customers to the vendor"
        )

    def contact(self, customer: str, person: str) -> str:
        """Choose who receives what the customer is told; releases what was held."""
        with self.store.begin() as unit:
            row = unit.book.one("customers", customer)
            place = Place(row["id"], row["partner_id"])
            self._must(Action.CHOOSE_CONTACT, place, "customer", customer)
            found = self._user_of(unit, person, row)
            if row["primary_contact_id"] != found.id:
                changed = {"primary_contact_id": found.id}
                unit.book.update("customers", row["id"], changed)
                shown = {"primary_contact": found.code}
                self._note(unit, "customer", row["id"], row["code"], shown)
            changes = unit.changes.open_of_customers([row["id"]])
            released = unit.outbox.release([c.id for c in changes], self.now)
            unit.commit()
        again = f"; {released} held messages are queued again" if released else ""
        return f"{row['code']}: primary contact is {found.name}{again}"

    def renewal_start(self, code: str, day: date) -> str:
        """Move a change's renewal start; everything that follows is planned again."""
        with self.store.begin() as unit:
            row = unit.changes.by_code(code)
            self._must(Action.MOVE_DATES, row.place, "change", code)
            self._must_match(unit, row)
            if row.closed_at is None:
                settle_due(unit, self.rulebook, [row], self.now)
                row = unit.changes.by_code(code)
            _refuse_closed(row)
            _refuse_beyond_its_term(row, day)
            if row.renewal_start != day:
                moved = [Moved(row, row._replace(renewal_start=day, attention=None))]
                effects = plan_again(unit, self.rulebook, moved, {}, self.by, self.now)
                carry_out(unit, self.rulebook, effects, self.now)
                unit.commit()
            deadline = deadline_of(self.rulebook, row._replace(renewal_start=day))
        return f"{row.code}: renewal start is {day}, deadline is {deadline}"

    def automatic_renewal(self, contract: str, on: bool) -> str:
        """Switch automatic renewal; what was told before no longer holds."""
        with self.store.begin() as unit:
            row = unit.book.one("contracts", contract)
            self._must_set_terms(unit, row)
            if row["automatic_renewal"] != on:
                changed = {"automatic_renewal": on}
                open_now = unit.changes.open_of_contracts([row["id"]])
                settle_due(unit, self.rulebook, open_now, self.now)
                before = unit.changes.open_of_contracts([row["id"]])
                unit.book.update("contracts", row["id"], changed)
                self._note(unit, "contract", row["id"], row["code"], changed)
                _, effects = follow_facts(
                    unit, self.rulebook, before, changed, self.by, self.now
                )
                carry_out(unit, self.rulebook, effects, self.now)
                unit.commit()
        return f"{row['code']}: automatic renewal is {'on' if on else 'off'}"

    def end(self, contract: str, day: date | None) -> str:
        """Say when a contract ends, or (None) that it goes on."""
        with self.store.begin() as unit:
            row = unit.book.one("contracts", contract)
            self._must_set_terms(unit, row)
            if day and day < row["started_on"]:
                _refuse_before(row["code"], row["started_on"])
            if row["ended_on"] != day:
                changed = {"ended_on": day}
                unit.book.update("contracts", row["id"], changed)
                self._note(unit, "contract", row["id"], row["code"], changed)
                days = {row["id"]: day}
                follow_ends(unit, self.rulebook, days, self.by, self.now)
                unit.commit()
        return f"{row['code']}: " + (f"ends on {day}" if day else "goes on")

    def association(self, customer: str, partner: str | None) -> str:
        """Associate a customer with a partner, or end its association (None)."""
        with self.store.begin() as unit:
            row = unit.book.one("customers", customer)
            needed = Action.ASSOCIATE if partner else Action.END_ASSOCIATION
            place = Place(row["id"], row["partner_id"])
            self._must(needed, place, "customer", customer)
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

    def _must(self, action: Action, place: Place, kind: str, name: str) -> None:
        self.actor.must(action, place, kind, name)

    def _user_of(
        self, unit: UnitOfWork, name: str, customer: Mapping[str, Any]
    ) -> Person:
        """One of a customer's people; of anybody else no more is said than that."""
        found = None
        try:
            found = unit.book.person(name)
        except TacitError:
            if self.actor.may(Action.SEE_PEOPLE, NOBODYS):
                raise
        if found is None or found.customer_id != customer["id"]:
            raise EditError(
                "no_user",
                "{person} is not among the users of {customer}'s account",
                person=name,
                customer=customer["name"],
            )
        return found

    def _must_match(self, unit: UnitOfWork, row: ChangeRow) -> None:
        must_match(unit, self.rulebook, row, self.actor, self.now, self.expects)

    def _must_set_terms(self, unit: UnitOfWork, contract: Mapping[str, Any]) -> None:
        customer_id = contract["customer_id"]
        view = unit.book.customer_views([customer_id])[customer_id]
        place = Place(customer_id, view["partner_id"])
        self._must(Action.SET_TERMS, place, "contract", contract["code"])

    def _set(
        self,
        unit: UnitOfWork,
        kind: str,
        subject: str,
        row: Mapping[str, Any],
        values: Mapping[str, object],
    ) -> None:
        """Write in the very transaction in which it was permitted."""
        if any(row[name] != value for name, value in values.items()):
            unit.book.update(kind, row["id"], values)
            self._note(unit, subject, row["id"], row["code"], values)
            unit.commit()

    def _note(
        self,
        unit: UnitOfWork,
        subject: str,
        id_: int,
        code: str,
        values: Mapping[str, object],
    ) -> None:
        note_edits(unit, subject, [Edit(id_, code, values)], self.by, self.now)

    def _note_change(
        self, unit: UnitOfWork, row: ChangeRow, values: Mapping[str, object]
    ) -> None:
        note_changes(unit, self.rulebook, [row], values, self.by, self.now)


def _refuse_no_partner(choice: str, partner_id: object, name: str) -> None:
    if choice == PARTNER and partner_id is None:
        raise EditError(
            "no_partner",
            "{name}: no partner is associated that could own it",
            name=name,
        )


def _refuse_before(contract: str, started_on: date) -> NoReturn:
    raise EditError(
        "before_contract",
        "{contract} began only on {day}",
        contract=contract,
        day=started_on,
    )


def _refuse_beyond_its_term(row: ChangeRow, day: date) -> None:
    """A date so far off is a slip of the pen: another change is meant, or none."""
    if day <= row.started_on:
        _refuse_before(row.contract_code, row.started_on)
    following = add_months(row.period_on, row.commitment_months)
    if day >= following:
        raise EditError(
            "beyond_term",
            "{day} is not before the renewal after it, on {following}",
            day=day,
            following=following,
        )


def _refuse_closed(row: ChangeRow) -> None:
    if row.closed_at is not None:
        raise EditError(
            "closed",
            "{change} was closed on {day}",
            change=row.code,
            day=row.closed_at.date(),
        )
