"""The relay: delivers what is queued, a claimed batch at a time.

Claiming, sending and recording are three steps: the first and the last are short
transactions, and no transaction is open while a channel is spoken to.
"""

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
from engine.domain.interfaces import Channel, Renderer, Storage
from engine.domain.letter_values import Vendor, letter_values
from engine.domain.letters import Letter, LetterRequest
from engine.domain.records import Counts
from engine.domain.retry import RetryPolicy
from engine.domain.ruleset import Rulebook
from engine.services.claim_messages import Attempt, claim_messages
from engine.services.record_deliveries import Result, record_deliveries

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
    batch: int = 500
    record_every: int = 100


def relay_outbox(
    store: Storage,
    rulebook: Rulebook,
    delivering: Delivering,
    clock: Clock,
    *,
    should_stop: Callable[[], bool] = lambda: False,
    progress: Callable[[int], None] | None = None,
) -> Counts:
    """Deliver all that is due by `clock`; what was done, by kind."""
    counts = Counts({"sent": 0, "retry": 0, "held": 0, "dropped": 0})
    with ThreadPoolExecutor(delivering.workers, "relay") as pool:
        while not should_stop():
            claimed_at = clock()
            claimed = claim_messages(store, rulebook, delivering, claimed_at)
            counts = counts.plus(claimed.counted)
            if not claimed.taken:
                break
            until = claimed_at + delivering.lease
            for results in _send_all(
                pool, rulebook, delivering, claimed.attempts, clock, until
            ):
                done = record_deliveries(
                    store, rulebook, delivering.retry, results, clock()
                )
                counts = counts.plus(done)
            if progress:
                progress(claimed.taken)
    return counts


def _send_all(
    pool: ThreadPoolExecutor,
    rulebook: Rulebook,
    delivering: Delivering,
    attempts: Sequence[Attempt],
    clock: Clock,
    until: datetime,
) -> Iterator[list[Result]]:
    """Send every message's copies; results come in groups, a message never split."""
    by_message: dict[int, list[Attempt]] = {}
    for attempt in attempts:
        by_message.setdefault(attempt.claimed.outbox_id, []).append(attempt)
    shares = [*_shares([*by_message.values()], delivering.workers)]
    done: SimpleQueue[Future[list[Result]]] = SimpleQueue()
    for share in shares:
        sent = pool.submit(_send_share, rulebook, delivering, share, clock, until)
        sent.add_done_callback(done.put)
    group: list[Result] = []
    for left in reversed(range(len(shares))):
        group += done.get().result()
        # What else is done by now is recorded along: it costs one commit, not several.
        enough = len(group) >= delivering.record_every and done.empty()
        if group and (enough or not left):
            yield group
            group = []


def _shares(
    messages: Sequence[Sequence[Attempt]], workers: int
) -> Iterator[Sequence[Sequence[Attempt]]]:
    """A few messages at a time: to hand over each alone costs as much as to render it.

    Small enough that no worker is left with much to do when the others are done.
    """
    size = max(1, min(_LARGEST_SHARE, len(messages) // (4 * workers)))
    for start in range(0, len(messages), size):
        yield messages[start : start + size]


def _send_share(
    rulebook: Rulebook,
    delivering: Delivering,
    share: Sequence[Sequence[Attempt]],
    clock: Clock,
    until: datetime,
) -> list[Result]:
    return [
        result
        for copies in share
        for result in _send_copies(rulebook, delivering, copies, clock, until)
    ]


def _send_copies(
    rulebook: Rulebook,
    delivering: Delivering,
    copies: Sequence[Attempt],
    clock: Clock,
    until: datetime,
) -> list[Result]:
    """All copies of one message, or none where its turn came after its claim."""
    if clock() >= until:
        return []  # Another relay may have taken it over: two would send it twice.
    return [_send(rulebook, delivering, attempt, clock) for attempt in copies]


def _send(
    rulebook: Rulebook, delivering: Delivering, attempt: Attempt, clock: Clock
) -> Result:
    """One try; every failure becomes a result, so that no message is forgotten."""
    try:
        letter = _letter(rulebook, delivering, attempt, clock())
        channel = delivering.channels.get(attempt.recipient.channel)
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
        # One message that nobody thought of must not keep the others' results from
        # being recorded: they would all be sent again.
        sentence = f"{type(error).__name__}: {error}"
        return Result(attempt, error=TransientDeliveryError(sentence, ambiguous=True))
    return Result(attempt, reference=receipt.reference, accepted_at=clock())


def _letter(
    rulebook: Rulebook, delivering: Delivering, attempt: Attempt, now: datetime
) -> Letter:
    recipient, claimed = attempt.recipient, attempt.claimed
    values = letter_values(rulebook, delivering.vendor, claimed, recipient, now)
    person = recipient.person
    request = LetterRequest(
        claimed.message, recipient.audience, person.language, values, recipient.channel
    )
    return Letter(
        key=f"{claimed.key}/{person.code}/{recipient.channel}",
        address=recipient.address,
        recipient_name=person.name,
        language=person.language,
        rendered=delivering.renderer.render(request),
        attempt=attempt.number,
        ambiguous=attempt.ambiguous,
    )
