"""Claims queued messages, resolves their readers, and counts the tries to come."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from engine.domain import audit
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.recipients import AddressBook, Recipient, Resolved, resolve
from engine.domain.records import (
    Claimed,
    Delivery,
    DeliveryStart,
    DeliveryStatus,
    DeliveryUpdate,
    MessageUpdate,
    OutboxStatus,
)
from engine.domain.ruleset import Rulebook
from engine.services.ledger import Note, make_note
from engine.services.message_notes import note_messages, undelivered_note


@dataclass(frozen=True, slots=True)
class Attempt:
    """One copy that is about to be sent; its try is already counted."""

    claimed: Claimed
    recipient: Recipient
    number: int
    ambiguous: bool
    tries_in_doubt: int


@dataclass
class ClaimedBatch:
    """What a claim came to: copies to send, and what needed no sending."""

    taken: int = 0
    attempts: list[Attempt] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)


class ClaimPolicy(Protocol):
    """How many messages to take, and for how long."""

    @property
    def batch(self) -> int: ...
    @property
    def channels(self) -> Mapping[str, object]: ...
    @property
    def lease(self) -> timedelta: ...


def claim_messages(
    store: Storage, rulebook: Rulebook, policy: ClaimPolicy, now: datetime
) -> ClaimedBatch:
    """Take due messages. Stale ones are dropped, those without a reader are held."""
    with store.begin() as unit:
        rows = unit.outbox.claim(now, now + policy.lease, policy.batch)
        if not rows:
            return ClaimedBatch()
        claim = _Claim(unit, rulebook, frozenset(policy.channels), now)
        claim.settle(rows)
        unit.commit()
    return claim.batch


class _Claim:
    """One claim in its transaction."""

    def __init__(
        self,
        unit: UnitOfWork,
        rulebook: Rulebook,
        channels: frozenset[str],
        now: datetime,
    ) -> None:
        self._unit = unit
        self._rulebook = rulebook
        self._now = now
        self._channels = channels
        self.batch = ClaimedBatch()
        self._finished: list[MessageUpdate] = []
        self._notes: dict[int, list[Note]] = {}
        self._new: list[DeliveryStart] = []
        self._again: list[DeliveryStart] = []
        self._dropped: list[DeliveryUpdate] = []

    def settle(self, rows: Sequence[Claimed]) -> None:
        self.batch.taken = len(rows)
        book = self._address_book(rows)
        tried: dict[int, list[Delivery]] = {}
        again = [row.outbox_id for row in rows if row.attempts]
        for delivery in self._unit.outbox.deliveries_of(again) if again else []:
            tried.setdefault(delivery.outbox_id, []).append(delivery)
        for claimed in rows:
            stale = why_stale(claimed)
            if stale:
                self._drop(claimed, stale)
                continue
            resolved = resolve(claimed, self._rulebook.routing, book)
            self._start(claimed, resolved, tried.get(claimed.outbox_id, []))
        outbox = self._unit.outbox
        outbox.start_deliveries(self._new, self._again)
        outbox.finish_deliveries(self._dropped)
        outbox.finish(self._finished)
        note_messages(self._unit, self._rulebook, self._notes, self._now)

    def _address_book(self, rows: Sequence[Claimed]) -> AddressBook:
        wanted = {row.primary_contact_id for row in rows}
        wanted |= {row.point_of_contact_id for row in rows}
        people = self._unit.book.people(sorted(id_ for id_ in wanted if id_))
        operations = self._unit.book.vendor_people("operations")
        vendor = {"operations": operations}
        return AddressBook(people, vendor, self._channels)

    def _start(
        self, claimed: Claimed, resolved: Resolved, tried: Sequence[Delivery]
    ) -> None:
        before = {(one.person_id, one.channel): one for one in tried}
        wanted = {(r.person.id, r.channel.value) for r in resolved.recipients}
        for key, delivery in before.items():
            if key not in wanted and delivery.status is not DeliveryStatus.SENT:
                self._drop_copy(delivery)
        if resolved.nobody:
            self._hold(claimed, resolved)
            return
        to_send = [
            recipient
            for recipient in resolved.recipients
            if not _done(before.get((recipient.person.id, recipient.channel.value)))
        ]
        if not to_send:
            self._finish(claimed, OutboxStatus.SENT, None)
        for recipient in to_send:
            self._count_try(
                claimed,
                recipient,
                before.get((recipient.person.id, recipient.channel.value)),
            )

    def _count_try(
        self, claimed: Claimed, recipient: Recipient, before: Delivery | None
    ) -> None:
        number = before.attempts + 1 if before else 1
        # A copy still marked as being sent was under way when its process died.
        died = before is not None and before.status is DeliveryStatus.SENDING
        in_doubt = (before.ambiguous if before else 0) + died
        start = DeliveryStart(
            claimed.outbox_id,
            recipient.person.id,
            recipient.channel.value,
            recipient.audience.value,
            recipient.address,
            DeliveryStatus.SENDING.value,
            number,
            in_doubt,
            self._now,
        )
        (self._again if before else self._new).append(start)
        attempt = Attempt(claimed, recipient, number, in_doubt > 0, in_doubt)
        self.batch.attempts.append(attempt)

    def _drop_copy(self, delivery: Delivery) -> None:
        self._dropped.append(
            DeliveryUpdate(
                delivery.outbox_id,
                delivery.person_id,
                delivery.channel,
                DeliveryStatus.DROPPED.value,
                delivery.ambiguous,
                None,
                None,
                "no longer a reader of it",
            )
        )

    def _drop(self, claimed: Claimed, reason: str) -> None:
        self._finish(claimed, OutboxStatus.DROPPED, reason)
        body = audit.body({"message": claimed.message, "reason": reason})
        self._note(claimed, make_note(self._now, "dropped", body))

    def _hold(self, claimed: Claimed, resolved: Resolved) -> None:
        reason = resolved.nobody or ""
        self._finish(claimed, OutboxStatus.HELD, reason)
        self._note(
            claimed,
            undelivered_note(
                self._rulebook.routing, claimed, reason, resolved.fallback, self._now
            ),
        )

    def _finish(
        self, claimed: Claimed, status: OutboxStatus, reason: str | None
    ) -> None:
        self.batch.counted[status.value] += 1
        self._finished.append(
            MessageUpdate(claimed.outbox_id, status.value, reason, self._now)
        )

    def _note(self, claimed: Claimed, note: Note) -> None:
        self._notes.setdefault(claimed.change.id, []).append(note)


def why_stale(claimed: Claimed) -> str | None:
    """Why a reminder is no longer worth sending; None where it is."""
    change = claimed.change
    if claimed.while_state is None:
        return None
    if change.closed_at is not None:
        return "the change is closed"
    if change.state != claimed.while_state:
        return "it was answered meanwhile"
    return "its dates have moved" if change.plan != claimed.plan else None


def _done(delivery: Delivery | None) -> bool:
    return delivery is not None and delivery.status is DeliveryStatus.SENT
