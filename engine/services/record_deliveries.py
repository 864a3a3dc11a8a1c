"""Records what became of a group of tries, and what follows from a notice's arrival."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.domain import audit
from engine.domain.errors import TransientDeliveryError
from engine.domain.interfaces import Storage
from engine.domain.letters import Audience
from engine.domain.recipients import owner_of
from engine.domain.records import (
    DeliveryStatus,
    DeliveryUpdate,
    MessageUpdate,
    OutboxStatus,
)
from engine.domain.retry import RetryPolicy
from engine.domain.ruleset import Routing, Rulebook
from engine.services.claim_messages import Attempt
from engine.services.ledger import Note, make_note
from engine.services.message_notes import Notice, note_messages, undelivered_note


@dataclass(frozen=True, slots=True)
class Result:
    """What one try came to: the channel's reference, or an error."""

    attempt: Attempt
    reference: str | None = None
    accepted_at: datetime | None = None
    error: Exception | None = None


def record_deliveries(
    store: Storage,
    rulebook: Rulebook,
    retry: RetryPolicy,
    results: Sequence[Result],
    now: datetime,
) -> Counter[str]:
    """Write the results of whole messages; how many copies came to what."""
    recording = _Recording(rulebook.routing, retry, now)
    by_message: dict[int, list[Result]] = {}
    for result in results:
        by_message.setdefault(result.attempt.claimed.outbox_id, []).append(result)
    for group in by_message.values():
        recording.take(group)
    with store.begin() as unit:
        unit.outbox.finish_deliveries(recording.deliveries)
        unit.outbox.finish(recording.messages)
        note_messages(unit, rulebook, recording.notes, now, recording.notices)
        unit.commit()
    return recording.counted


class _Recording:
    """Collects the rows that a group of results comes to."""

    def __init__(self, routing: Routing, retry: RetryPolicy, now: datetime) -> None:
        self._routing = routing
        self._retry = retry
        self._now = now
        self.deliveries: list[DeliveryUpdate] = []
        self.messages: list[MessageUpdate] = []
        self.notes: dict[int, list[Note]] = {}
        self.notices: dict[int, Notice] = {}
        self.counted: Counter[str] = Counter()

    def take(self, group: Sequence[Result]) -> None:
        """All copies of one message."""
        tries = [self._copy(result) for result in group]
        claimed = group[0].attempt.claimed
        again = [at for status, at in tries if status is DeliveryStatus.RETRY and at]
        failed = [
            result
            for result, (status, _) in zip(group, tries, strict=True)
            if status is DeliveryStatus.FAILED
        ]
        if again:
            status, reason, at = (
                OutboxStatus.QUEUED,
                str(_first_error(group)),
                # All copies are tried together: not before any channel's own time.
                max(again),
            )
        elif failed:
            status, reason, at = OutboxStatus.HELD, str(failed[0].error), self._now
            self._tell_fallback(failed)
        else:
            status, reason, at = OutboxStatus.SENT, None, self._now
        self.messages.append(MessageUpdate(claimed.outbox_id, status.value, reason, at))

    def _copy(self, result: Result) -> tuple[DeliveryStatus, datetime | None]:
        attempt, error = result.attempt, result.error
        in_doubt, again = attempt.tries_in_doubt, None
        status = DeliveryStatus.SENT
        if error is None:
            self._accepted(result)
        else:
            again = self._retry.next_try(error, attempt.number, self._now)
            status = DeliveryStatus.RETRY if again else DeliveryStatus.FAILED
            doubtful = isinstance(error, TransientDeliveryError) and error.ambiguous
            in_doubt += doubtful
        self.counted[
            status.value if status is not DeliveryStatus.FAILED else "held"
        ] += 1
        self.deliveries.append(
            DeliveryUpdate(
                attempt.claimed.outbox_id,
                attempt.recipient.person.id,
                attempt.recipient.channel.value,
                status.value,
                in_doubt,
                result.accepted_at,
                result.reference,
                str(error) if error else None,
            )
        )
        return status, again

    def _accepted(self, result: Result) -> None:
        claimed, recipient = result.attempt.claimed, result.attempt.recipient
        counts = claimed.is_notice and recipient.audience is not Audience.COPY
        if counts and result.accepted_at is not None:
            notice = Notice(claimed.plan, result.accepted_at)
            self.notices.setdefault(claimed.change.id, notice)
        body = audit.body(
            {
                "message": claimed.message,
                "to": recipient.person.code,
                "as": recipient.audience.value,
                "channel": recipient.channel.value,
                "key": claimed.key,
                "notice": True if counts else None,
                "plan": claimed.plan if counts else None,
            }
        )
        self._note(claimed.change.id, make_note(self._now, "sent", body))

    def _tell_fallback(self, failed: Sequence[Result]) -> None:
        for result in failed:
            if result.attempt.recipient.audience is Audience.COPY:
                continue
            claimed = result.attempt.claimed
            route = self._routing.route(claimed.role, owner_of(claimed))
            self._note(
                claimed.change.id,
                undelivered_note(
                    self._routing,
                    claimed,
                    str(result.error),
                    route.fallback,
                    self._now,
                ),
            )

    def _note(self, change_id: int, note: Note) -> None:
        self.notes.setdefault(change_id, []).append(note)


def _first_error(group: Sequence[Result]) -> Exception | None:
    return next((result.error for result in group if result.error), None)
