"""What holds of every decision, whatever happens to a renewal and when."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.domain import agenda
from engine.domain.decide import decide
from engine.domain.outcome import Event, Outcome, Step, StepKind, Subject
from engine.domain.ruleset import Ruleset
from tests.domain.builders import START, a_renewal, at
from tests.domain.walks import Walk

BEGINNING = at("2026-10-25")
EVENTS = ["accept", "request_cancellation", "withdraw", "take_back", "no_such_event"]
ROLES = ["customer_contact", "partner", "vendor_operations", "outsider"]
ZONES = ["Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Sydney"]


@dataclass(frozen=True)
class Happening:
    """One thing that happens to a subject: `what` is a tick, a notice, an event."""

    at: datetime
    what: str
    role: str = ""


@dataclass(frozen=True)
class Moment:
    """One decision of a walk: what was there before and what came of it."""

    now: datetime
    before: Subject
    event: Event | None
    outcome: Outcome


END = Happening(at("2027-04-21"), "tick")

#: The instants at which something falls due in Paris, hit exactly now and then.
exact = st.sampled_from(
    [
        at(text)
        for text in (
            "2026-11-01T09:00",
            "2026-12-01T09:00",
            "2027-01-14T09:00",
            "2027-01-16",
            "2027-01-28",
            "2027-03-01",
        )
    ]
)
anytime = st.datetimes(
    datetime(2026, 10, 25),  # noqa: DTZ001 - hypothesis wants naive bounds
    datetime(2027, 4, 20),  # noqa: DTZ001
    timezones=st.just(UTC),
)
times = st.one_of(anytime, exact)
happenings = st.lists(
    st.one_of(
        st.builds(Happening, times, st.just("tick")),
        st.builds(Happening, times, st.just("notice")),
        st.builds(Happening, times, st.sampled_from(EVENTS), st.sampled_from(ROLES)),
    ),
    max_size=20,
).map(lambda found: sorted(found, key=lambda one: one.at))
subjects = st.builds(
    a_renewal,
    zone=st.sampled_from(ZONES),
    automatic_renewal=st.booleans(),
    commitment_months=st.sampled_from([1, 12]),
    renewal_start=st.sampled_from([START, date(2026, 10, 1), date(2027, 3, 29)]),
)
lives = given(subject=subjects, story=happenings)
thoroughly = settings(max_examples=30, deadline=None)


def lived(ruleset: Ruleset, subject: Subject, story: list[Happening]) -> list[Moment]:
    """Every decision that a story leads to."""
    walk, found = Walk(ruleset, subject), []
    for one in [Happening(BEGINNING, "tick"), *story]:
        before = walk.subject
        if one.what == "notice":
            if not before.closed:
                walk.notice_accepted(one.at)
            continue
        event = None if one.what == "tick" else Event(one.what, one.role)
        outcome = decide(ruleset, before, event, one.at)
        walk.subject = outcome.subject
        found.append(Moment(one.at, before, event, outcome))
    return found


@lives
@thoroughly
def test_an_open_subject_is_next_due_after_now_or_never(
    renewal: Ruleset, subject: Subject, story: list[Happening]
) -> None:
    for moment in lived(renewal, subject, story):
        due = moment.outcome.next_due_at
        assert due is None or due > moment.now


@lives
@thoroughly
def test_a_closed_or_refused_subject_waits_for_nothing(
    renewal: Ruleset, subject: Subject, story: list[Happening]
) -> None:
    for moment in lived(renewal, subject, story):
        if moment.outcome.subject.closed or moment.outcome.refusal:
            assert moment.outcome.next_due_at is None


@pytest.mark.req("OPS-2", "OPS-3")
@lives
@thoroughly
def test_a_decision_repeated_on_its_own_result_does_nothing(
    renewal: Ruleset, subject: Subject, story: list[Happening]
) -> None:
    for moment in lived(renewal, subject, story):
        if moment.outcome.refusal is None:
            again = decide(renewal, moment.outcome.subject, None, moment.now)
            assert again.steps == ()
            assert again.subject.state == moment.outcome.subject.state
            assert again.next_due_at == moment.outcome.next_due_at


@lives
@thoroughly
def test_a_decision_taken_twice_is_the_same_decision(
    renewal: Ruleset, subject: Subject, story: list[Happening]
) -> None:
    for moment in lived(renewal, subject, story):
        again = decide(renewal, moment.before, moment.event, moment.now)
        assert again == moment.outcome


@lives
@thoroughly
def test_a_refused_event_changes_nothing(
    renewal: Ruleset, subject: Subject, story: list[Happening]
) -> None:
    for moment in lived(renewal, subject, story):
        if moment.outcome.refusal:
            assert moment.outcome.subject == moment.before
            assert moment.outcome.steps == ()


@lives
@thoroughly
def test_what_was_handled_is_never_unhandled(
    renewal: Ruleset, subject: Subject, story: list[Happening]
) -> None:
    handled = [
        moment.outcome.subject.handled_until
        for moment in lived(renewal, subject, story)
        if moment.outcome.subject.handled_until
    ]

    assert handled == sorted(handled)


@lives
@thoroughly
def test_nothing_happens_to_a_closed_subject(
    renewal: Ruleset, subject: Subject, story: list[Happening]
) -> None:
    for moment in lived(renewal, subject, story):
        if moment.before.closed:
            assert moment.outcome.steps == ()
            assert moment.outcome.subject.closed


@lives
@thoroughly
def test_the_steps_lead_from_the_state_before_to_the_state_after(
    renewal: Ruleset, subject: Subject, story: list[Happening]
) -> None:
    for moment in lived(renewal, subject, story):
        state = moment.before.state
        for step in moment.outcome.steps:
            assert step.source == state
            state = step.target
        assert state == moment.outcome.subject.state


@pytest.mark.req("RULE-10")
@lives
@thoroughly
def test_silence_renews_only_those_who_were_told_for_seven_days(
    renewal: Ruleset, subject: Subject, story: list[Happening]
) -> None:
    for moment in lived(renewal, subject, story):
        for step in _silences(moment.outcome):
            told_at = moment.before.notice_out_at
            assert told_at is not None
            assert moment.now - told_at >= timedelta(days=7)
            assert (step.source, step.target) == ("pending", "renewed")
            assert dict(subject.facts)["automatic_renewal"]


@pytest.mark.req("REN-6")
@lives
@thoroughly
def test_silence_renews_a_subject_once(
    renewal: Ruleset, subject: Subject, story: list[Happening]
) -> None:
    outcomes = [moment.outcome for moment in lived(renewal, subject, story)]

    assert len([step for one in outcomes for step in _silences(one)]) <= 1


@pytest.mark.req("REN-2")
@lives
@thoroughly
def test_a_reminder_is_sent_at_most_once_whatever_is_answered(
    renewal: Ruleset, subject: Subject, story: list[Happening]
) -> None:
    sent = [
        (step.name, step.due_at)
        for moment in lived(renewal, subject, story)
        for step in moment.outcome.steps
        if step.kind is StepKind.REMINDER
    ]

    assert len(sent) == len(set(sent))


@pytest.mark.req("REN-4", "REN-6")
@lives
@thoroughly
def test_a_subject_closes_at_its_start_and_never_before(
    renewal: Ruleset, subject: Subject, story: list[Happening]
) -> None:
    start = at(f"{subject.renewal_start}", subject.zone)

    for moment in lived(renewal, subject, story):
        if moment.outcome.subject.closed:
            assert moment.now >= start


@pytest.mark.req("RULE-10")
@lives
@thoroughly
def test_after_its_start_an_open_subject_is_held_or_waits_for_its_notice(
    renewal: Ruleset, subject: Subject, story: list[Happening]
) -> None:
    start = at(f"{subject.renewal_start}", subject.zone)

    for moment in lived(renewal, subject, story):
        after = moment.outcome.subject
        if moment.now >= start and not after.closed and not moment.outcome.refusal:
            told = after.notice_out_at is not None
            assert after.state == "pending"
            assert after.attention is not None or told
            waits = told and after.attention is None
            assert moment.outcome.next_due_at is not None or not waits


@pytest.mark.req("OPS-2")
@given(subject=subjects, story=happenings, extra=st.lists(anytime, max_size=8))
@thoroughly
def test_a_tick_at_which_nothing_is_due_changes_nothing(
    renewal: Ruleset, subject: Subject, story: list[Happening], extra: list[datetime]
) -> None:
    idle = [
        Happening(now, "tick")
        for now in extra
        if _is_idle(renewal, subject, story, now)
    ]
    assume(idle)
    busier = sorted([*story, *idle], key=lambda one: one.at)

    calm = lived(renewal, subject, [*story, END])
    busy = lived(renewal, subject, [*busier, END])

    assert _steps(calm) == _steps(busy)
    assert calm[-1].outcome == busy[-1].outcome


def _is_idle(
    ruleset: Ruleset, subject: Subject, story: list[Happening], now: datetime
) -> bool:
    """Whether nothing is due at a time, and nothing happens just then."""
    if any(one.at == now for one in story) or now <= BEGINNING:
        return False
    walk = Walk(ruleset, subject)
    walk.tick(BEGINNING)
    for one in story:
        if one.at > now:
            break
        if one.what == "tick":
            walk.tick(one.at)
        elif one.what == "notice":
            walk.notice_accepted(one.at)
        else:
            walk.fire(one.what, one.role, one.at)
    return walk.next_due_at is None or walk.next_due_at > now


def _silences(outcome: Outcome) -> list[Step]:
    return [
        step
        for step in outcome.steps
        if step.name == "silence" and step.kind is StepKind.TRANSITION
    ]


def _steps(moments: list[Moment]) -> list[tuple[datetime, Step]]:
    return [(one.now, step) for one in moments for step in one.outcome.steps]


@pytest.mark.req("REN-17")
@given(subject=subjects, days=st.integers(-60, 200), story=happenings)
@thoroughly
def test_a_moved_date_is_planned_again_as_if_it_had_always_been_so(
    renewal: Ruleset, subject: Subject, days: int, story: list[Happening]
) -> None:
    walk = Walk(renewal, lived(renewal, subject, story)[-1].outcome.subject)
    assume(not walk.subject.closed)
    state, now = walk.subject.state, at("2027-04-21")
    day = now.date() + timedelta(days=days)

    moved = walk.plan_again(now, day)

    fresh = replace(subject, state=state, renewal_start=day)
    assert moved == decide(renewal, fresh, None, now)
    assert agenda.moments_of(renewal, moved.subject)["start"] == (
        at(f"{day}", subject.zone),
    )
