"""Invariant 7: the right recipient at the moment of sending."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from tests.support.invariants.reading import Row, Tables


def right_recipients(tables: Tables) -> Iterator[str]:
    """7: whoever got a message was the one to get it at the moment of sending."""
    changes = {change["id"]: change for change in tables.changes}
    past = _Past(tables)
    for delivery in tables.deliveries:
        change, at = changes[delivery["change_id"]], delivery["tried_at"]
        if delivery["status"] != "sent":
            continue
        place = f"{tables.key(delivery)} as {delivery['audience']} at {at}"
        partners = past.partners_of(change, at)
        if delivery["audience"] in ("partner", "copy"):
            code = tables.codes["partner"].get(delivery["partner_id"])
            if code not in partners:
                yield f"7: {place}: the customer's partner was {partners}"
        if delivery["role"] != "owner":
            continue
        owner = "partner" if delivery["audience"] == "partner" else "vendor"
        if owner not in past.owners(change, at):
            yield f"7: {place}: the {owner} did not own the conversation"


class _Past:
    """What the trails say of associations and choices at a time."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._customers = {row["id"]: row for row in tables.customers}
        self._partners = {row["code"]: row for row in tables.partners}

    def customers(self, change: Row, at: datetime) -> set[int]:
        """Whose contract it was at a time; two where it went over at that very time."""
        trail = self._tables.trails["contract", change["contract_id"]]
        return set(_at(change["customer_id"], _steps(trail, "customer_id"), at))

    def partners_of(self, change: Row, at: datetime) -> set[str | None]:
        found = (self.partners(each, at) for each in self.customers(change, at))
        return set().union(*found)

    def partners(self, customer_id: int, at: datetime) -> set[str | None]:
        """The customer's partner at a time; two where it changed at that very time."""
        trail = self._tables.trails["customer", customer_id]
        edits = [e for e in trail if "association" in e["said"]["set"]]
        present = self._tables.codes["partner"].get(
            self._customers[customer_id]["partner_id"]
        )
        first = edits[0]["said"]["set"]["was"] if edits else present
        steps = [(e["at"], e["said"]["set"]["association"]) for e in edits]
        return {None if x == "ended" else x for x in _at(first, steps, at)}

    def owners(self, change: Row, at: datetime) -> set[str]:
        """Who may have owned the conversation at a time, as far as anything says."""
        trail = self._tables.trail(change)
        steps = _steps(trail, "owner_choice")
        owners: set[str] = set()
        for customer_id in self.customers(change, at):
            for partner in self.partners(customer_id, at):
                for choice in _at(None, steps, at):
                    owners |= self._without_choice(customer_id, partner, choice, at)
        return owners

    def _without_choice(
        self, customer_id: int, partner: str | None, choice: str | None, at: datetime
    ) -> set[str]:
        if partner is None:
            return {"vendor"}
        if choice is not None:
            return {choice}
        found: set[str] = set()
        for each in self._choices_of_customer(customer_id, at):
            found |= {each} if each != "default" else self._standing(partner, at)
        return found

    def _choices_of_customer(self, customer_id: int, at: datetime) -> set[str]:
        trail = self._tables.trails["customer", customer_id]
        steps = _steps(trail, "communication_owner")
        ended = [e["at"] for e in trail if "association" in e["said"]["set"]]
        steps = sorted([*steps, *((time, "default") for time in ended)])
        if steps and at <= steps[0][0]:
            return {"default", "vendor", "partner"}  # Nothing says what it was before.
        present = self._customers[customer_id]["communication_owner"]
        return set(_at(present, steps, at))

    def _standing(self, partner: str, at: datetime) -> set[str]:
        row = self._partners[partner]
        steps = _steps(self._tables.trails["partner", row["id"]], "owns_conversations")
        if steps and at <= steps[0][0]:
            return {"vendor", "partner"}
        owns = _at(row["owns_conversations"], steps, at)
        return {"partner" if each else "vendor" for each in owns}


def _steps(trail: Iterable[Row], name: str) -> list[tuple[datetime, Any]]:
    edits = (e for e in trail if name in e["said"].get("set", {}))
    return [(edit["at"], edit["said"]["set"][name]) for edit in edits]


def _at(first: Any, steps: Iterable[tuple[datetime, Any]], at: datetime) -> list[Any]:
    """The value at a time, and those that came at that very time."""
    before, same = first, []
    for time, value in steps:
        if time < at:
            before = value
        elif time == at:
            same.append(value)
    return [before, *same]
