"""Runs the real tick and relay over a copy in memory, on a virtual clock."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.ruleset import Rulebook
from engine.services.advance_clock import advance_clock
from engine.services.relay_outbox import relay_outbox
from engine.services.send_messages import Delivering

#: What is left of the audit trail in a simulation's listing.
_SHOWN: Final = frozenset(
    {"opened", "transition", "effect", "held", "ended", "sent", "undelivered",
     "dropped", "skipped", "warned"}
)  # fmt: skip

Happening = dict[str, Any]
Progress = Callable[[datetime], None]


def simulate(
    store: Storage,
    rulebook: Rulebook,
    delivering: Delivering,
    start: datetime,
    end: datetime,
    progress: Progress | None = None,
) -> Iterator[Happening]:
    """Each transition and message between two times; nothing is sent or saved.

    `delivering` should carry recording channels. The clock jumps from one due time to
    the next, so each thing happens at its own time and not at a tick's.
    """
    copy = store.copy_in_memory()
    try:
        yield from run_span(copy, rulebook, delivering, start, end, progress)
    finally:
        copy.close()


def run_span(
    store: Storage,
    rulebook: Rulebook,
    delivering: Delivering,
    start: datetime,
    end: datetime,
    on_time: Progress | None = None,
) -> Iterator[Happening]:
    """The same on the store itself: what it does is saved, and what it tells is sent.

    `on_time` is told each virtual time before anything happens at it.
    """
    now: datetime | None = start
    while now is not None and now < end:
        if on_time:
            on_time(now)
        yield from _happenings(store, rulebook, delivering, now)
        now = _next_time(store, now)


def _happenings(
    store: Storage, rulebook: Rulebook, delivering: Delivering, now: datetime
) -> Iterator[Happening]:
    with store.begin(read_only=True) as unit:
        before = unit.audit.last_id()
    advance_clock(store, rulebook, now)
    relay_outbox(store, rulebook, delivering, lambda: now)
    with store.begin(read_only=True) as unit:
        yield from _since(unit, before)


def _since(unit: UnitOfWork, before: int) -> Iterator[Happening]:
    entries = [e for e in unit.audit.since(before) if e[0] == "change"]
    rows = {row.id: row for row in unit.changes.by_ids(sorted({e[1] for e in entries}))}
    customers = unit.book.customer_views({row.customer_id for row in rows.values()})
    for _, id_, at, kind, body in entries:
        if kind in _SHOWN:
            row = rows[id_]
            yield {
                "at": at,
                "change": row.code,
                "customer": customers[row.customer_id]["name"],
                "kind": kind,
                **json.loads(body),
            }


def _next_time(store: Storage, now: datetime) -> datetime | None:
    with store.begin(read_only=True) as unit:
        times = (unit.changes.next_due_at(), unit.outbox.next_try_at())
    return min((at for at in times if at is not None and at > now), default=None)
