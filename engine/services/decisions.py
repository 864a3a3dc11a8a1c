"""Decides what the clock brings at one time; equal subjects share one decision."""

from datetime import datetime

from engine.domain.decide import decide, hold
from engine.domain.outcome import Outcome, Subject
from engine.domain.ruleset import Ruleset


class Decisions:
    """Most of a day's changes share a few decisions."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._made: dict[tuple[Ruleset, Subject], Outcome] = {}

    def of(self, ruleset: Ruleset, subject: Subject) -> Outcome:
        outcome = self._made.get((ruleset, subject))
        if outcome is None:
            outcome = _decide(ruleset, subject, self._now)
            self._made[(ruleset, subject)] = outcome
        return outcome


def _decide(ruleset: Ruleset, subject: Subject, now: datetime) -> Outcome:
    """One subject that nobody thought of must not stop the clock for all others."""
    try:
        return decide(ruleset, subject, None, now)
    except Exception as error:
        return hold(subject, f"{type(error).__name__}: {error}", now)
