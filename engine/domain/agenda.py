"""When things fall due for one subject: its calendar row resolved to instants."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from engine.domain.guards import Fact
from engine.domain.moments import end_of_local_day, last_whole_day
from engine.domain.outcome import Subject
from engine.domain.ruleset import CalendarRow, Notice, Reminder, Ruleset, State

Instants = tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class DueReminder:
    """A reminder of the present state and one of its instants."""

    at: datetime
    reminder: Reminder


def facts_of(subject: Subject) -> dict[str, Fact]:
    """The facts that guards see."""
    return {**dict(subject.facts), "notice_out": subject.notice_out_at is not None}


def moments_of(ruleset: Ruleset, subject: Subject) -> dict[str, Instants]:
    """Every moment of the subject's calendar row, in UTC; do not change the result."""
    return _resolved(ruleset, subject.facts, subject.renewal_start, subject.zone)


@lru_cache(maxsize=50_000)
def _resolved(
    ruleset: Ruleset, facts: tuple[tuple[str, Fact], ...], start: date, zone: str
) -> dict[str, Instants]:
    return {
        name: tuple(offset.resolve(start, zone) for offset in offsets)
        for name, offsets in _row(ruleset, facts).moments.items()
    }


@lru_cache(maxsize=50_000)
def _row(ruleset: Ruleset, facts: tuple[tuple[str, Fact], ...]) -> CalendarRow:
    """The row that fits; whether a notice is out may not choose it."""
    return ruleset.row(dict(facts))


def reminders_of(state: State, instants: dict[str, Instants]) -> list[DueReminder]:
    """The state's reminders in the order in which they fall due."""
    found = [
        DueReminder(at, reminder)
        for reminder in state.remind
        for moment in reminder.moments
        for at in instants[moment]
    ]
    return sorted(found, key=lambda due: due.at)


def silence_opens_at(notice: Notice, subject: Subject) -> datetime | None:
    """From when silence counts: the notice's time, to the end of its day.

    None while no notice is out.
    """
    if subject.notice_out_at is None:
        return None
    return end_of_local_day(subject.notice_out_at + notice.out_for, subject.zone)


def closes_at(
    ruleset: Ruleset, subject: Subject, moment: str, now: datetime
) -> datetime | None:
    """Until when an event bound to a moment is open; None: not yet known.

    The moment that the notice keeps open is prolonged until the notice has been out
    for its time. Where silence waits for a notice that is not out yet, nobody can say
    until when.
    """
    at = moments_of(ruleset, subject)[moment][0]
    notice = ruleset.notice
    if notice is None or notice.keeps_open != moment:
        return at
    counts_at = silence_opens_at(notice, subject)
    if counts_at is not None:
        return max(at, counts_at)
    waits = now >= at and _silence_moments(ruleset, subject)
    return None if waits else at


def wake_after_notice(ruleset: Ruleset, subject: Subject) -> datetime | None:
    """When to look again because a notice has just been accepted.

    None where silence comes later than the notice's time anyway.
    """
    counts_at = ruleset.notice and silence_opens_at(ruleset.notice, subject)
    if not counts_at:
        return None
    instants = moments_of(ruleset, subject)
    waiting = [instants[name][0] for name in _silence_moments(ruleset, subject)]
    return counts_at if any(at < counts_at for at in waiting) else None


def _silence_moments(ruleset: Ruleset, subject: Subject) -> list[str]:
    """The moments of the present state at which silence speaks, once it was told."""
    return [
        moment
        for moment, branches in ruleset.state(subject.state).at.items()
        if any(branch.after_notice for branch in branches)
    ]


def listed_on(ruleset: Ruleset, subject: Subject) -> date:
    """The day from which a change is listed, in the customer's zone."""
    row = _row(ruleset, subject.facts)
    return subject.renewal_start + timedelta(days=row.first("listed").days)


def deadline_on(ruleset: Ruleset, subject: Subject) -> date:
    """The last whole day on which the conditions can be modified."""
    deadline = moments_of(ruleset, subject)["deadline"][0]
    return last_whole_day(deadline, subject.zone)


def with_notice(subject: Subject, notice_out_at: datetime | None) -> Subject:
    """The subject as it would be with its notice out since then."""
    return replace(subject, notice_out_at=notice_out_at)
