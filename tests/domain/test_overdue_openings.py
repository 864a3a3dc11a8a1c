"""Changes that come into being inside their window, or after it."""

from datetime import date, datetime, timedelta

import pytest

from engine.domain.decide import decide
from engine.domain.outcome import Event, RefusalReason, StepKind
from engine.domain.ruleset import Ruleset
from tests.domain.builders import START, a_renewal, a_told_renewal, at, told
from tests.domain.walks import Walk, every

LATE_OPENINGS = pytest.mark.parametrize(
    ("days_before", "counts_on"),
    [(30, 22), (3, -5), (0, -8), (-20, -28)],
    ids=["30 days before", "3 days before", "on the day", "in the past"],
)
CANCEL = Event("request_cancellation", "customer_contact")


def opened(days_before: int) -> datetime:
    day = START - timedelta(days=days_before)
    return at(f"{day}T10:00")


def midnight(days_before: int) -> datetime:
    return at(str(START - timedelta(days=days_before)))


@pytest.mark.req("RULE-10", "REN-17")
@pytest.mark.parametrize("days_before", [30, 3])
def test_an_overdue_opening_sends_its_last_reminder_and_says_what_it_stands_for(
    renewal: Ruleset, days_before: int
) -> None:
    outcome = decide(renewal, a_renewal(), None, opened(days_before))

    (step,) = [step for step in outcome.steps if step.kind is StepKind.REMINDER]
    assert told(step.tells) == [("last_call", "owner")]
    assert step.due_at == at("2027-01-14T09:00")
    assert step.stands_for == (
        "renewal_notice of 2026-11-01T08:00Z",
        "renewal_notice of 2026-12-01T08:00Z",
        "renewal_notice of 2026-12-31T08:00Z",
        "last_call of 2027-01-10T08:00Z",
    )
    assert outcome.subject.state == "pending"


@pytest.mark.req("RULE-10")
@LATE_OPENINGS
def test_an_overdue_opening_sends_one_message_only(
    renewal: Ruleset, days_before: int, counts_on: int
) -> None:
    walk = Walk(renewal, a_renewal())
    start = opened(days_before)

    walk.ticks(every(timedelta(hours=5), start, start + timedelta(days=60)))

    # Held at its start, for nobody was told: what a reminder says is not so any more.
    assert len(walk.reminders) == (1 if days_before > 0 else 0)
    assert walk.subject.attention is not None


@pytest.mark.req("RULE-10")
@LATE_OPENINGS
def test_silence_after_an_overdue_opening_waits_seven_days_from_acceptance(
    renewal: Ruleset, days_before: int, counts_on: int
) -> None:
    walk = Walk(renewal, a_renewal())
    walk.tick(opened(days_before))
    walk.notice_accepted(opened(days_before) + timedelta(minutes=1))

    walk.by_itself(opened(days_before) + timedelta(days=90))

    renewed_at = [now for now, step in walk.steps if step.name == "silence"]
    held = days_before <= 0
    assert renewed_at == ([] if held else [midnight(counts_on)])
    assert walk.subject.closed is not held
    assert (walk.subject.attention is not None) is held


@pytest.mark.req("REN-6", "RULE-10")
@LATE_OPENINGS
def test_cancellation_stays_open_until_silence_may_act(
    renewal: Ruleset, days_before: int, counts_on: int
) -> None:
    walk = Walk(renewal, a_renewal())
    walk.tick(opened(days_before))
    walk.notice_accepted(opened(days_before) + timedelta(minutes=1))
    end = midnight(counts_on)

    before = decide(renewal, walk.subject, CANCEL, end - timedelta(seconds=1))
    after = decide(renewal, walk.subject, CANCEL, end)

    assert before.subject.state == "cancellation_requested"
    assert after.refusal is not None
    if end < midnight(0) or days_before <= 0:
        assert after.refusal.reason is RefusalReason.TOO_LATE
        last_day = START - timedelta(days=counts_on + 1)
        assert after.refusal.values["deadline"] == last_day
    else:  # Silence renewed it at that very instant, and its start has come.
        assert after.refusal.reason is RefusalReason.CLOSED


@pytest.mark.req("REN-6", "RULE-10")
@LATE_OPENINGS
def test_cancellation_is_open_while_nobody_was_told(
    renewal: Ruleset, days_before: int, counts_on: int
) -> None:
    opening = decide(renewal, a_renewal(), None, opened(days_before))

    outcome = decide(renewal, opening.subject, CANCEL, midnight(-100))

    assert outcome.refusal is None


@pytest.mark.req("RULE-10")
@pytest.mark.parametrize("days_before", [0, -20], ids=["on the day", "in the past"])
def test_an_opening_without_notice_at_its_start_is_held_for_a_person(
    renewal: Ruleset, days_before: int
) -> None:
    outcome = decide(renewal, a_renewal(), None, opened(days_before))

    held = [step for step in outcome.steps if step.kind is StepKind.HELD]
    assert [told(step.tells) for step in held] == [
        [("held_without_notice", "vendor_operations")]
    ]
    assert outcome.subject.attention is not None


@pytest.mark.req("REN-6")
def test_a_cancellation_after_a_late_notice_can_be_withdrawn_as_long_as_asked_for(
    renewal: Ruleset,
) -> None:
    walk = Walk(renewal, a_renewal())
    walk.tick(opened(30))
    walk.notice_accepted(opened(30))
    walk.fire("request_cancellation", "customer_contact", opened(29))

    outcome = walk.fire("withdraw", "customer_contact", opened(28))

    assert outcome.refusal is None
    assert walk.subject.state == "pending"
    assert walk.next_due_at == midnight(22)


@pytest.mark.req("REN-4")
def test_an_overdue_opening_that_silence_does_not_renew_tells_operations_too(
    renewal: Ruleset,
) -> None:
    outcome = decide(renewal, a_renewal(automatic_renewal=False), None, opened(30))

    assert [told(step.tells) for step in outcome.steps] == [
        [("will_not_renew", "vendor_operations")],
        [("last_call", "owner")],
    ]


@pytest.mark.req("REN-4")
def test_an_opening_in_the_past_that_silence_does_not_renew_ends_at_once(
    renewal: Ruleset,
) -> None:
    outcome = decide(renewal, a_renewal(automatic_renewal=False), None, opened(-20))

    assert [told(step.tells) for step in outcome.steps] == [
        [("will_not_renew", "vendor_operations")],
        [("contract_ended", "vendor_operations")],
    ]
    assert outcome.subject.closed


@pytest.mark.req("REN-17")
@pytest.mark.parametrize(
    ("state", "steps"),
    [
        ("pending", ["last_call"]),
        ("renewed", []),
        ("cancellation_requested", []),
    ],
)
def test_a_date_moved_into_its_window_is_planned_again_in_each_state(
    renewal: Ruleset, state: str, steps: list[str]
) -> None:
    walk = Walk(renewal, a_renewal(state, notice_out_at=at("2026-11-01T09:01")))

    outcome = walk.plan_again(at("2026-12-05T10:00"), date(2027, 1, 15))

    assert [step.name for step in outcome.steps] == steps
    assert outcome.subject.state == state
    assert outcome.next_due_at == at("2027-01-15")


@pytest.mark.req("REN-17")
@pytest.mark.parametrize(
    ("state", "done"),
    [("renewed", "start next term"), ("cancellation_requested", "end contract")],
)
def test_a_date_moved_into_the_past_takes_effect_at_once(
    renewal: Ruleset, state: str, done: str
) -> None:
    walk = Walk(renewal, a_told_renewal(state))

    outcome = walk.plan_again(at("2026-12-05T10:00"), date(2026, 12, 5))

    assert [step.do for step in outcome.steps] == [done]
    assert outcome.subject.closed


@pytest.mark.req("REN-17")
def test_a_pending_date_moved_into_the_past_is_held_and_tells_nothing_untrue(
    renewal: Ruleset,
) -> None:
    walk = Walk(renewal, a_told_renewal("pending"))

    outcome = walk.plan_again(at("2026-12-05T10:00"), date(2026, 12, 5))

    assert [step.kind for step in outcome.steps] == [StepKind.HELD]
    assert told(outcome.steps[0].tells) == [
        ("held_without_notice", "vendor_operations")
    ]
    assert outcome.subject.state == "pending"


@pytest.mark.req("REN-17")
def test_a_date_moved_away_sends_its_reminders_anew(renewal: Ruleset) -> None:
    walk = Walk(renewal, a_renewal())
    walk.ticks(every(timedelta(days=1), at("2026-10-20"), at("2026-12-05")))

    walk.plan_again(at("2026-12-05T10:00"), date(2027, 6, 1))
    walk.by_itself(at("2027-04-01"))

    assert walk.reminders[2:] == ["2027-02-01", "2027-03-03"]


@pytest.mark.req("REN-17", "RULE-10")
def test_silence_under_a_moved_date_waits_for_a_notice_of_that_date(
    renewal: Ruleset,
) -> None:
    walk = Walk(renewal, a_told_renewal("pending"))
    walk.plan_again(at("2026-12-05T10:00"), date(2027, 1, 20))

    walk.ticks(every(timedelta(days=1), at("2026-12-06"), at("2027-01-19")))

    assert walk.states == []
