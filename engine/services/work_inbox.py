"""Works on what came in: each thing once, with all that follows from it or not at all.

Claiming is a short transaction of its own, for a lease. What a thing leads to and that
it is done are one transaction, so a process that dies in between has changed nothing,
and whoever finds its lease run out begins anew.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from engine.domain.errors import TransientDeliveryError
from engine.domain.inbox import Handled, InboxItem, InboxStatus, Source
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.records import Counts
from engine.domain.retry import RetryPolicy

Clock = Callable[[], datetime]
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]+")
_LONGEST_REASON: Final = 500


class Handler(Protocol):
    """Does what follows from one thing, within the unit of work that ends it."""

    def __call__(self, unit: UnitOfWork, item: InboxItem, now: datetime) -> Handled:
        """What came of it; an error undoes all, and it is tried again later."""


@dataclass(frozen=True)
class Working:
    """What the inbox needs besides the store; wired once."""

    handlers: Mapping[Source, Handler]
    retry: RetryPolicy
    lease: timedelta


def work_inbox(
    store: Storage,
    working: Working,
    clock: Clock,
    *,
    should_stop: Callable[[], bool] = lambda: False,
    progress: Callable[[int], None] | None = None,
) -> Counts:
    """Work on all whose time has come; how many came to what.

    Never raises for what a thing holds: one that cannot be worked on is put back with
    growing waits, and after so many tries waits for a person to see it.
    """
    counts = Counts({"done": 0, "waiting": 0, "put_back": 0, "failed": 0})
    while not should_stop():
        item = _claim(store, working.lease, clock())
        if item is None:
            break
        counts = counts.plus({_work_on(store, working, item, clock()): 1})
        if progress is not None:
            progress(1)
    return counts


def _claim(store: Storage, lease: timedelta, now: datetime) -> InboxItem | None:
    # Looked at every second, and mostly empty: no writer is to wait for that.
    with store.begin(read_only=True) as unit:
        if not unit.inbox.has_due(now):
            return None
    with store.begin() as unit:
        item = unit.inbox.claim(now, now + lease)
        unit.commit()
    return item


def _work_on(store: Storage, working: Working, item: InboxItem, now: datetime) -> str:
    if item.attempts > working.retry.attempts:
        # Whatever ends its process each time is never recorded, but its tries count.
        return _give_up(store, item, "each try ended without an answer")
    try:
        handled = _handle(store, working, item, now)
    except Exception as error:
        return _put_back(store, working.retry, item, error, now)
    if handled is None:
        return "left"
    if handled.after is not None:
        try:
            handled.after()
        except Exception:
            # It is done all the same; what must not be lost is in the outbox.
            return "done_silently"
    return handled.status.value


def _handle(
    store: Storage, working: Working, item: InboxItem, now: datetime
) -> Handled | None:
    """Do what follows, and end it; None where somebody else took it over meanwhile."""
    with store.begin() as unit:
        present = unit.inbox.one(item.id)
        if present is None or not _is_ours(item, present):
            return None
        handled = working.handlers[item.source](unit, item, now)
        unit.inbox.finish(item.id, handled.status, handled.reason)
        unit.commit()
    return handled


def _is_ours(claimed: InboxItem, present: InboxItem) -> bool:
    """Whether the claim still stands: each one counts a try."""
    is_working = present.status is InboxStatus.WORKING
    return is_working and present.attempts == claimed.attempts


def _put_back(
    store: Storage,
    retry: RetryPolicy,
    item: InboxItem,
    error: Exception,
    now: datetime,
) -> str:
    # No database takes every character that an error may quote.
    said = _CONTROL.sub(" ", f"{type(error).__name__}: {error}")
    reason = said[:_LONGEST_REASON]
    again = retry.next_try(TransientDeliveryError(reason), item.attempts, now)
    if again is None:
        return _give_up(store, item, reason)
    try:
        with store.begin() as unit:
            unit.inbox.put_back(item.id, reason, again)
            unit.commit()
    except Exception:
        # The database does not answer: the lease runs out, and it is tried again.
        return "left"
    return "put_back"


def _give_up(store: Storage, item: InboxItem, reason: str) -> str:
    try:
        with store.begin() as unit:
            present = unit.inbox.one(item.id)
            if present is None or not _is_ours(item, present):
                return "left"
            unit.inbox.finish(item.id, InboxStatus.FAILED, reason)
            unit.commit()
    except Exception:
        return "left"
    return InboxStatus.FAILED.value
