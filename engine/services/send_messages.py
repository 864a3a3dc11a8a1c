"""Sends claimed messages in a pool of threads; every try comes back as a result."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from queue import SimpleQueue
from typing import Final

from engine.domain.errors import (
    DeliveryError,
    PermanentDeliveryError,
    TacitError,
    TransientDeliveryError,
)
from engine.domain.interfaces import Channel, Renderer
from engine.domain.letter_values import Vendor, letter_values
from engine.domain.letters import Letter, LetterRequest
from engine.domain.retry import RetryPolicy
from engine.domain.ruleset import Rulebook
from engine.services.claim_messages import Attempt
from engine.services.record_deliveries import Result

Clock = Callable[[], datetime]
_LARGEST_SHARE: Final = 8


@dataclass(frozen=True)
class Delivering:
    """All that the relay needs besides the store; wired once."""

    channels: Mapping[str, Channel]
    renderer: Renderer
    vendor: Vendor
    retry: RetryPolicy
    lease: timedelta
    workers: int
    batch: int = 200
    record_every: int = 100


class Senders:
    """Threads that send what they are handed.

    They touch no database: `results` is how what they did comes back.
    """

    def __init__(
        self,
        pool: ThreadPoolExecutor,
        rulebook: Rulebook,
        delivering: Delivering,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._rulebook = rulebook
        self._delivering = delivering
        self._clock = clock
        self._done: SimpleQueue[Future[list[Result]]] = SimpleQueue()
        self._sizes: dict[Future[list[Result]], int] = {}
        #: How many messages were handed over and have not come back yet.
        self.busy_with = 0

    def hand_over(self, attempts: Sequence[Attempt], until: datetime) -> None:
        """Send these; what has not had its turn by `until` is left to its next claim."""
        by_message: dict[int, list[Attempt]] = {}
        for attempt in attempts:
            by_message.setdefault(attempt.claimed.outbox_id, []).append(attempt)
        for share in _shares([*by_message.values()], self._delivering.workers):
            self.busy_with += len(share)
            future = self._pool.submit(self._send_share, share, until)
            self._sizes[future] = len(share)
            future.add_done_callback(self._done.put)

    def results(self, least: int) -> list[Result]:
        """At least so many results, if so many are still to come, and all there are.

        A message is never split. What is done by now costs no commit of its own.
        """
        found: list[Result] = []
        while self.busy_with and (len(found) < least or not self._done.empty()):
            future = self._done.get()
            self.busy_with -= self._sizes.pop(future)
            found += future.result()
        return found

    def _send_share(
        self, share: Sequence[Sequence[Attempt]], until: datetime
    ) -> list[Result]:
        return [
            self._send(attempt)
            for copies in share
            # Past its time another relay may have it: two would send it twice.
            if self._clock() < until
            for attempt in copies
        ]

    def _send(self, attempt: Attempt) -> Result:
        """One try; every failure becomes a result, so that no message is forgotten."""
        try:
            letter = self._letter(attempt)
            channel = self._delivering.channels.get(attempt.recipient.channel)
            if channel is None:
                raise PermanentDeliveryError(
                    f"{attempt.recipient.channel} is not configured"
                )
            receipt = channel.send(letter)
        except DeliveryError as error:
            return Result(attempt, error=error)
        except TacitError as error:
            return Result(attempt, error=PermanentDeliveryError(str(error)))
        except Exception as error:
            # One message that nobody thought of must not keep the others' results
            # from being recorded: they would all be sent again.
            sentence = f"{type(error).__name__}: {error}"
            failure = TransientDeliveryError(sentence, ambiguous=True)
            return Result(attempt, error=failure)
        return Result(attempt, reference=receipt.reference, accepted_at=self._clock())

    def _letter(self, attempt: Attempt) -> Letter:
        recipient, claimed = attempt.recipient, attempt.claimed
        vendor, now = self._delivering.vendor, self._clock()
        values = letter_values(self._rulebook, vendor, claimed, recipient, now)
        person, audience, channel = (
            recipient.person,
            recipient.audience,
            recipient.channel,
        )
        request = LetterRequest(
            claimed.message, audience, person.language, values, channel
        )
        return Letter(
            key=f"{claimed.key}/{person.code}/{channel}",
            address=recipient.address,
            recipient_name=person.name,
            language=person.language,
            rendered=self._delivering.renderer.render(request),
            attempt=attempt.number,
            ambiguous=attempt.ambiguous,
        )


def _shares(
    messages: Sequence[Sequence[Attempt]], workers: int
) -> Iterator[Sequence[Sequence[Attempt]]]:
    """A few messages at a time: to hand over each alone costs as much as to render it.

    Small enough that no worker is left with much to do when the others are done.
    """
    size = max(1, min(_LARGEST_SHARE, len(messages) // (4 * workers)))
    for start in range(0, len(messages), size):
        yield messages[start : start + size]
