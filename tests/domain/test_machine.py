"""The one machine of a ruleset makes moves, and nothing of a rule file runs in it."""

from collections.abc import Iterator
from typing import Any

import pytest

from engine.domain import machine
from engine.domain.decide import decide
from engine.domain.outcome import Event
from engine.domain.ruleset import Ruleset
from tests.domain.builders import a_machine, a_renewal, at

HOSTILE = """
  os:
    initial: true
    why: os.system
    enter:
      - {tell: owner, message: os.system}
    on:
      before: {to: on_enter_os, by: partner, why: shutil.rmtree}
      trigger: {to: model, by: partner, tell: owner, message: os.system}
  on_enter_os:
    enter: {tell: owner, message: builtins.exit}
    on:
      on_exit: {to: os, by: partner}
  model:
    final: true
"""


@pytest.mark.parametrize("name", ["renewal", "tier_upgrade", "email_overage"])
def test_the_machine_of_a_shipped_ruleset_has_no_callbacks(
    name: str, request: pytest.FixtureRequest
) -> None:
    ruleset: Ruleset = request.getfixturevalue(name)

    assert list(_callbacks(machine._machine(ruleset))) == []


def test_names_that_look_like_code_are_inert() -> None:
    ruleset = a_machine(HOSTILE)

    first = decide(
        ruleset, a_renewal("os"), Event("before", "partner"), at("2026-12-05")
    )
    back = decide(ruleset, first.subject, Event("on_exit", "partner"), at("2026-12-05"))
    done = decide(ruleset, back.subject, Event("trigger", "partner"), at("2026-12-05"))

    found = [o.subject.state for o in (first, back, done)]
    assert found == ["on_enter_os", "os", "model"]
    assert list(_callbacks(machine._machine(ruleset))) == []


def test_the_machine_gives_its_walkers_no_methods() -> None:
    ruleset = a_machine(HOSTILE)
    walker = machine._Walker("os")

    machine.move(ruleset, "os", "on", "before", 0)

    assert [name for name in dir(walker) if not name.startswith("__")] == ["state"]


def test_only_the_moves_of_the_rules_exist(renewal: Ruleset) -> None:
    events = machine._machine(renewal).events

    assert sorted(events) == [
        "at/silence/pending/0",
        "on/accept/pending/0",
        "on/request_cancellation/pending/0",
        "on/request_cancellation/renewed/0",
        "on/take_back/renewed/0",
        "on/withdraw/cancellation_requested/0",
    ]


def test_a_move_leads_to_its_branchs_target(renewal: Ruleset) -> None:
    assert machine.move(renewal, "pending", "at", "silence", 0) == "renewed"
    assert machine.move(renewal, "renewed", "on", "take_back", 0) == "pending"


@pytest.mark.req("OPS-4")
@pytest.mark.parametrize(
    ("source", "name", "target", "legal"),
    [
        ("pending", "accept", "renewed", True),
        ("pending", "silence", "renewed", True),
        ("pending", "request_cancellation", "cancellation_requested", True),
        ("cancellation_requested", "withdraw", "pending", True),
        ("pending", "accept", "cancellation_requested", False),
        ("pending", "withdraw", "pending", False),
        ("cancellation_requested", "silence", "renewed", False),
        ("pending", "start", "renewed", False),
        ("pending", "start", "pending", False),
        ("nowhere", "accept", "renewed", False),
        ("pending", "accept", "nowhere", False),
        ("pending", "no_such_event", "renewed", False),
    ],
)
def test_a_recorded_move_is_legal_if_the_rules_have_it(
    renewal: Ruleset, source: str, name: str, target: str, legal: bool
) -> None:
    assert machine.is_legal(renewal, source, name, target) == legal


def _callbacks(made: Any) -> Iterator[object]:
    """Every callback that the machine, its states and its transitions hold."""
    yield from made.before_state_change + made.after_state_change
    yield from made.prepare_event + made.finalize_event + made.on_exception
    yield from made.on_final
    for state in made.states.values():
        yield from state.on_enter + state.on_exit
    for event in made.events.values():
        for transitions in event.transitions.values():
            for one in transitions:
                yield from one.prepare + one.conditions + one.before + one.after
