"""Answers: who may give which, until when, and what becomes of the change."""

from datetime import date, timedelta

import pytest

from engine.domain.decide import decide
from engine.domain.outcome import Event, Refusal, RefusalReason, StepKind
from engine.domain.ruleset import Ruleset
from tests.domain.builders import a_machine, a_renewal, a_told_renewal, at, told

LAST_SECOND, TOO_LATE = at("2027-01-15T23:59:59"), at("2027-01-16")
THE_START = at("2027-03-01")
EVERYBODY = ["customer_contact", "partner", "vendor_operations"]


def refusal_of(
    rules: Ruleset, state: str, event: str, role: str, now: str
) -> Refusal | None:
    subject = a_told_renewal(state)
    return decide(rules, subject, Event(event, role), at(now)).refusal


@pytest.mark.req("REN-4")
@pytest.mark.parametrize("role", EVERYBODY)
def test_an_acceptance_renews(renewal: Ruleset, role: str) -> None:
    outcome = decide(
        renewal, a_told_renewal(), Event("accept", role), at("2026-12-05T12:00")
    )

    (step,) = outcome.steps
    assert outcome.subject.state == "renewed"
    assert (step.kind, step.name) == (StepKind.TRANSITION, "accept")
    assert (step.source, step.target) == ("pending", "renewed")
    assert told(step.tells) == [("renewal_done", "owner")]
    assert outcome.next_due_at == THE_START


@pytest.mark.req("REN-6")
@pytest.mark.parametrize("role", EVERYBODY)
@pytest.mark.parametrize("state", ["pending", "renewed"])
def test_cancellation_is_possible_until_the_last_second_of_the_deadline_day(
    renewal: Ruleset, state: str, role: str
) -> None:
    event = Event("request_cancellation", role)

    outcome = decide(renewal, a_told_renewal(state), event, LAST_SECOND)

    assert outcome.subject.state == "cancellation_requested"
    assert told(outcome.steps[-1].tells) == [
        ("cancellation_noted", "owner"),
        ("cancellation_noted", "vendor_operations"),
    ]


@pytest.mark.req("REN-6", "REN-7")
@pytest.mark.parametrize("role", EVERYBODY)
@pytest.mark.parametrize("state", ["pending", "renewed"])
def test_cancellation_is_refused_from_the_first_second_after_with_the_date(
    renewal: Ruleset, state: str, role: str
) -> None:
    subject, event = a_told_renewal(state), Event("request_cancellation", role)

    outcome = decide(renewal, subject, event, TOO_LATE)

    assert outcome.refusal == Refusal(
        RefusalReason.TOO_LATE,
        {"event": "request_cancellation", "deadline": date(2027, 1, 15)},
    )
    assert outcome.subject == subject
    assert outcome.steps == ()


@pytest.mark.req("REN-6", "REN-7")
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata", "Pacific/Apia"])
def test_the_deadline_is_the_end_of_the_customers_own_day(
    renewal: Ruleset, zone: str
) -> None:
    subject = a_told_renewal(zone=zone)
    event = Event("request_cancellation", "customer_contact")
    midnight = at("2027-01-16", zone)

    before = decide(renewal, subject, event, midnight - timedelta(seconds=1))
    after = decide(renewal, subject, event, midnight)

    assert before.refusal is None
    assert after.refusal is not None
    assert after.refusal.values["deadline"] == date(2027, 1, 15)


@pytest.mark.req("REN-6")
def test_a_cancellation_can_be_withdrawn_until_the_deadline(renewal: Ruleset) -> None:
    subject = a_told_renewal("cancellation_requested")

    outcome = decide(
        renewal, subject, Event("withdraw", "customer_contact"), LAST_SECOND
    )

    assert outcome.subject.state == "pending"
    assert told(outcome.steps[0].tells) == [("cancellation_withdrawn", "owner")]
    assert outcome.next_due_at == TOO_LATE


@pytest.mark.req("REN-6")
def test_an_acceptance_can_be_taken_back_until_the_deadline(renewal: Ruleset) -> None:
    subject = a_told_renewal("renewed")

    outcome = decide(renewal, subject, Event("take_back", "partner"), LAST_SECOND)

    assert outcome.subject.state == "pending"


@pytest.mark.req("REN-6")
@pytest.mark.parametrize(
    ("state", "event"),
    [("cancellation_requested", "withdraw"), ("renewed", "take_back")],
)
def test_nothing_is_taken_back_after_the_deadline(
    renewal: Ruleset, state: str, event: str
) -> None:
    refusal = refusal_of(renewal, state, event, "customer_contact", "2027-01-16")

    assert refusal is not None
    assert refusal.reason is RefusalReason.TOO_LATE


@pytest.mark.req("REN-4")
@pytest.mark.parametrize("role", EVERYBODY)
def test_a_contract_that_silence_does_not_renew_can_be_accepted_until_its_start(
    renewal: Ruleset, role: str
) -> None:
    subject = a_told_renewal(automatic_renewal=False)
    before_start = THE_START - timedelta(seconds=1)

    outcome = decide(renewal, subject, Event("accept", role), before_start)

    assert outcome.subject.state == "renewed"
    assert not outcome.subject.closed


@pytest.mark.parametrize("role", EVERYBODY)
def test_an_acceptance_counts_while_a_change_is_held(
    renewal: Ruleset, role: str
) -> None:
    subject = a_renewal(handled_until=THE_START, attention="no notice")

    outcome = decide(renewal, subject, Event("accept", role), THE_START)

    assert outcome.subject.state == "renewed"
    assert outcome.subject.closed


@pytest.mark.req("REN-4")
def test_what_fell_due_before_an_answer_happened_before_it(renewal: Ruleset) -> None:
    subject = a_told_renewal(automatic_renewal=False)
    after_start = THE_START + timedelta(seconds=30)

    outcome = decide(renewal, subject, Event("accept", "partner"), after_start)

    assert outcome.refusal is not None
    assert outcome.refusal.reason is RefusalReason.CLOSED
    assert outcome.subject == subject


@pytest.mark.req("RULE-10")
def test_silence_does_not_renew_what_is_held_for_a_person(renewal: Ruleset) -> None:
    held = a_renewal(
        handled_until=THE_START,
        attention="no notice",
        notice_out_at=at("2027-03-02T10:00"),
    )

    outcome = decide(renewal, held, None, at("2027-04-01"))

    assert outcome.steps == ()
    assert outcome.subject.state == "pending"


@pytest.mark.req("REN-6")
def test_an_acceptance_without_notice_keeps_the_plain_deadline(
    renewal: Ruleset,
) -> None:
    accepted = a_renewal(state="renewed", handled_until=at("2026-10-25"))

    outcome = decide(
        renewal, accepted, Event("request_cancellation", "partner"), at("2027-02-20")
    )

    assert outcome.refusal is not None
    assert outcome.refusal.reason is RefusalReason.TOO_LATE


@pytest.mark.req("RULE-10")
def test_a_person_at_the_vendor_settles_a_held_change_after_its_start(
    renewal: Ruleset,
) -> None:
    subject = a_renewal(handled_until=THE_START, attention="no notice")
    event = Event("accept", "vendor_operations")

    outcome = decide(renewal, subject, event, at("2027-03-04T10:00"))

    assert [step.name for step in outcome.steps] == ["accept", "start"]
    assert outcome.subject.state == "renewed"
    assert outcome.subject.closed
    assert outcome.subject.attention is None


@pytest.mark.req("REN-6", "RULE-10")
def test_a_held_change_can_still_be_cancelled_and_ends_at_once(
    renewal: Ruleset,
) -> None:
    subject = a_renewal(handled_until=THE_START, attention="no notice")
    event = Event("request_cancellation", "customer_contact")

    outcome = decide(renewal, subject, event, at("2027-03-04T10:00"))

    assert [step.do for step in outcome.steps] == [None, "end contract"]
    assert outcome.subject.state == "cancellation_requested"
    assert outcome.subject.closed


@pytest.mark.parametrize(
    ("state", "event"),
    [
        ("pending", "withdraw"),
        ("pending", "take_back"),
        ("pending", "no_such_event"),
        ("renewed", "accept"),
        ("renewed", "withdraw"),
        ("cancellation_requested", "accept"),
        ("cancellation_requested", "request_cancellation"),
        ("pending", "silence"),
        ("pending", "__class__"),
    ],
)
def test_an_event_that_the_state_does_not_have_is_refused(
    renewal: Ruleset, state: str, event: str
) -> None:
    refusal = refusal_of(renewal, state, event, "customer_contact", "2026-12-05")

    assert refusal == Refusal(
        RefusalReason.NOT_POSSIBLE, {"event": event, "state": state}
    )


def test_a_role_that_may_not_answer_is_told_who_can(renewal: Ruleset) -> None:
    refusal = refusal_of(renewal, "pending", "accept", "outsider", "2026-12-05")

    assert refusal == Refusal(
        RefusalReason.NOT_PERMITTED,
        {
            "event": "accept",
            "role": "outsider",
            "who": "customer_contact, partner, vendor_operations",
        },
    )


@pytest.mark.parametrize("event", ["accept", "request_cancellation", "no_such_event"])
def test_nothing_can_be_answered_once_a_change_is_closed(
    renewal: Ruleset, event: str
) -> None:
    subject = a_renewal("renewed", closed=True)

    outcome = decide(renewal, subject, Event(event, "vendor_operations"), TOO_LATE)

    assert outcome.refusal == Refusal(RefusalReason.CLOSED, {"state": "renewed"})
    assert outcome.subject == subject


def test_a_refused_answer_leaves_what_is_due_to_the_clock(renewal: Ruleset) -> None:
    subject = a_told_renewal()
    event = Event("request_cancellation", "partner")

    refused = decide(renewal, subject, event, TOO_LATE)
    ticked = decide(renewal, refused.subject, None, TOO_LATE)

    assert refused.next_due_at is None
    assert ticked.subject.state == "renewed"


def test_an_answer_before_an_overdue_reminder_makes_it_needless(
    renewal: Ruleset,
) -> None:
    event = Event("accept", "customer_contact")

    outcome = decide(renewal, a_told_renewal(), event, at("2026-12-01T09:00"))

    assert [step.kind for step in outcome.steps] == [StepKind.TRANSITION]


BRANCHES = """
  pending:
    initial: true
    on:
      settle:
        - {to: kept, by: partner, if: automatic_renewal, until: deadline}
        - {to: left, by: partner, if: not automatic_renewal}
      leave: {to: left, by: partner, if: not automatic_renewal}
    at:
      start: {do: end contract, why: It is over.}
  kept:
    final: true
  left:
    final: true
"""


@pytest.mark.parametrize(
    ("automatic_renewal", "target"), [(True, "kept"), (False, "left")]
)
def test_an_event_leads_where_the_first_condition_that_holds_says(
    automatic_renewal: bool, target: str
) -> None:
    ruleset = a_machine(BRANCHES)
    subject = a_renewal(automatic_renewal=automatic_renewal)

    outcome = decide(ruleset, subject, Event("settle", "partner"), at("2026-12-05"))

    assert outcome.subject.state == target


def test_a_final_state_closes_the_subject() -> None:
    ruleset = a_machine(BRANCHES)

    outcome = decide(ruleset, a_renewal(), Event("settle", "partner"), at("2026-12-05"))

    assert outcome.subject.closed
    assert outcome.next_due_at is None


def test_an_event_none_of_whose_conditions_holds_is_not_possible() -> None:
    ruleset = a_machine(BRANCHES)

    outcome = decide(ruleset, a_renewal(), Event("leave", "partner"), at("2026-12-05"))

    assert outcome.refusal is not None
    assert outcome.refusal.reason is RefusalReason.NOT_POSSIBLE
    assert [(t.considered, t.result) for t in outcome.trace] == [
        ("leave: if not automatic_renewal", "does not hold"),
        ("leave", "refused: not_possible_here"),
    ]


def test_a_branch_that_is_late_says_so_although_another_does_not_apply() -> None:
    ruleset = a_machine(BRANCHES)

    outcome = decide(ruleset, a_renewal(), Event("settle", "partner"), TOO_LATE)

    assert outcome.refusal is not None
    assert outcome.refusal.reason is RefusalReason.TOO_LATE
