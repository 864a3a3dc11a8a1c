"""Dated effects, conditions that change, and moments that lead on."""

from dataclasses import replace
from datetime import timedelta

from engine.domain import agenda
from engine.domain.decide import decide
from engine.domain.outcome import Event, StepKind
from engine.domain.ruleset import Ruleset
from tests.domain.builders import a_machine, a_renewal, at, told
from tests.domain.walks import Walk, every

DEADLINE, THE_START = at("2027-01-16"), at("2027-03-01")

ONCE = """
  pending:
    initial: true
    on:
      pause: {to: paused, by: partner}
    at:
      deadline:
        - {if: has_partner, to: done, why: It has a partner now.}
        - {if: starter, tell: vendor_operations, message: overdue, why: A starter.}
      start: {do: end contract, why: It is over.}
  paused:
    on:
      resume: {to: pending, by: partner}
  done:
    final: true
"""


def a_subject(**facts: bool) -> Walk:
    known = {"has_partner": False, "starter": False, **facts}
    subject = replace(a_renewal(), facts=tuple(sorted(known.items())))
    return Walk(a_machine(ONCE), subject)


def with_fact(walk: Walk, name: str, value: bool) -> None:
    known = dict(walk.subject.facts) | {name: value}
    walk.subject = replace(walk.subject, facts=tuple(sorted(known.items())))


def test_an_effect_without_an_action_tells_once() -> None:
    walk = a_subject(starter=True)

    walk.ticks(every(timedelta(hours=5), DEADLINE, THE_START))

    effects = [told(step.tells) for _, step in walk.of(StepKind.EFFECT)]
    assert effects == [[("overdue", "vendor_operations")]]


def test_a_transition_whose_condition_comes_true_later_is_taken_then() -> None:
    walk = a_subject()
    walk.tick(DEADLINE)
    with_fact(walk, "has_partner", True)

    outcome = walk.tick(DEADLINE + timedelta(days=3))

    assert outcome.subject.state == "done"
    assert outcome.steps[0].due_at == DEADLINE


def test_an_effect_whose_condition_comes_true_later_is_past() -> None:
    walk = a_subject()
    walk.tick(DEADLINE)
    with_fact(walk, "starter", True)

    outcome = walk.tick(DEADLINE + timedelta(days=3))

    assert outcome.steps == ()


def test_a_condition_that_does_not_hold_is_traced() -> None:
    outcome = a_subject().tick(DEADLINE)

    assert [trace.considered for trace in outcome.trace] == [
        "deadline: if has_partner",
        "deadline: if starter",
    ]


def test_a_state_entered_again_does_its_past_effects_again() -> None:
    walk = a_subject(starter=True)
    walk.tick(DEADLINE)
    walk.fire("pause", "partner", DEADLINE + timedelta(days=1))

    outcome = walk.fire("resume", "partner", DEADLINE + timedelta(days=2))

    assert [step.name for step in outcome.steps] == ["resume", "deadline"]


def test_going_to_and_fro_ends_where_it_should() -> None:
    walk = a_subject()

    for hour in range(0, 20, 2):
        walk.fire("pause", "partner", at("2026-12-01") + timedelta(hours=hour))
        walk.fire("resume", "partner", at("2026-12-01") + timedelta(hours=hour + 1))

    assert walk.states == ["paused", "pending"] * 10
    assert walk.next_due_at == DEADLINE


def test_a_state_without_moments_waits_for_an_event() -> None:
    walk = a_subject()

    outcome = walk.fire("pause", "partner", at("2026-12-01"))

    assert outcome.next_due_at is None
    assert outcome.subject.state == "paused"


def test_a_dated_transition_into_a_final_state_closes() -> None:
    outcome = a_subject(has_partner=True).tick(DEADLINE)

    assert outcome.subject.closed
    assert outcome.next_due_at is None


def test_what_is_told_on_the_way_comes_before_what_is_told_on_arrival() -> None:
    ruleset = a_machine(
        """
  pending:
    initial: true
    on:
      stop: {to: over, by: partner, tell: owner, message: cancellation_withdrawn}
  over:
    final: true
    enter: {tell: owner, message: cancellation_noted}
"""
    )

    outcome = decide(ruleset, a_renewal(), Event("stop", "partner"), DEADLINE)

    assert told(outcome.steps[0].tells) == [
        ("cancellation_withdrawn", "owner"),
        ("cancellation_noted", "owner"),
    ]


def test_a_moment_that_no_silence_needs_is_not_prolonged(
    tier_upgrade: Ruleset,
) -> None:
    deadline = at("2027-03-01")

    found = agenda.closes_at(tier_upgrade, a_renewal(), "deadline", deadline)

    assert found == deadline


NOBODY_WAITS = """
  pending:
    initial: true
    on:
      cancel: {to: over, by: partner, until: deadline}
    at:
      start: {do: end contract, why: It is over.}
    remind:
      - {message: renewal_notice, at: notice, to: owner}
  over:
    final: true
"""
A_NOTICE = """
notice:
  messages: renewal_notice
  out_for: 7 days
  keeps_open: deadline
"""


def test_a_notice_that_no_silence_waits_for_keeps_nothing_open() -> None:
    ruleset = a_machine(NOBODY_WAITS, A_NOTICE)

    outcome = decide(ruleset, a_renewal(), Event("cancel", "partner"), DEADLINE)

    assert outcome.refusal is not None
