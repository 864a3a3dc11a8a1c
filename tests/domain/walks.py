"""Takes a subject through time, as the services do, and remembers what happened."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from engine.domain import agenda
from engine.domain.decide import decide
from engine.domain.moments import local_day
from engine.domain.outcome import Event, Outcome, Step, StepKind, Subject
from engine.domain.ruleset import Ruleset


@dataclass
class Walk:
    """One subject under one ruleset; `steps` are what happened to it, with when."""

    ruleset: Ruleset
    subject: Subject
    steps: list[tuple[datetime, Step]] = field(default_factory=list)
    next_due_at: datetime | None = None

    def tick(self, now: datetime) -> Outcome:
        return self._take(decide(self.ruleset, self.subject, None, now), now)

    def ticks(self, times: Iterable[datetime]) -> "Walk":
        for now in times:
            self.tick(now)
        return self

    def fire(self, event: str, role: str, now: datetime) -> Outcome:
        outcome = decide(self.ruleset, self.subject, Event(event, role), now)
        return outcome if outcome.refusal else self._take(outcome, now)

    def notice_accepted(self, now: datetime) -> None:
        """The channel took a notice; the first one counts."""
        if self.subject.notice_out_at is None:
            self.subject = agenda.with_notice(self.subject, now)
            wake = agenda.wake_after_notice(self.ruleset, self.subject)
            due = [at for at in (self.next_due_at, wake) if at is not None]
            self.next_due_at = min(due, default=None)

    def plan_again(self, now: datetime, renewal_start: date) -> Outcome:
        """The date moves, and everything that follows from it with it."""
        self.subject = replace(
            self.subject,
            renewal_start=renewal_start,
            handled_until=None,
            notice_out_at=None,
            attention=None,
        )
        return self.tick(now)

    def by_itself(self, until: datetime) -> "Walk":
        """The clock comes whenever something is due, and at no other time."""
        while self.next_due_at is not None and self.next_due_at <= until:
            self.tick(self.next_due_at)
        return self

    @property
    def states(self) -> list[str]:
        """The states that were entered, in order."""
        return [step.target for _, step in self.of(StepKind.TRANSITION)]

    @property
    def reminders(self) -> list[str]:
        """The local day on which each reminder was due, of those that were sent."""
        return [
            f"{local_day(step.due_at, self.subject.zone):%Y-%m-%d}"
            for _, step in self.of(StepKind.REMINDER)
            if step.due_at is not None
        ]

    def of(self, *kinds: StepKind) -> list[tuple[datetime, Step]]:
        return [(now, step) for now, step in self.steps if step.kind in kinds]

    def _take(self, outcome: Outcome, now: datetime) -> Outcome:
        self.subject = outcome.subject
        self.next_due_at = outcome.next_due_at
        self.steps += [(now, step) for step in outcome.steps]
        return outcome


def every(step: timedelta, start: datetime, end: datetime) -> list[datetime]:
    """Times from start on, before end."""
    count = -((start - end) // step)
    return [start + number * step for number in range(count)]
