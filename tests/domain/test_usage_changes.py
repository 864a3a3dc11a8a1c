"""Contact tier upgrades and email overages: silence never confirms one."""

from datetime import timedelta

import pytest

from engine.domain.decide import decide
from engine.domain.outcome import Event, StepKind
from engine.domain.ruleset import Rulebook, Ruleset
from tests.domain.builders import a_usage_change, at, told
from tests.domain.walks import Walk, every

EFFECTIVE = at("2027-03-01")
MACHINES = ["contact_tier_upgrade", "email_overage"]


@pytest.fixture(params=MACHINES)
def machine(request: pytest.FixtureRequest, rulebook: Rulebook) -> Ruleset:
    """Either of the two machines that usage opens."""
    return rulebook.machines[request.param]


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("contact_tier_upgrade", ["2027-01-30", "2027-02-15", "2027-02-22"]),
        ("email_overage", ["2027-02-15", "2027-02-22", "2027-02-27"]),
    ],
)
def test_each_of_its_reminders_is_sent_once(
    rulebook: Rulebook, name: str, days: list[str]
) -> None:
    walk = Walk(rulebook.machines[name], a_usage_change())

    walk.ticks(every(timedelta(hours=5), at("2027-01-01"), EFFECTIVE))

    assert walk.reminders == days


@pytest.mark.req("REN-5")
def test_an_unanswered_change_is_overdue_and_the_vendor_is_told(
    machine: Ruleset,
) -> None:
    subject = a_usage_change(handled_until=at("2027-02-28"))

    outcome = decide(machine, subject, None, EFFECTIVE)

    (step,) = outcome.steps
    assert step.kind is StepKind.HELD
    assert told(step.tells) == [("overdue", "vendor_operations")]
    assert outcome.subject.state == "pending"
    assert outcome.subject.attention == step.why
    assert not outcome.subject.closed


@pytest.mark.req("REN-5")
def test_silence_never_confirms_a_change(machine: Ruleset) -> None:
    walk = Walk(machine, a_usage_change())

    walk.ticks(every(timedelta(days=1), at("2026-10-01"), at("2027-12-01")))

    assert walk.states == []
    assert len(walk.of(StepKind.HELD)) == 1


@pytest.mark.req("REN-1", "REN-5")
@pytest.mark.parametrize("role", ["customer_contact", "partner", "vendor_operations"])
def test_a_change_can_be_confirmed_until_the_second_before_its_effective_date(
    machine: Ruleset, role: str
) -> None:
    event, now = Event("accept", role), EFFECTIVE - timedelta(seconds=1)

    outcome = decide(machine, a_usage_change(), event, now)

    assert outcome.subject.state == "confirmed"
    assert outcome.next_due_at == EFFECTIVE


@pytest.mark.req("REN-1")
@pytest.mark.parametrize("role", ["customer_contact", "partner"])
@pytest.mark.parametrize("event", ["accept", "request_cancellation"])
def test_a_change_cannot_be_answered_from_its_effective_date_on(
    machine: Ruleset, event: str, role: str
) -> None:
    outcome = decide(machine, a_usage_change(), Event(event, role), EFFECTIVE)

    assert outcome.refusal is not None
    assert f"{outcome.refusal.values['deadline']}" == "2027-02-28"


@pytest.mark.req("REN-5")
def test_a_person_at_the_vendor_settles_an_overdue_change(machine: Ruleset) -> None:
    subject = a_usage_change(handled_until=EFFECTIVE, attention="overdue")
    event = Event("accept", "vendor_operations")

    outcome = decide(machine, subject, event, at("2027-03-10"))

    assert outcome.subject.state == "confirmed"
    assert [step.do for step in outcome.steps] == [None, "apply change"]
    assert outcome.subject.closed
    assert outcome.subject.attention is None


def test_a_confirmed_change_is_applied_on_its_effective_date(machine: Ruleset) -> None:
    outcome = decide(machine, a_usage_change("confirmed"), None, EFFECTIVE)

    assert [step.do for step in outcome.steps] == ["apply change"]
    assert outcome.subject.closed


def test_a_cancelled_change_is_dropped_on_its_effective_date(machine: Ruleset) -> None:
    subject = a_usage_change("cancellation_requested")

    outcome = decide(machine, subject, None, EFFECTIVE)

    assert [step.do for step in outcome.steps] == ["drop change"]
    assert outcome.subject.state == "cancellation_requested"


@pytest.mark.req("REN-6")
@pytest.mark.parametrize(
    ("state", "event", "target"),
    [
        ("confirmed", "take_back", "pending"),
        ("confirmed", "request_cancellation", "cancellation_requested"),
        ("cancellation_requested", "withdraw", "pending"),
    ],
)
def test_an_answer_can_be_changed_until_the_effective_date(
    machine: Ruleset, state: str, event: str, target: str
) -> None:
    subject, fired = a_usage_change(state), Event(event, "customer_contact")

    before = decide(machine, subject, fired, EFFECTIVE - timedelta(seconds=1))
    after = decide(machine, subject, fired, EFFECTIVE)

    assert before.subject.state == target
    assert after.refusal is not None
