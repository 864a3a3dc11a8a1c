"""What becomes of reminders that could not be sent on their day."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from engine.domain.decide import decide
from engine.domain.outcome import Event, StepKind
from engine.domain.ruleset import Rulebook, Ruleset
from tests.domain.builders import (
    a_renewal,
    a_told_renewal,
    a_usage_change,
    at,
    edited,
    told,
)
from tests.domain.walks import Walk, every

DUE = at("2027-01-14T09:00")
SKIP = ("late: send\n\n", "late: {send_within: 2 hours}\n\n")
HOLD = ("late: send\n\n", "late: {send_within: 2 hours, otherwise: hold}\n\n")


def skipping(rulebook: Rulebook) -> Ruleset:
    """Last calls are skipped when they are later than two hours."""
    return edited(rulebook, "renewal", SKIP)


def holding(rulebook: Rulebook) -> Ruleset:
    """Last calls are held for a person when they are later than two hours."""
    return edited(rulebook, "renewal", HOLD)


@pytest.mark.req("RULE-10")
@pytest.mark.parametrize("hours", [0, 1, 24])
def test_sent_late_means_however_late(renewal: Ruleset, hours: int) -> None:
    subject = a_told_renewal(handled_until=at("2027-01-11"))

    outcome = decide(renewal, subject, None, DUE + timedelta(hours=hours))

    assert [step.kind for step in outcome.steps] == [StepKind.REMINDER]


@pytest.mark.req("RULE-10")
@pytest.mark.parametrize("policy", [skipping, holding])
def test_a_reminder_within_its_tolerance_is_sent(
    rulebook: Rulebook, policy: Callable[[Rulebook], Ruleset]
) -> None:
    subject = a_told_renewal(handled_until=at("2027-01-11"))

    outcome = decide(policy(rulebook), subject, None, DUE + timedelta(hours=2))

    assert [step.kind for step in outcome.steps] == [StepKind.REMINDER]
    assert outcome.subject.attention is None


@pytest.mark.req("RULE-10")
def test_a_reminder_beyond_its_tolerance_is_skipped_and_accounted_for(
    rulebook: Rulebook,
) -> None:
    subject = a_told_renewal(handled_until=at("2027-01-11"))

    outcome = decide(
        skipping(rulebook), subject, None, DUE + timedelta(hours=2, seconds=1)
    )

    (step,) = outcome.steps
    assert (step.kind, step.tells) == (StepKind.SKIPPED, ())
    assert step.stands_for == ("last_call of 2027-01-14T08:00Z",)
    assert outcome.subject.attention is None


@pytest.mark.req("RULE-10")
def test_a_reminder_beyond_its_tolerance_is_held_for_a_person(
    rulebook: Rulebook,
) -> None:
    subject = a_told_renewal(handled_until=at("2027-01-11"))

    outcome = decide(
        holding(rulebook), subject, None, DUE + timedelta(hours=2, seconds=1)
    )

    (step,) = outcome.steps
    assert (step.kind, step.tells) == (StepKind.HELD, ())
    assert outcome.subject.attention == "last_call"


@pytest.mark.req("RULE-10")
def test_a_skipped_reminder_stays_skipped(rulebook: Rulebook) -> None:
    walk = Walk(skipping(rulebook), a_told_renewal(handled_until=at("2027-01-11")))
    late = DUE + timedelta(hours=3)

    walk.ticks(every(timedelta(hours=1), late, late + timedelta(hours=8)))

    assert len(walk.steps) == 1


@pytest.mark.req("RULE-10")
def test_a_later_reminder_that_may_be_sent_stands_for_one_that_may_not(
    rulebook: Rulebook,
) -> None:
    subject = a_told_renewal(handled_until=at("2027-01-09"))

    outcome = decide(holding(rulebook), subject, None, DUE)

    (step,) = outcome.steps
    assert step.kind is StepKind.REMINDER
    assert step.stands_for == ("last_call of 2027-01-10T08:00Z",)
    assert outcome.subject.attention is None


@pytest.mark.req("RULE-10")
def test_nothing_is_sent_of_what_a_person_is_to_look_at(
    rulebook: Rulebook,
) -> None:
    subject = a_told_renewal(handled_until=at("2026-12-05"))
    patient = ("send_within: 10 days", "send_within: 30 days")
    rules = edited(rulebook, "renewal", HOLD, patient)

    outcome = decide(rules, subject, None, DUE + timedelta(hours=3))

    (held,) = outcome.steps
    assert (held.kind, held.tells) == (StepKind.HELD, ())
    assert held.stands_for == (
        "renewal_notice of 2026-12-31T08:00Z",
        "last_call of 2027-01-10T08:00Z",
        "last_call of 2027-01-14T08:00Z",
    )
    assert outcome.subject.attention == "last_call"


@pytest.mark.req("RULE-10")
def test_an_overdue_change_is_held_and_nobody_is_asked_any_more(
    tier_upgrade: Ruleset,
) -> None:
    subject = a_usage_change(handled_until=at("2027-01-31"))

    outcome = decide(tier_upgrade, subject, None, at("2027-03-02"))

    assert [step.kind for step in outcome.steps] == [StepKind.HELD]
    assert told(outcome.steps[0].tells) == [("overdue", "vendor_operations")]


@pytest.mark.req("RULE-10", "REN-17")
def test_a_plan_that_is_made_in_mid_window_is_late_for_nothing(
    renewal: Ruleset,
) -> None:
    outcome = decide(renewal, a_renewal(), None, at("2026-11-20"))

    (step,) = outcome.steps
    assert (step.kind, step.name) == (StepKind.REMINDER, "renewal_notice")


@pytest.mark.req("RULE-10", "REN-17")
def test_a_plan_that_is_made_just_before_a_reminder_leaves_the_old_one_to_it(
    renewal: Ruleset,
) -> None:
    outcome = decide(renewal, a_renewal(), None, at("2026-11-25"))

    (step,) = outcome.steps
    assert (step.kind, step.name) == (StepKind.SKIPPED, "renewal_notice")
    assert outcome.next_due_at == at("2026-12-01T09:00")


@pytest.mark.req("RULE-10", "REN-6")
def test_whoever_withdraws_a_cancellation_unwarned_is_told_at_once(
    renewal: Ruleset,
) -> None:
    subject = a_renewal("cancellation_requested", handled_until=at("2026-10-20"))
    event = Event("withdraw", "customer_contact")

    outcome = decide(renewal, subject, event, at("2027-01-15T12:00"))

    assert [step.name for step in outcome.steps] == ["withdraw", "last_call"]
    assert outcome.steps[1].stands_for[0] == "renewal_notice of 2026-11-01T08:00Z"


@pytest.mark.req("RULE-10", "REN-6")
def test_whoever_withdraws_a_cancellation_is_not_told_again(renewal: Ruleset) -> None:
    subject = a_told_renewal("cancellation_requested")
    event = Event("withdraw", "customer_contact")

    outcome = decide(renewal, subject, event, at("2026-12-15"))

    assert [step.name for step in outcome.steps] == ["withdraw"]
