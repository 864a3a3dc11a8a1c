"""Why a change is where it is: what it waits for, with the values that decide."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from engine.domain import agenda, answers
from engine.domain.access import Action, Actor
from engine.domain.agenda import Instants
from engine.domain.guards import Fact, Guard
from engine.domain.interfaces import Storage
from engine.domain.moments import local_day
from engine.domain.outcome import Step, Subject
from engine.domain.records import ChangeRow
from engine.domain.ruleset import MomentBranch, Rulebook, Ruleset
from engine.services.fire_event import role_of
from engine.services.foresee_readers import Directory, Readers, directory
from engine.services.show_change import possible_events, steps_ahead


@dataclass(frozen=True, slots=True)
class Answerable:
    """An event that can be fired now: by whom, until when, and whether by the actor."""

    event: str
    to: str
    by: tuple[str, ...]
    until: datetime | None
    is_mine: bool


@dataclass(frozen=True, slots=True)
class Planned:
    """One step of the plan ahead, with those who would be told as things are."""

    at: datetime
    step: Step
    tells: tuple[tuple[str, Readers], ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A guard of the rules, with the values that it reads."""

    text: str
    holds: bool
    values: tuple[tuple[str, Fact], ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """What a moment of the present state leads to, and what keeps it from that.

    `waits_until` is when silence counts; where it `needs_notice`, nobody can say. Of
    several branches of a moment the first whose condition holds `is_taken`.
    """

    moment: str
    at: datetime
    to: str | None
    do: str | None
    why: str
    condition: Condition | None
    needs_notice: bool
    waits_until: datetime | None
    is_taken: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """A day of the calendar, on the strip of time."""

    moment: str
    at: datetime
    day: date
    days_before: int
    messages: tuple[str, ...]  # reminders that fall due then


@dataclass(frozen=True)
class Story:
    """All that explains one change, as one moment sees it."""

    ruleset: Ruleset
    row: ChangeRow
    today: date
    answers: tuple[Answerable, ...]
    plan: tuple[Planned, ...]
    branches: tuple[Branch, ...]
    marks: tuple[Mark, ...]
    owner_readers: Readers
    partner_name: str | None


def explain_change(
    store: Storage,
    rulebook: Rulebook,
    code: str,
    now: datetime,
    actor: Actor,
    channels: Collection[str],
) -> Story:
    """What explains a change; NotFoundError where the actor may not see it."""
    with store.begin(read_only=True) as unit:
        row = unit.changes.by_code(code)
        actor.must(Action.SEE_CHANGES, row.place, "change", code)
        found = directory(unit, rulebook.routing, [row.customer_id], channels)
        role = None
        if actor.person_id is not None and actor.may(Action.ANSWER, row.place):
            role = role_of(unit.book.people([actor.person_id])[actor.person_id], row)
    ruleset = rulebook.machines[row.type]
    subject = row.subject(ruleset)
    return Story(
        ruleset,
        row,
        local_day(now, row.zone),
        tuple(_answers(ruleset, row, role, now)),
        tuple(_plan(ruleset, row, found, now)),
        tuple(_branches(ruleset, row, subject)),
        tuple(_marks(ruleset, row, subject)),
        found.told(row, "owner"),
        found.customers[row.customer_id]["partner_name"],
    )


def _answers(
    ruleset: Ruleset, row: ChangeRow, role: str | None, now: datetime
) -> Iterator[Answerable]:
    for one in possible_events(ruleset, row, now):
        mine = role is not None and bool(
            answers.open_answers(
                ruleset, row.subject(ruleset), [one["event"]], [role], now
            )
        )
        by = tuple(one["by"])
        yield Answerable(one["event"], one["to"], by, one["until"], mine and role in by)


def _plan(
    ruleset: Ruleset, row: ChangeRow, found: Directory, now: datetime
) -> Iterator[Planned]:
    for at, step in steps_ahead(ruleset, row, now):
        tells = tuple(
            (telling.message, found.told(row, telling.to, telling.channel))
            for telling in step.tells
        )
        yield Planned(at, step, tells)


def _branches(ruleset: Ruleset, row: ChangeRow, subject: Subject) -> Iterator[Branch]:
    if row.closed_at is not None:
        return
    instants = agenda.moments_of(ruleset, subject)
    for moment, branches in ruleset.state(row.state).at.items():
        facts = agenda.facts_of(subject)
        holding = [one for one in branches if not one.guard or one.guard.holds(facts)]
        for branch in branches:
            found = _branch(ruleset, subject, moment, instants[moment], branch)
            yield replace(found, is_taken=branch in holding[:1])


def _branch(
    ruleset: Ruleset,
    subject: Subject,
    moment: str,
    instants: Instants,
    branch: MomentBranch,
) -> Branch:
    waits = branch.after_notice and ruleset.notice is not None
    opens_at = None
    if waits and ruleset.notice is not None:
        opens_at = agenda.silence_opens_at(ruleset.notice, subject)
    return Branch(
        moment,
        instants[0],
        branch.to,
        branch.do,
        branch.why,
        _condition(branch.guard, subject),
        waits and opens_at is None,
        opens_at,
        is_taken=False,
    )


def _condition(guard: Guard | None, subject: Subject) -> Condition | None:
    if guard is None:
        return None
    facts = agenda.facts_of(subject)
    values = tuple((name, facts.get(name)) for name in sorted(guard.reads))
    return Condition(guard.text, guard.holds(facts), values)


def _marks(ruleset: Ruleset, row: ChangeRow, subject: Subject) -> Iterator[Mark]:
    """The calendar of the change, earliest first."""
    reminds: dict[str, list[str]] = {}
    for state in ruleset.states.values():
        for reminder in state.remind:
            for moment in reminder.moments:
                reminds.setdefault(moment, []).append(reminder.telling.message)
    found = []
    row_of = ruleset.row(agenda.facts_of(subject))
    for moment, offsets in row_of.moments.items():
        for offset in offsets:
            at = offset.resolve(row.renewal_start, row.zone)
            told = tuple(dict.fromkeys(reminds.get(moment, ())))
            # The whole day of an end counts, so the day is its own.
            found.append(
                Mark(moment, at, _day_of(row, offset.days), -offset.days, told)
            )
    yield from sorted(found, key=lambda mark: mark.at)


def _day_of(row: ChangeRow, days: int) -> date:
    return date.fromordinal(row.renewal_start.toordinal() + days)


def names_of(store: Storage, codes: Collection[str]) -> dict[str, str]:
    """The names of people, by their codes; who is no person has none."""
    with store.begin(read_only=True) as unit:
        found = unit.book.by_codes("people", sorted(codes))
    return {code: str(row["name"]) for code, row in found.items()}
