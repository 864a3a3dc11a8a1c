"""Silence renews a contract, once its customer has been told for long enough."""

from datetime import datetime, timedelta

import pytest

from engine.domain import agenda
from engine.domain.decide import decide
from engine.domain.outcome import StepKind
from engine.domain.ruleset import Ruleset
from tests.domain.builders import a_renewal, a_told_renewal, at, told
from tests.domain.walks import Walk, every

SILENCE, THE_START = at("2027-01-16"), at("2027-03-01")
A_MOMENT = timedelta(microseconds=1)


@pytest.mark.req("REN-3", "REN-7")
@pytest.mark.parametrize(
    "zone", ["Europe/Paris", "America/New_York", "Australia/Sydney", "Asia/Kolkata"]
)
def test_nothing_is_renewed_before_the_deadline_day_is_over(
    renewal: Ruleset, zone: str
) -> None:
    last = at("2027-01-16", zone) - A_MOMENT
    subject = a_told_renewal(zone=zone, handled_until=last - timedelta(hours=1))

    outcome = decide(renewal, subject, None, last)

    assert outcome.steps == ()
    assert outcome.next_due_at == at("2027-01-16", zone)


@pytest.mark.req("REN-4", "REN-7")
@pytest.mark.parametrize(
    "zone", ["Europe/Paris", "America/New_York", "Australia/Sydney", "Asia/Kolkata"]
)
def test_silence_renews_at_midnight_44_days_before(renewal: Ruleset, zone: str) -> None:
    subject = a_told_renewal(zone=zone, handled_until=at("2027-01-15"))

    outcome = decide(renewal, subject, None, at("2027-01-16T00:00", zone))

    (step,) = outcome.steps
    assert outcome.subject.state == "renewed"
    assert (step.name, step.due_at) == ("silence", at("2027-01-16", zone))
    assert told(step.tells) == [("renewal_done", "owner")]
    assert "Tacit renewal" in step.why


@pytest.mark.req("REN-15")
def test_a_renewed_contract_starts_its_next_term_and_closes(renewal: Ruleset) -> None:
    outcome = decide(renewal, a_told_renewal(state="renewed"), None, THE_START)

    assert [step.do for step in outcome.steps] == ["start next term"]
    assert outcome.subject.closed
    assert outcome.next_due_at is None


@pytest.mark.req("REN-4")
def test_silence_tells_operations_where_automatic_renewal_is_off(
    renewal: Ruleset,
) -> None:
    subject = a_told_renewal(automatic_renewal=False, handled_until=at("2027-01-15"))

    outcome = decide(renewal, subject, None, SILENCE)

    (step,) = outcome.steps
    assert step.kind is StepKind.EFFECT
    assert told(step.tells) == [("will_not_renew", "vendor_operations")]
    assert outcome.subject.state == "pending"
    assert outcome.next_due_at == THE_START


@pytest.mark.req("REN-4")
def test_operations_are_told_once_that_a_contract_will_not_renew(
    renewal: Ruleset,
) -> None:
    walk = Walk(renewal, a_told_renewal(automatic_renewal=False))

    walk.ticks(every(timedelta(hours=6), at("2027-01-15"), THE_START))

    effects = [told(step.tells) for _, step in walk.of(StepKind.EFFECT)]
    assert effects == [[("will_not_renew", "vendor_operations")]]


@pytest.mark.req("REN-4")
@pytest.mark.parametrize("notice_out_at", [None, at("2026-11-01T09:01")])
def test_a_contract_without_automatic_renewal_ends_at_its_start_in_its_state(
    renewal: Ruleset, notice_out_at: datetime | None
) -> None:
    subject = a_renewal(
        automatic_renewal=False,
        handled_until=at("2027-02-01"),
        notice_out_at=notice_out_at,
    )

    outcome = decide(renewal, subject, None, THE_START)

    (step,) = outcome.steps
    assert step.do == "end contract"
    assert told(step.tells) == [("contract_ended", "vendor_operations")]
    assert outcome.subject.state == "pending"
    assert outcome.subject.closed


@pytest.mark.req("REN-6")
@pytest.mark.parametrize("automatic_renewal", [True, False])
def test_a_requested_cancellation_is_never_renewed_by_silence(
    renewal: Ruleset, automatic_renewal: bool
) -> None:
    walk = Walk(
        renewal,
        a_told_renewal("cancellation_requested", automatic_renewal=automatic_renewal),
    )

    walk.ticks(every(timedelta(days=1), at("2027-01-10"), at("2027-03-05")))

    assert walk.states == []
    assert walk.subject.state == "cancellation_requested"
    assert [step.do for _, step in walk.steps] == ["end contract"]
    assert told(walk.steps[0][1].tells) == [("contract_ended", "vendor_operations")]


@pytest.mark.req("RULE-10")
@pytest.mark.parametrize(
    ("accepted", "opens"),
    [
        ("2027-01-20T09:01", "2027-01-28"),
        ("2027-01-20T00:00", "2027-01-27"),
        ("2027-01-20T23:59", "2027-01-28"),
        ("2027-03-25T00:30", "2027-04-02"),
    ],
    ids=[
        "in the morning",
        "at midnight sharp",
        "in the last minute",
        "a week that daylight saving shortens",
    ],
)
def test_silence_opens_at_the_end_of_the_day_seven_days_after_the_notice(
    renewal: Ruleset, accepted: str, opens: str
) -> None:
    notice = renewal.notice
    assert notice is not None

    found = agenda.silence_opens_at(notice, a_renewal(notice_out_at=at(accepted)))

    assert found == at(opens)


@pytest.mark.req("RULE-10")
def test_silence_does_not_open_while_no_notice_is_out(renewal: Ruleset) -> None:
    notice = renewal.notice
    assert notice is not None

    assert agenda.silence_opens_at(notice, a_renewal()) is None


@pytest.mark.req("RULE-10")
@pytest.mark.parametrize("passed", [timedelta(0), timedelta(days=3), 8 * timedelta(1)])
def test_silence_waits_for_its_notice(renewal: Ruleset, passed: timedelta) -> None:
    notice_at = at("2027-01-20T09:01")
    subject = a_renewal(handled_until=SILENCE, notice_out_at=notice_at)
    now = min(notice_at + passed, at("2027-01-28") - A_MOMENT)

    outcome = decide(renewal, subject, None, now)

    assert outcome.subject.state == "pending"
    assert outcome.next_due_at == at("2027-01-28")
    assert ("silence", "waits until 2027-01-27 23:00Z: its notice has to be out first") in [
        (trace.considered, trace.result) for trace in outcome.trace
    ]  # fmt: skip


@pytest.mark.req("RULE-10")
def test_silence_acts_as_soon_as_its_notice_was_out_for_seven_days(
    renewal: Ruleset,
) -> None:
    subject = a_renewal(handled_until=SILENCE, notice_out_at=at("2027-01-20T09:01"))

    outcome = decide(renewal, subject, None, at("2027-01-28"))

    assert outcome.subject.state == "renewed"
    assert outcome.steps[0].due_at == SILENCE


@pytest.mark.req("RULE-10")
def test_a_change_without_a_notice_at_its_start_is_held_for_a_person(
    renewal: Ruleset,
) -> None:
    subject = a_renewal(handled_until=at("2027-02-01"))

    outcome = decide(renewal, subject, None, THE_START)

    (step,) = outcome.steps
    assert (step.kind, step.do) == (StepKind.HELD, "hold")
    assert told(step.tells) == [("held_without_notice", "vendor_operations")]
    assert outcome.subject.attention == step.why
    assert not outcome.subject.closed
    assert outcome.next_due_at is None


@pytest.mark.req("RULE-10")
def test_a_change_is_held_once(renewal: Ruleset) -> None:
    walk = Walk(renewal, a_renewal(handled_until=at("2027-02-01")))

    walk.ticks(every(timedelta(hours=1), at("2027-02-28"), at("2027-03-03")))

    assert len(walk.of(StepKind.HELD)) == 1


@pytest.mark.req("RULE-10")
def test_a_notice_that_went_out_days_before_the_start_renews_after_it(
    renewal: Ruleset,
) -> None:
    walk = Walk(renewal, a_renewal(handled_until=at("2027-02-01")))
    walk.notice_accepted(at("2027-02-26T10:00"))

    walk.tick(THE_START)
    walk.by_itself(at("2027-04-01"))

    assert walk.of(StepKind.HELD) == []
    assert [(now, step.name) for now, step in walk.steps] == [
        (at("2027-03-06"), "silence"),
        (at("2027-03-06"), "start"),
    ]
    assert walk.subject.closed


@pytest.mark.req("REN-4", "OPS-2")
def test_a_downtime_over_silence_and_start_does_both_in_due_order(
    renewal: Ruleset,
) -> None:
    outcome = decide(renewal, a_told_renewal(), None, at("2027-04-01"))

    assert [(step.name, step.due_at) for step in outcome.steps] == [
        ("last_call", at("2027-01-14T09:00")),
        ("silence", SILENCE),
        ("start", THE_START),
    ]
    assert outcome.subject.closed


@pytest.mark.req("RULE-10", "OPS-2")
def test_a_downtime_of_sixty_days_ends_in_silence_and_accounts_for_its_reminders(
    renewal: Ruleset,
) -> None:
    outcome = decide(renewal, a_told_renewal(), None, at("2027-01-20T07:00"))

    left_out, renewed = outcome.steps
    assert (left_out.kind, left_out.tells) == (StepKind.SKIPPED, ())
    assert len(left_out.stands_for) == 4
    assert renewed.kind is StepKind.TRANSITION
    assert told(renewed.tells) == [("renewal_done", "owner")]


@pytest.mark.req("RULE-10", "OPS-2")
def test_a_downtime_without_a_notice_out_sends_the_last_reminder_and_waits(
    renewal: Ruleset,
) -> None:
    subject = a_renewal(handled_until=at("2026-10-20"))

    outcome = decide(renewal, subject, None, at("2027-01-20T07:00"))

    (step,) = outcome.steps
    assert told(step.tells) == [("last_call", "owner")]
    assert len(step.stands_for) == 4
    assert outcome.subject.state == "pending"


@pytest.mark.req("RULE-10")
@pytest.mark.parametrize(
    ("accepted", "wakes"),
    [
        ("2026-11-01T09:01", None),
        ("2027-01-08T23:30", None),
        ("2027-01-09T09:01", "2027-01-17"),
        ("2027-02-20T09:01", "2027-02-28"),
    ],
    ids=["in good time", "its week ends with the deadline", "a day late", "very late"],
)
def test_an_accepted_notice_wakes_the_clock_only_when_silence_has_to_wait_for_it(
    renewal: Ruleset, accepted: str, wakes: str | None
) -> None:
    subject = a_renewal(notice_out_at=at(accepted))

    found = agenda.wake_after_notice(renewal, subject)

    assert found == (at(wakes) if wakes else None)


def test_an_accepted_notice_wakes_nobody_once_silence_has_acted(
    renewal: Ruleset,
) -> None:
    subject = a_renewal("renewed", notice_out_at=at("2027-02-20T09:01"))

    assert agenda.wake_after_notice(renewal, subject) is None


def test_no_notice_wakes_nobody(renewal: Ruleset, tier_upgrade: Ruleset) -> None:
    assert agenda.wake_after_notice(renewal, a_renewal()) is None
    assert agenda.wake_after_notice(tier_upgrade, a_renewal()) is None
