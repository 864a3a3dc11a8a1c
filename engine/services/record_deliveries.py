"""Records what became of a group of tries, and what follows from a notice's arrival."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from engine.domain import audit
from engine.domain.errors import TransientDeliveryError
from engine.domain.interfaces import Storage
from engine.domain.letters import Audience
from engine.domain.records import (
    DeliveryStatus,
    DeliveryUpdate,
    MessageUpdate,
    NotTried,
    OutboxStatus,
)
from engine.domain.retry import RetryPolicy
from engine.domain.ruleset import Routing, Rulebook
from engine.services.claim_messages import Attempt
from engine.services.ledger import Note, make_note
from engine.services.message_notes import Notice, note_messages, undelivered_note

_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]+")
_LONGEST_ERROR: Final = 500


@dataclass(frozen=True, slots=True)
class Result:
    """What one try came to: the channel's reference, or an error.

    `put_back_until`: the try was not made after all, and is to be made from then on.
    """

    attempt: Attempt
    reference: str | None = None
    accepted_at: datetime | None = None
    error: Exception | None = None
    put_back_until: datetime | None = None


def record_deliveries(
    store: Storage,
    rulebook: Rulebook,
    retry: RetryPolicy,
    results: Sequence[Result],
    now: datetime,
) -> Counter[str]:
    """Write the results of whole messages; how many copies came to what."""
    recording = _Recording(rulebook.routing, retry, now)
    for group in by_message(results):
        recording.take(group)
    with store.begin() as unit:
        # The changes first, as edits lock them: each would wait for the other else.
        note_messages(unit, rulebook, recording.notes, now, recording.notices)
        unit.outbox.finish_deliveries(recording.deliveries)
        unit.outbox.take_back(recording.not_tried)
        unit.outbox.finish(recording.messages)
        unit.commit()
    return recording.counted


def by_message(results: Sequence[Result]) -> list[list[Result]]:
    """The results of each message together."""
    found: dict[int, list[Result]] = {}
    for result in results:
        found.setdefault(result.attempt.claimed.outbox_id, []).append(result)
    return [*found.values()]


class _Recording:
    """Collects the rows that a group of results comes to."""

    def __init__(self, routing: Routing, retry: RetryPolicy, now: datetime) -> None:
        self._routing = routing
        self._retry = retry
        self._now = now
        self.deliveries: list[DeliveryUpdate] = []
        self.not_tried: list[NotTried] = []
        self.messages: list[MessageUpdate] = []
        self.notes: dict[int, list[Note]] = {}
        self.notices: dict[int, Notice] = {}
        self.counted: Counter[str] = Counter()

    def take(self, group: Sequence[Result]) -> None:
        """All copies of one message that were to be tried."""
        again = [at for result in group if (at := self._copy(result)) is not None]
        first = group[0].attempt
        reason = _first_error(group) or first.failed_beside
        if again:
            # All copies are tried together: not before any channel's own time.
            status, at = OutboxStatus.QUEUED, max(again)
        elif first.others_wait_until is not None:
            status, at = OutboxStatus.QUEUED, first.others_wait_until
        else:
            status = OutboxStatus.HELD if reason else OutboxStatus.SENT
            at = self._now
        self.messages.append(
            MessageUpdate(
                first.claimed.outbox_id, first.claimed_until, status.value, reason, at
            )
        )

    def _copy(self, result: Result) -> datetime | None:
        """Record one copy; when it is to be tried again, if it is."""
        if result.put_back_until is not None:
            self._put_back(result)
            return result.put_back_until
        attempt, error = result.attempt, result.error
        again = error and self._retry.next_try(error, attempt.number, self._now)
        if error is None:
            status = DeliveryStatus.SENT
            self._accepted(result)
        elif again:
            status = DeliveryStatus.RETRY
        else:
            status = DeliveryStatus.FAILED
            self._failed(result)
        self._finish(result, status)
        return again or None

    def _finish(self, result: Result, status: DeliveryStatus) -> None:
        attempt, error = result.attempt, result.error
        doubtful = isinstance(error, TransientDeliveryError) and error.ambiguous
        name = "held" if status is DeliveryStatus.FAILED else status.value
        self.counted[name] += 1
        self.deliveries.append(
            DeliveryUpdate(
                attempt.claimed.outbox_id,
                attempt.recipient.person.id,
                attempt.recipient.channel.value,
                status.value,
                attempt.tries_in_doubt + doubtful,
                result.accepted_at,
                result.reference,
                _sentence(error),
                None if attempt.claimed.asks else result.accepted_at,
            )
        )

    def _put_back(self, result: Result) -> None:
        attempt = result.attempt
        self.counted["put_back"] += 1
        self.not_tried.append(
            NotTried(
                attempt.claimed.outbox_id,
                attempt.recipient.person.id,
                attempt.recipient.channel.value,
                attempt.number,
                attempt.number - 1,
                attempt.tries_in_doubt,
                DeliveryStatus.RETRY.value,
                _sentence(result.error),
            )
        )

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

    def _failed(self, result: Result) -> None:
        claimed = result.attempt.claimed
        if result.attempt.recipient.audience is not Audience.COPY:
            reason = _sentence(result.error) or ""
            note = undelivered_note(self._routing, claimed, reason, self._now)
            self._note(claimed.change.id, note)

    def _note(self, change_id: int, note: Note) -> None:
        self.notes.setdefault(change_id, []).append(note)


def _first_error(group: Sequence[Result]) -> str | None:
    return next((_sentence(one.error) for one in group if one.error), None)


def _sentence(error: Exception | None) -> str | None:
    """What an error says, without what a server may have put between the words."""
    if error is None:
        return None
    return _CONTROL.sub(" ", str(error))[:_LONGEST_ERROR]
