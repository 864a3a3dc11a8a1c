"""An audit trail folds back into the change as it is."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain import audit
from engine.domain.audit import Entry
from engine.domain.outcome import StepKind
from engine.domain.replay import Replayed, from_state, replayed, state_text, wrong_move
from engine.domain.ruleset import Ruleset
from tests.domain.builders import START, a_machine, a_renewal, a_usage_change, at
from tests.domain.walks import Walk

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
Said = tuple[str, dict[str, object]]

TOLD: Final[Said] = ("sent", {"notice": True, "plan": 0})
HELD: Final[Said] = ("held", {"name": "silence", "why": "told nobody"})
WARNED: Final[Said] = ("warned", {"name": "near", "month": "2026-05"})
OPENED: Final[Said] = ("opened", {"state": "pending", "renewal_start": "2027-03-01"})


def entries_of(*said: Said) -> list[Entry]:
    """Entries that say so, without hashes: replay reads none."""
    return [
        Entry(seq, NOW, kind, json.dumps(body), "")
        for seq, (kind, body) in enumerate(said, start=1)
    ]


def wrong_moves(entries: list[Entry], ruleset: Ruleset) -> list[str]:
    """What is wrong with the moves of a trail, each seen from where it started."""
    rules_of = {ruleset.version: ruleset}
    found = [
        wrong_move(replayed(entries[:index]), entry, rules_of)
        for index, entry in enumerate(entries)
    ]
    return [one for one in found if one is not None]


class Recorder:
    """Records a walk in a trail as the services do."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self.entries: list[Entry] = []
        self.plan = 0
        self._head = audit.first_link("change", "K-1")
        opened = {"state": walk.ruleset.initial, "renewal_start": f"{START}"}
        self._add("opened", audit.body(opened))

    def tick(self, now: datetime) -> None:
        self.walk.tick(now)
        self._steps()

    def fire(self, event: str, role: str, now: datetime) -> None:
        outcome = self.walk.fire(event, role, now)
        if outcome.refusal:
            self._add("refused", audit.body({"reason": outcome.refusal.reason.value}))
        self._steps()

    def notice(self, now: datetime) -> None:
        self.walk.notice_accepted(now)
        said = {"message": "last_call", "notice": True, "plan": self.plan}
        self._add("sent", audit.body(said))

    def plan_again(self, now: datetime, day: date) -> None:
        self.plan += 1
        edit = {"set": {"renewal_start": f"{day}"}, "planned_again": True}
        self._add("edited", audit.body(edit))
        self.walk.plan_again(now, day)
        self._steps()

    def _steps(self) -> None:
        states = self.walk.ruleset.states
        for _, step in self.walk.steps:
            final = step.kind is StepKind.TRANSITION and states[step.target].final
            body = audit.step_body(
                step, by="clock", rules=self.walk.ruleset.version, final=final
            )
            self._add(step.kind.value, body)
        self.walk.steps.clear()

    def _add(self, kind: str, body: str) -> None:
        self._head = audit.link(self._head, audit.entry_text(NOW, kind, body))
        entry = Entry(len(self.entries) + 1, NOW, kind, body, self._head)
        self.entries.append(entry)


actions = st.lists(
    st.tuples(
        st.timedeltas(timedelta(0), timedelta(days=40)),
        st.one_of(
            st.just(("tick",)),
            st.just(("notice",)),
            st.tuples(st.just("move"), st.integers(-30, 200)),
            st.tuples(
                st.sampled_from(
                    ["accept", "request_cancellation", "withdraw", "take_back"]
                ),
                st.sampled_from(["customer_contact", "vendor_operations"]),
            ),
        ),
    ),
    max_size=15,
)


@pytest.mark.req("OPS-4")
@pytest.mark.parametrize("name", ["renewal", "tier_upgrade"])
@settings(max_examples=40, deadline=None)
@given(done=actions, automatic=st.booleans())
def test_a_trail_replays_to_the_present_whatever_happened(
    name: str,
    request: pytest.FixtureRequest,
    done: list[tuple[timedelta, tuple[object, ...]]],
    automatic: bool,
) -> None:
    ruleset: Ruleset = request.getfixturevalue(name)
    is_renewal = name == "renewal"
    subject = a_renewal(automatic_renewal=automatic) if is_renewal else a_usage_change()
    recorder, now = Recorder(Walk(ruleset, subject)), at("2026-10-25")

    for gap, action in done:
        now += gap
        _act(recorder, action, now)

    present = recorder.walk.subject
    assert audit.broken_at(audit.beginning("change", "K-1"), recorder.entries) is None
    assert replayed(recorder.entries) == Replayed(
        state=present.state,
        renewal_start=f"{present.renewal_start}",
        version=len(recorder.entries),
        closed_at=NOW if present.closed else None,
        attention=present.attention,
        notice_out=present.notice_out_at is not None,
        plan=recorder.plan,
    )
    assert wrong_moves(recorder.entries, ruleset) == []


def _act(recorder: Recorder, action: tuple[object, ...], now: datetime) -> None:
    match action:
        case ("tick",):
            recorder.tick(now)
        case ("notice",):
            recorder.notice(now)
        case ("move", int(days)):
            if not recorder.walk.subject.closed:
                recorder.plan_again(now, now.date() + timedelta(days=days))
        case (event, role):
            recorder.fire(str(event), str(role), now)


@pytest.mark.req("OPS-4", "REN-17")
def test_a_held_change_that_is_planned_again_needs_nobody_any_more() -> None:
    entries = entries_of(OPENED, HELD, ("edited", {"planned_again": True}))

    assert not replayed(entries).attention


@pytest.mark.req("OPS-4")
def test_a_final_state_closes_in_the_trail_too() -> None:
    ruleset = a_machine(
        "  pending: {initial: true, on: {stop: {to: over, by: partner}}}\n"
        "  over: {final: true}\n"
    )
    recorder = Recorder(Walk(ruleset, a_renewal()))

    recorder.fire("stop", "partner", NOW)

    assert replayed(recorder.entries).closed_at == NOW


@pytest.mark.req("OPS-4")
@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([], Replayed("pending", "2027-03-01", 1)),
        ([("ended", {})], Replayed("pending", "2027-03-01", 2, closed_at=NOW)),
        (
            [HELD, ("ended", {})],
            Replayed("pending", "2027-03-01", 3, closed_at=NOW),
        ),
        ([("effect", {})], Replayed("pending", "2027-03-01", 2)),
        (
            [HELD, ("effect", {})],
            Replayed("pending", "2027-03-01", 3, attention="told nobody"),
        ),
        (
            [HELD, ("effect", {"do": "end contract"})],
            Replayed("pending", "2027-03-01", 3, closed_at=NOW),
        ),
        (
            [("edited", {"set": {"owner_choice": "partner"}})],
            Replayed("pending", "2027-03-01", 2, owner_choice="partner"),
        ),
        (
            [
                ("edited", {"set": {"owner_choice": "partner"}}),
                ("edited", {"set": {"owner_choice": None}}),
            ],
            Replayed("pending", "2027-03-01", 3),
        ),
        (
            [("edited", {"set": {"renewal_start": "2027-06-01"}})],
            Replayed("pending", "2027-06-01", 2),
        ),
        ([("sent", {})], Replayed("pending", "2027-03-01", 2)),
        (
            [TOLD, ("sent", {})],
            Replayed("pending", "2027-03-01", 3, notice_out=True),
        ),
        (
            [TOLD, ("edited", {"planned_again": True})],
            Replayed("pending", "2027-03-01", 3, plan=1),
        ),
        (
            [("edited", {"planned_again": True}), TOLD],
            Replayed("pending", "2027-03-01", 3, plan=1),
        ),
        ([("refused", {})], Replayed("pending", "2027-03-01", 2)),
        ([WARNED, WARNED], Replayed("pending", "2027-03-01", 3)),
    ],
    ids=[
        "opened",
        "its contract ended",
        "ended while held",
        "told somebody",
        "told somebody while held",
        "closed while held",
        "an owner chosen",
        "an owner's choice undone",
        "moved",
        "a message that is no notice",
        "a notice and a later message",
        "dates that moved after their notice",
        "a notice of dates that have moved",
        "what changes nothing",
        "warnings",
    ],
)
def test_each_kind_of_entry_says_its_part(said: list[Said], expected: Replayed) -> None:
    assert replayed(entries_of(OPENED, *said)) == expected


def test_an_empty_trail_says_nothing() -> None:
    assert replayed([]) == Replayed()


@pytest.mark.req("OPS-4")
@pytest.mark.parametrize(
    "present",
    [
        Replayed(),
        Replayed("pending", "2027-03-01", 4, NOW, "told nobody", "partner", True, 2),
    ],
    ids=["nothing", "everything"],
)
def test_a_checkpoint_keeps_all_that_was_replayed(present: Replayed) -> None:
    assert from_state(state_text(present)) == present
    assert from_state("") == Replayed()


@pytest.mark.req("OPS-4")
def test_what_is_held_without_a_reason_is_held_by_its_name() -> None:
    assert replayed(entries_of(OPENED, ("held", {"name": "silence"}))) == Replayed(
        "pending", "2027-03-01", 2, attention="silence"
    )


def moving(name: str, source: str, target: str, **said: object) -> Said:
    body = {"name": name, "from": source, "to": target, "rules": "v1", **said}
    return "transition", body


MOVES = {
    "moves that follow from one another": (
        [
            moving("accept", "pending", "renewed"),
            moving("take_back", "renewed", "pending"),
        ],
        [],
    ),
    "a move from a state it was not in": (
        [moving("take_back", "renewed", "pending")],
        ["take_back starts from renewed, but the change was pending"],
    ),
    "a move that the rules do not have": (
        [moving("take_back", "pending", "renewed")],
        ["take_back cannot lead from pending to renewed under rules v1"],
    ),
    "a move under rules that nobody kept": (
        [moving("accept", "pending", "renewed", rules="v0")],
        ["its rules v0 are not kept"],
    ),
    "a move after the end": (
        [("ended", {}), moving("accept", "pending", "renewed")],
        ["accept moves a change that was closed"],
    ),
}


@pytest.mark.req("OPS-4")
@pytest.mark.parametrize(("said", "expected"), MOVES.values(), ids=list(MOVES))
def test_a_move_must_follow_from_the_one_before(
    renewal: Ruleset, said: list[Said], expected: list[str]
) -> None:
    rules = replace(renewal, version="v1")

    assert wrong_moves(entries_of(OPENED, *said), rules) == expected
