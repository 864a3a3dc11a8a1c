"""Reminders go out on their days, once, however the clock ticks."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain import agenda
from engine.domain.decide import decide
from engine.domain.outcome import StepKind
from engine.domain.ruleset import Ruleset
from tests.domain.builders import a_machine, a_renewal, a_told_renewal, at, told
from tests.domain.walks import Walk, every

ON_TIME = ["2026-11-01", "2026-12-01", "2026-12-31", "2027-01-10", "2027-01-14"]
BEFORE, DEADLINE, THE_START = at("2026-10-20"), at("2027-01-16"), at("2027-03-01")

ticks = st.lists(
    st.datetimes(
        datetime(2026, 10, 20),  # noqa: DTZ001 - hypothesis wants naive bounds
        datetime(2027, 3, 5),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
    max_size=25,
).map(sorted)


@pytest.mark.req("REN-2")
@pytest.mark.parametrize(
    "step",
    [timedelta(hours=1), timedelta(hours=7), timedelta(days=1)],
    ids=["hourly", "every 7 hours", "daily"],
)
def test_each_reminder_is_sent_once_however_often_the_clock_ticks(
    renewal: Ruleset, step: timedelta
) -> None:
    walk = Walk(renewal, a_renewal())

    walk.ticks(every(step, BEFORE, DEADLINE))

    assert walk.reminders == ON_TIME


@pytest.mark.req("REN-2")
def test_the_clock_wakes_by_itself_for_each_reminder_at_nine(renewal: Ruleset) -> None:
    walk = Walk(renewal, a_renewal())
    walk.tick(BEFORE)

    walk.by_itself(DEADLINE - timedelta(seconds=1))

    sent_at = [now for now, _ in walk.of(StepKind.REMINDER)]
    assert sent_at == [at(f"{day}T09:00") for day in ON_TIME]


@pytest.mark.req("REN-1", "REN-2")
def test_a_short_commitment_has_a_row_of_its_own(renewal: Ruleset) -> None:
    walk = Walk(renewal, a_renewal(commitment_months=1))
    walk.tick(at("2027-01-30"))

    walk.by_itself(THE_START - timedelta(seconds=1))

    assert walk.reminders == ["2027-02-09", "2027-02-15", "2027-02-21"]


@pytest.mark.req("REN-2")
@pytest.mark.parametrize(
    ("day", "message"),
    [
        ("2026-11-01", "renewal_notice"),
        ("2026-12-31", "renewal_notice"),
        ("2027-01-10", "last_call"),
        ("2027-01-14", "last_call"),
    ],
)
def test_the_owner_is_asked_for_an_answer(
    renewal: Ruleset, day: str, message: str
) -> None:
    subject = a_renewal(handled_until=at(f"{day}T08:59"))

    (step,) = decide(renewal, subject, None, at(f"{day}T09:00")).steps

    (telling,) = step.tells
    assert (telling.message, telling.to) == (message, "owner")
    assert telling.asks == ("accept", "request_cancellation")
    assert telling.is_notice


def test_nothing_is_sent_a_second_before_nine(renewal: Ruleset) -> None:
    outcome = decide(renewal, a_renewal(), None, at("2026-11-01T08:59:59"))

    assert outcome.steps == ()
    assert outcome.next_due_at == at("2026-11-01T09:00")


@pytest.mark.req("REN-2", "OPS-2")
@settings(max_examples=40, deadline=None)
@given(times=ticks)
def test_no_reminder_is_sent_or_accounted_for_twice(
    renewal: Ruleset, times: list[datetime]
) -> None:
    walk = Walk(renewal, a_renewal())

    walk.ticks(times)

    sent = [
        f"{step.name} of {step.due_at:%Y-%m-%dT%H:%MZ}"
        for _, step in walk.of(StepKind.REMINDER)
    ]
    stood_for = [name for _, step in walk.steps for name in step.stands_for]
    assert len(sent + stood_for) == len({*sent, *stood_for})


@pytest.mark.req("REN-2", "OPS-2")
@settings(max_examples=40, deadline=None)
@given(times=ticks)
def test_every_reminder_that_fell_due_before_silence_is_accounted_for(
    renewal: Ruleset, times: list[datetime]
) -> None:
    before = [now for now in times if now < DEADLINE]
    walk = Walk(renewal, a_renewal())

    walk.ticks(before)

    last = max(before, default=BEFORE)
    due = [day for day in ON_TIME if at(f"{day}T09:00") <= last]
    covered = [f"{name:.10}" for _, s in walk.steps for name in _instants(s.stands_for)]
    assert sorted([*walk.reminders, *covered]) == due


def _instants(stands_for: tuple[str, ...]) -> list[str]:
    return [name.rpartition(" of ")[2] for name in stands_for]


@pytest.mark.req("REN-4", "OPS-2")
@settings(max_examples=40, deadline=None)
@given(times=ticks)
def test_the_states_passed_do_not_depend_on_when_the_clock_ticks(
    renewal: Ruleset, times: list[datetime]
) -> None:
    walk = Walk(renewal, a_told_renewal())

    walk.ticks([*times, at("2027-03-06")])

    assert walk.states == ["renewed"]
    assert [s.do for _, s in walk.of(StepKind.EFFECT)] == ["start next term"]
    assert walk.subject.closed


def test_a_clock_that_goes_back_does_not_repeat_a_reminder(renewal: Ruleset) -> None:
    nine = at("2026-12-01T09:00")
    walk = Walk(renewal, a_told_renewal())

    walk.ticks([nine, nine - timedelta(hours=1), nine, nine + timedelta(hours=1)])

    assert walk.reminders == ["2026-12-01"]


def test_reminders_stop_when_the_customer_has_answered(renewal: Ruleset) -> None:
    walk = Walk(renewal, a_renewal())
    walk.ticks(every(timedelta(days=1), BEFORE, at("2026-12-05")))

    walk.fire("accept", "customer_contact", at("2026-12-05T12:00"))
    walk.ticks(every(timedelta(days=1), at("2026-12-06"), DEADLINE))

    assert walk.reminders == ["2026-11-01", "2026-12-01"]


def test_a_reminder_due_before_an_answer_was_taken_back_is_not_sent_after_all(
    renewal: Ruleset,
) -> None:
    walk = Walk(renewal, a_told_renewal())
    walk.fire("accept", "partner", at("2026-11-20"))
    walk.tick(at("2026-12-02"))

    walk.fire("take_back", "partner", at("2026-12-03"))
    walk.ticks(every(timedelta(hours=1), at("2026-12-03"), at("2027-01-01")))

    assert walk.reminders == ["2026-12-31"]


@pytest.mark.req("REN-2", "OPS-2")
def test_of_several_overdue_reminders_the_last_stands_for_the_others(
    renewal: Ruleset,
) -> None:
    outcome = decide(renewal, a_told_renewal(), None, at("2027-01-11"))

    (step,) = outcome.steps
    assert told(step.tells) == [("last_call", "owner")]
    assert step.due_at == at("2027-01-10T09:00")
    assert step.stands_for == (
        "renewal_notice of 2026-12-01T08:00Z",
        "renewal_notice of 2026-12-31T08:00Z",
    )


def test_a_reminder_whose_condition_does_not_hold_is_not_sent() -> None:
    ruleset = a_machine(CONDITIONAL)
    subject = replace(a_renewal(), facts=(("automatic_renewal", False),))

    outcome = decide(ruleset, subject, None, at("2026-12-01T10:00"))

    assert outcome.steps == ()


def test_a_reminder_whose_condition_holds_is_sent() -> None:
    ruleset = a_machine(CONDITIONAL)
    subject = replace(a_renewal(), facts=(("automatic_renewal", True),))

    outcome = decide(ruleset, subject, None, at("2026-12-01T10:00"))

    assert [step.name for step in outcome.steps] == ["renewal_notice"]


CONDITIONAL = """
  pending:
    initial: true
    at:
      start: {do: end contract, why: It is over.}
    remind:
      - {message: renewal_notice, at: notice, to: owner, if: automatic_renewal}
"""


@pytest.mark.req("REN-2")
@pytest.mark.parametrize(
    ("months", "day"), [(12, "2026-11-01"), (3, "2026-11-01"), (1, "2027-02-09")]
)
def test_a_change_is_listed_from_its_row_on(
    renewal: Ruleset, months: int, day: str
) -> None:
    subject = a_renewal(commitment_months=months)

    assert agenda.listed_on(renewal, subject) == date.fromisoformat(day)
