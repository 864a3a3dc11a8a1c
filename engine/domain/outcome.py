"""What `decide` takes and gives: plain values that can be compared and shared."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from engine.domain.guards import Fact
from engine.domain.ruleset import Telling


@dataclass(frozen=True, slots=True)
class Subject:
    """All that a decision reads of one subject; equal subjects decide alike.

    `facts` are those that the ruleset's guards read, sorted by name, without
    `notice_out`, which follows from `notice_out_at`. `handled_until` is the instant up
    to which everything due was dealt with; None where nothing was yet.
    """

    state: str
    renewal_start: date
    zone: str
    facts: tuple[tuple[str, Fact], ...] = ()
    handled_until: datetime | None = None
    notice_out_at: datetime | None = None
    attention: str | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """Somebody fires an event, in a role."""

    name: str
    role: str


class StepKind(StrEnum):
    """What an audit entry records."""

    TRANSITION = "transition"  #: the state changed, or was entered again
    EFFECT = "effect"  #: a moment had an effect, or told somebody, in the same state
    REMINDER = "reminder"  #: a reminder was queued
    SKIPPED = "skipped"  #: reminders were too late to be sent
    HELD = "held"  #: a person is needed


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a subject, as the audit trail keeps it.

    `name` is the event or the moment. `stands_for` are overdue reminders that this
    step takes the place of, each as message and instant.
    """

    kind: StepKind
    name: str
    source: str
    target: str
    why: str = ""
    due_at: datetime | None = None
    do: str | None = None
    tells: tuple[Telling, ...] = ()
    stands_for: tuple[str, ...] = ()


class RefusalReason(StrEnum):
    """Why an event was refused; `notifiers/wording` has the sentences."""

    NOT_POSSIBLE = "not_possible_here"  #: the state has no such event
    NOT_PERMITTED = "not_permitted"  #: this role may not fire it
    TOO_LATE = "too_late"  #: the moment it was open until is over
    CLOSED = "closed"  #: nothing more happens to this subject


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that changed nothing, and the values its sentence needs."""

    reason: RefusalReason
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trace:
    """One thing that was considered, and what came of it."""

    considered: str
    result: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What follows: the steps in order, and the subject as it is after them."""

    subject: Subject
    steps: tuple[Step, ...] = ()
    next_due_at: datetime | None = None
    refusal: Refusal | None = None
    trace: tuple[Trace, ...] = ()
