"""Makes the calls of webhooks: each tried for itself, with no transaction open."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from engine.domain.account_interfaces import Caller
from engine.domain.errors import DeliveryError
from engine.domain.interfaces import Storage
from engine.domain.records import Counts
from engine.domain.retry import RetryPolicy
from engine.domain.webhooks import Call

_SIDE_BY_SIDE: Final = 8
#: An endpoint's turn in one pass, in longest calls: a slow one does not starve others.
_TURN: Final = 3
#: How long a call may be somebody's who died, in longest calls.
_LEASE: Final = 6


@dataclass(frozen=True)
class Calling:
    """How calls are made: by what, how long one may take, how patiently."""

    caller: Caller
    timeout: timedelta
    retry: RetryPolicy


def call_webhooks(
    store: Storage,
    calling: Calling,
    clock: Callable[[], datetime],
    *,
    should_stop: Callable[[], bool] = lambda: False,
    progress: Callable[[int], None] = lambda _done: None,
) -> Counts:
    """Make the calls whose time has come; what came of them, by kind.

    An endpoint that failed is left alone until the next pass.
    """
    with store.begin(read_only=True) as unit:
        ids = [hook.id for hook in unit.webhooks.all() if hook.disabled_at is None]
    counts = Counts({"sent": 0, "retry": 0, "held": 0})

    def turn(id_: int) -> dict[str, int]:
        return _turn(store, calling, clock, id_, lambda: _step(should_stop, progress))

    with ThreadPoolExecutor(_SIDE_BY_SIDE, "webhooks") as pool:
        for done in pool.map(turn, ids):
            counts = counts.plus(done)
    return counts


def _step(should_stop: Callable[[], bool], progress: Callable[[int], None]) -> bool:
    progress(1)
    return should_stop()


def _turn(
    store: Storage,
    calling: Calling,
    clock: Callable[[], datetime],
    id_: int,
    is_over: Callable[[], bool],
) -> dict[str, int]:
    """One endpoint's calls, in the order of the trail, until one fails."""
    done, until = {"sent": 0, "retry": 0, "held": 0}, clock() + _TURN * calling.timeout
    while clock() < until and not is_over():
        call = _claim(store, calling, id_, clock())
        if call is None:
            break
        outcome = _make(store, calling, call, clock)
        done[outcome] += 1
        if outcome != "sent":
            break
    return done


def _claim(store: Storage, calling: Calling, id_: int, now: datetime) -> Call | None:
    with store.begin() as unit:
        call = unit.webhooks.claim(id_, now, now + _LEASE * calling.timeout)
        if call is not None:
            unit.commit()
    return call


def _make(
    store: Storage, calling: Calling, call: Call, clock: Callable[[], datetime]
) -> str:
    try:
        calling.caller.call(call, clock())
    except DeliveryError as error:
        return _failed(store, calling, call, error, clock())
    with store.begin() as unit:
        unit.webhooks.finish(call.id, clock())
        unit.commit()
    return "sent"


def _failed(
    store: Storage, calling: Calling, call: Call, error: DeliveryError, now: datetime
) -> str:
    next_try_at = calling.retry.next_try(error, call.attempts, now)
    with store.begin() as unit:
        unit.webhooks.fail(call.id, str(error), next_try_at)
        unit.commit()
    return "held" if next_try_at is None else "retry"
