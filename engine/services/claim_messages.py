"""Claims queued messages, resolves their readers, and counts the tries to come."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from engine.domain import audit
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.letters import Audience
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
from engine.domain.retry import RetryPolicy
from engine.domain.ruleset import Rulebook
from engine.services.digests import Trying, can_go_together, digest_keys
from engine.services.ledger import Note, make_note
from engine.services.message_notes import note_messages, undelivered_note
from engine.services.put_prompts import put_prompts
from engine.services.wished_times import Times, read_times

_FAILED: Final = (DeliveryStatus.FAILED, DeliveryStatus.RETURNED)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One copy that is about to be sent; its try is already counted.

    `failed_beside` is why another copy of the message has failed for good, if one has.
    """

    claimed: Claimed
    claimed_until: datetime
    recipient: Recipient
    number: int
    tries_in_doubt: int
    failed_beside: str | None
    #: The prompt that it puts to its reader, if it asks something.
    prompt_id: int | None = None
    #: When the message's turn comes again for the sake of those who want it later.
    others_wait_until: datetime | None = None
    #: The key of the letter that it goes with others in, if it does.
    digest: str | None = None

    @property
    def ambiguous(self) -> bool:
        """Whether an earlier try may have arrived."""
        return self.tries_in_doubt > 0


@dataclass
class ClaimedBatch:
    """What a claim came to: copies to send, and what needed no sending."""

    taken: int = 0
    attempts: list[Attempt] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)


class ClaimPolicy(Protocol):
    """How many messages to take, for how long, and how often to try them."""

    @property
    def batch(self) -> int: ...
    @property
    def channels(self) -> Mapping[str, object]: ...
    @property
    def lease(self) -> timedelta: ...
    @property
    def retry(self) -> RetryPolicy: ...
    @property
    def leave_to_answer(self) -> timedelta: ...
    @property
    def gather_for(self) -> timedelta: ...


def claim_messages(
    store: Storage, rulebook: Rulebook, policy: ClaimPolicy, now: datetime
) -> ClaimedBatch:
    """Take due messages. Stale ones are dropped, those without a reader are held."""
    with store.begin() as unit:
        rows = unit.outbox.claim(now, now + policy.lease, policy.batch)
        if not rows:
            return ClaimedBatch()
        claim = _Claim(unit, rulebook, policy, now)
        claim.settle(rows)
        unit.commit()
    return claim.batch


class _Claim:
    """One claim in its transaction."""

    def __init__(
        self,
        unit: UnitOfWork,
        rulebook: Rulebook,
        policy: ClaimPolicy,
        now: datetime,
    ) -> None:
        self._unit = unit
        self._rulebook = rulebook
        self._policy = policy
        self._now = now
        self._until = now + policy.lease
        self.batch = ClaimedBatch()
        self._finished: list[MessageUpdate] = []
        self._notes: dict[int, list[Note]] = {}
        self._new: list[DeliveryStart] = []
        self._again: list[DeliveryStart] = []
        self._settled: list[DeliveryUpdate] = []
        self._prompts: Mapping[int, int] = {}
        self._times = Times()
        self._tried: dict[int, list[Delivery]] = {}
        self._trying: list[Trying] = []

    def settle(self, rows: Sequence[Claimed]) -> None:
        current = self._resolved(rows)
        if len(rows) == self._policy.batch:
            # Else all that is due was claimed already.
            current += self._resolved(self._more_of_their_reminders(current))
        self._prompts = put_prompts(self._unit, current, self._now)
        self._times = read_times(
            self._unit, self._rulebook, self._policy, current, self._now
        )
        for claimed, resolved in current:
            self._start(claimed, resolved, self._tried.get(claimed.outbox_id, []))
        self._try_all()
        outbox = self._unit.outbox
        outbox.start_deliveries(self._new, self._again)
        outbox.finish_deliveries(self._settled)
        outbox.finish(self._finished)
        note_messages(self._unit, self._rulebook, self._notes, self._now)

    def _resolved(self, rows: Sequence[Claimed]) -> list[tuple[Claimed, Resolved]]:
        """Those that are not stale, with their readers as the book stands now."""
        self.batch.taken += len(rows)
        book = self._address_book(rows)
        again = [row.outbox_id for row in rows if row.attempts]
        for delivery in self._unit.outbox.deliveries_of(again) if again else []:
            self._tried.setdefault(delivery.outbox_id, []).append(delivery)
        current = []
        for claimed in rows:
            if stale := why_stale(claimed):
                self._drop(claimed, self._tried.get(claimed.outbox_id, []), stale)
            else:
                routing = self._rulebook.routing
                current.append((claimed, resolve(claimed, routing, book)))
        return current

    def _more_of_their_reminders(
        self, current: Sequence[tuple[Claimed, Resolved]]
    ) -> list[Claimed]:
        """What else the readers of this batch's reminders are due to be told."""
        readers = {
            one.person.id
            for claimed, resolved in current
            if can_go_together(claimed)
            for one in resolved.recipients
        }
        if not readers or self._rulebook.routing.digest is None:
            return []
        return self._unit.outbox.claim_reminders(
            sorted(readers), self._now, self._until
        )

    def _address_book(self, rows: Sequence[Claimed]) -> AddressBook:
        wanted = {row.primary_contact_id for row in rows}
        wanted |= {row.point_of_contact_id for row in rows}
        wanted |= {row.person_id for row in rows}
        people = self._unit.book.people(sorted(id_ for id_ in wanted if id_))
        operations = self._unit.book.vendor_people("operations")
        vendor = {"operations": operations}
        return AddressBook(people, vendor, frozenset(self._policy.channels))

    def _start(
        self, claimed: Claimed, resolved: Resolved, tried: Sequence[Delivery]
    ) -> None:
        before = {(one.person_id, one.channel): one for one in tried}
        readers = {(r.person.id, r.channel.value): r for r in resolved.recipients}
        for key, one in before.items():
            if key not in readers:
                self._drop_copy(one, "no longer a reader of it")
        if not readers:
            self._hold_unless_sent(claimed, resolved.nobody or "", tried)
            return
        copies = [(reader, before.get(key)) for key, reader in readers.items()]
        failed = self._failed_for_good(claimed, copies)
        to_send = [
            (reader, delivery)
            for reader, delivery in copies
            if delivery is None or not self._is_settled(delivery)
        ]
        now, later = self._times.parted(claimed, to_send)
        for reader, delivery, _ in later:
            self._wait(claimed, reader, delivery)
        wait_until = min((at for _, _, at in later), default=None)
        self._trying += [
            Trying(claimed, reader, delivery, failed, wait_until)
            for reader, delivery in now
        ]
        if now:
            return
        if wait_until is not None:
            self._finish(claimed, OutboxStatus.QUEUED, None, wait_until)
        else:
            status = OutboxStatus.HELD if failed else OutboxStatus.SENT
            self._finish(claimed, status, failed)

    def _failed_for_good(
        self, claimed: Claimed, copies: Sequence[tuple[Recipient, Delivery | None]]
    ) -> str | None:
        """Why a copy has failed for good, if one has; gives up what has no try left."""
        reasons: list[str] = []
        for reader, delivery in copies:
            if delivery is None:
                continue
            if delivery.status in _FAILED:
                reasons.append(delivery.error or "it failed")
            elif self._has_no_try_left(delivery):
                reasons.append(self._give_up(claimed, reader, delivery))
        return next(iter(reasons), None)

    def _is_settled(self, delivery: Delivery) -> bool:
        """Whether a claim leaves a copy as it is; a release tries what failed anew."""
        settled = (DeliveryStatus.SENT, *_FAILED)
        return delivery.status in settled or self._has_no_try_left(delivery)

    def _has_no_try_left(self, delivery: Delivery) -> bool:
        """What ends its process each time is never recorded, but its tries count."""
        died = delivery.status is DeliveryStatus.SENDING
        return died and delivery.attempts >= self._policy.retry.attempts

    def _give_up(self, claimed: Claimed, reader: Recipient, delivery: Delivery) -> str:
        error = f"{delivery.attempts} tries, the last of which ended without an answer"
        self._settled.append(_settled(delivery, DeliveryStatus.FAILED, error))
        if reader.audience is not Audience.COPY:
            self._note_undelivered(claimed, error)
        return error

    def _try_all(self) -> None:
        """Count a try of each copy whose turn it is, alone or together with others."""
        keys = digest_keys(self._trying, self._rulebook.routing.digest)
        for trying, digest in zip(self._trying, keys, strict=True):
            self._count_try(trying, digest)

    def _count_try(self, trying: Trying, digest: str | None) -> None:
        claimed, recipient, before = trying.claimed, trying.recipient, trying.before
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
            digest,
        )
        (self._again if before else self._new).append(start)
        asks = recipient.audience is not Audience.COPY
        self.batch.attempts.append(
            Attempt(
                claimed,
                self._until,
                recipient,
                number,
                in_doubt,
                trying.failed_beside,
                self._prompts.get(claimed.outbox_id) if asks else None,
                trying.others_wait_until,
                digest,
            )
        )

    def _wait(
        self, claimed: Claimed, recipient: Recipient, before: Delivery | None
    ) -> None:
        """Note a copy that its reader wants later; what was tried is left as it is."""
        if before is not None:
            return
        self._new.append(
            DeliveryStart(
                claimed.outbox_id,
                recipient.person.id,
                recipient.channel.value,
                recipient.audience.value,
                recipient.address,
                DeliveryStatus.WAITING.value,
                0,
                0,
                self._now,
                None,
            )
        )

    def _drop_copy(self, delivery: Delivery, reason: str) -> None:
        if delivery.status is not DeliveryStatus.SENT:
            self._settled.append(_settled(delivery, DeliveryStatus.DROPPED, reason))

    def _drop(self, claimed: Claimed, tried: Sequence[Delivery], reason: str) -> None:
        """Drop it; what reached one reader already was sent, though not to everybody."""
        for delivery in tried:
            self._drop_copy(delivery, reason)
        sent = _is_sent(tried)
        self._finish(
            claimed, OutboxStatus.SENT if sent else OutboxStatus.DROPPED, reason
        )
        body = audit.body({"message": claimed.message, "reason": reason})
        self._note(claimed, make_note(self._now, "dropped", body))

    def _hold_unless_sent(
        self, claimed: Claimed, reason: str, tried: Sequence[Delivery]
    ) -> None:
        if _is_sent(tried):
            self._finish(claimed, OutboxStatus.SENT, None)
            return
        self._finish(claimed, OutboxStatus.HELD, reason)
        self._note_undelivered(claimed, reason)

    def _note_undelivered(self, claimed: Claimed, reason: str) -> None:
        routing = self._rulebook.routing
        self._note(claimed, undelivered_note(routing, claimed, reason, self._now))

    def _finish(
        self,
        claimed: Claimed,
        status: OutboxStatus,
        reason: str | None,
        at: datetime | None = None,
    ) -> None:
        name = "put_back" if status is OutboxStatus.QUEUED else status.value
        self.batch.counted[name] += 1
        self._finished.append(
            MessageUpdate(
                claimed.outbox_id, self._until, status.value, reason, at or self._now
            )
        )

    def _note(self, claimed: Claimed, note: Note) -> None:
        self._notes.setdefault(claimed.change.id, []).append(note)


def why_stale(claimed: Claimed) -> str | None:
    """Why a message says what is no longer so; None where it still is."""
    change = claimed.change
    if claimed.while_state is None:
        return None
    if claimed.is_reminder and change.closed_at is not None:
        return "the change is closed"
    if claimed.is_reminder and change.attention is not None:
        return "a person decides about the change"
    if change.state != claimed.while_state:
        return "the change has moved on"
    # A question that was put to one person is no reminder, but about its dates too.
    dated = claimed.is_reminder or claimed.person_id is not None
    moved = dated and change.plan != claimed.plan
    return "it was planned again since" if moved else None


def _is_sent(tried: Sequence[Delivery]) -> bool:
    return any(delivery.status is DeliveryStatus.SENT for delivery in tried)


def _settled(delivery: Delivery, status: DeliveryStatus, error: str) -> DeliveryUpdate:
    return DeliveryUpdate(
        delivery.outbox_id,
        delivery.person_id,
        delivery.channel,
        status.value,
        # One that died in its try may have sent it.
        delivery.ambiguous + (delivery.status is DeliveryStatus.SENDING),
        None,
        None,
        error,
    )
