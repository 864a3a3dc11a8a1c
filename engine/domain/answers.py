"""Which events the readers of a message can still answer with, and until when."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from engine.domain import agenda
from engine.domain.guards import Guard
from engine.domain.letters import Answer
from engine.domain.moments import last_whole_day
from engine.domain.outcome import Subject
from engine.domain.ruleset import MomentBranch, Ruleset
from engine.domain.vocabulary import CLOSING


@dataclass(frozen=True, slots=True)
class OpenAnswer:
    """An event that can be fired now, and the state that it leads to.

    `closes` is None where nothing says until when.
    """

    event: str
    closes: datetime | None
    to: str


def open_answers(
    ruleset: Ruleset,
    subject: Subject,
    events: Iterable[str],
    roles: Collection[str],
    now: datetime,
) -> list[OpenAnswer]:
    """Those of the events that somebody in one of the roles could fire now, in order.

    One that no moment bounds is open until the subject leaves its state by itself.
    """
    leaves = _leaves_at(ruleset, subject)
    if subject.closed or (leaves is not None and leaves <= now):
        return []
    found: list[OpenAnswer] = []
    for event in events:
        branches = _open_branches(ruleset, subject, event, roles, now)
        if branches:
            # Of several branches the one that is open longest can be taken.
            ends = [at for _, at in branches if at is not None]
            last = max(ends) if len(ends) == len(branches) else None
            bounds = [at for at in (last, leaves) if at is not None]
            to = branches[0][0]
            found.append(OpenAnswer(event, min(bounds, default=None), to))
    return found


def in_days(found: Iterable[OpenAnswer], zone: str) -> tuple[Answer, ...]:
    """The answers, each with the last day on which it can be given in that zone."""
    return tuple(
        Answer(
            one.event,
            last_whole_day(one.closes, zone) if one.closes else None,
            to=one.to,
        )
        for one in found
    )


def _open_branches(
    ruleset: Ruleset,
    subject: Subject,
    event: str,
    roles: Collection[str],
    now: datetime,
) -> list[tuple[str, datetime | None]]:
    """Where each branch that can be taken now leads, and until when it is open."""
    found: list[tuple[str, datetime | None]] = []
    for branch in ruleset.state(subject.state).on.get(event, ()):
        if not set(roles) & set(branch.by) or not _holds(branch.guard, subject):
            continue
        closes = branch.until and agenda.closes_at(ruleset, subject, branch.until, now)
        if not closes or closes > now:
            found.append((branch.to, closes or None))
    return found


def _leaves_at(ruleset: Ruleset, subject: Subject) -> datetime | None:
    """When the clock will move the subject on or close it, as far as can be known."""
    instants = agenda.moments_of(ruleset, subject)
    found: list[datetime] = []
    for moment, branches in ruleset.state(subject.state).at.items():
        taken = next((b for b in branches if _holds(b.guard, subject)), None)
        if taken and (at := _acts_at(ruleset, subject, taken, instants[moment][0])):
            found.append(at)
    return min(found, default=None)


def _acts_at(
    ruleset: Ruleset, subject: Subject, branch: MomentBranch, at: datetime
) -> datetime | None:
    """When a branch ends the state; None where it never does, or nobody knows when."""
    if branch.to is None and branch.do not in CLOSING:
        return None
    if not branch.after_notice or ruleset.notice is None:
        return at
    counts_at = agenda.silence_opens_at(ruleset.notice, subject)
    if counts_at is None or subject.attention is not None:
        return None
    return max(at, counts_at)


def _holds(guard: Guard | None, subject: Subject) -> bool:
    return guard is None or guard.holds(agenda.facts_of(subject))
