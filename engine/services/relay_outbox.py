"""The relay: delivers what is queued, a claimed batch at a time.

Claiming, sending and recording are three steps: the first and the last are short
transactions, and no transaction is open while a channel is spoken to. While one batch
is being sent the next is claimed, so that no sender waits for the database.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Final

from engine.domain.interfaces import Storage
from engine.domain.records import Counts
from engine.domain.ruleset import Rulebook
from engine.services.claim_messages import claim_messages
from engine.services.record_deliveries import (
    Result,
    by_message,
    record_deliveries,
)
from engine.services.send_messages import Clock, Delivering, Senders

#: A deadlock or a locked database passes, and what is not recorded goes out again.
_RECORD_TRIES: Final = 5


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
    counts = Counts({"sent": 0, "retry": 0, "put_back": 0, "held": 0, "dropped": 0})
    with ThreadPoolExecutor(delivering.workers, "relay") as pool:
        senders = Senders(pool, rulebook, delivering, clock)
        while True:
            taken = 0
            if senders.busy_with <= delivering.batch // 2 and not should_stop():
                now = clock()
                claimed = claim_messages(store, rulebook, delivering, now)
                senders.hand_over(claimed.attempts, now + delivering.fresh_for)
                counts, taken = counts.plus(claimed.counted), claimed.taken
            if not taken and not senders.busy_with:
                return counts
            if results := senders.results(delivering.record_every):
                counts = counts.plus(
                    _record(store, rulebook, delivering, results, clock)
                )
            if progress:
                progress(len(results))


def _record(
    store: Storage,
    rulebook: Rulebook,
    delivering: Delivering,
    results: Sequence[Result],
    clock: Clock,
) -> Counter[str]:
    """Record the results together; where that cannot be, message by message.

    One that cannot be recorded must not have all the others sent again. It is tried
    again after its lease, until its tries are used up.
    """
    record = partial(record_deliveries, store, rulebook, delivering.retry)
    for _ in range(_RECORD_TRIES - 1):
        # Whatever it is: what was sent is sent, and forgetting it sends it again.
        with suppress(Exception):
            return record(results, clock())
    counted, failures = Counter[str](), list[Exception]()
    for group in by_message(results):
        try:
            counted += record(group, clock())
        except Exception as error:
            failures.append(error)
        if len(failures) == _RECORD_TRIES:
            break  # It is not the messages, then.
    if failures:
        raise failures[0]
    return counted
