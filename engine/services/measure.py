"""How it stands: whether the parts are well, and numbers to draw curves of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from engine.domain.access import Action, Actor
from engine.domain.errors import TacitError
from engine.domain.interfaces import Storage


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the database says, in seconds and counts."""

    clock_lag: float
    oldest_message: float
    messages: Mapping[str, int]
    webhooks: Mapping[str, int]
    inbox: Mapping[str, int]
    heartbeat_ages: Mapping[str, float]
    sign_in_failures: int


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the whole, and whether it is well."""

    ok: bool
    says: str

    def as_json(self) -> dict[str, Any]:
        return {"ok": self.ok, "says": self.says}


def measure(store: Storage, actor: Actor, now: datetime, window: timedelta) -> Numbers:
    """The numbers at this moment; failed sign-ins are counted within the window."""
    actor.must_somewhere(Action.SEE_METRICS)
    with store.begin(read_only=True) as unit:
        due = unit.changes.next_due_at()
        oldest = unit.watch.oldest_waiting()
        beats = unit.book.heartbeats()
        return Numbers(
            clock_lag=_age(due, now),
            oldest_message=_age(oldest, now),
            messages=unit.watch.messages(),
            webhooks=unit.watch.webhook_deliveries(),
            inbox=unit.inbox.counts(),
            heartbeat_ages={name: _age(at, now) for name, at in beats.items()},
            sign_in_failures=unit.watch.failures_since(now - window),
        )


def _age(at: datetime | None, now: datetime) -> float:
    """In seconds; nothing, or what is still to come, is none."""
    return max((now - at).total_seconds(), 0.0) if at else 0.0


def readiness(store: Storage) -> dict[str, Part]:
    """Whether requests can be answered."""
    try:
        with store.begin(read_only=True) as unit:
            current = unit.watch.is_current()
    except TacitError:
        # Why is in the log: the error may name the server, and anybody may ask this.
        return {"database": Part(False, "does not answer")}
    schema = Part(current, "is current" if current else "is not this version's")
    return {"database": Part(True, "answers"), "schema": schema}


def health(store: Storage, now: datetime, silent_for: timedelta) -> dict[str, Part]:
    """The same, and whether the clock runs, in this process or another."""
    parts = readiness(store)
    if not all(part.ok for part in parts.values()):
        return parts
    with store.begin(read_only=True) as unit:
        beat = unit.book.heartbeats().get("clock")
    if beat is None:
        return parts | {"clock": Part(False, "has not run here yet")}
    well = now - beat <= silent_for
    says = "runs" if well else f"was last seen at {beat:%Y-%m-%dT%H:%M:%SZ}"
    return parts | {"clock": Part(well, says)}
