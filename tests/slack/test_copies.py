"""Once a question has ended, however it did, every copy of it in Slack says so."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest

from engine.domain.outcome import RefusalReason
from tests.fakes import slack_payloads as slack
from tests.fakes.slack_server import Trouble
from tests.slack.conftest import CUSTOMER, LATER, Workspace
from tests.support.books import a_person, at

ACCEPT, CANCEL = "accept", "request_cancellation"


@pytest.mark.req("BOT-3")
def test_after_a_button_the_message_says_who_when_and_what_next(
    linked: Workspace,
) -> None:
    before = linked.shown()
    linked.hears(slack.a_press(linked.buttons()[CANCEL]))

    counts = linked.settles()

    assert counts == {"settled": 1, "given_up": 0, "put_off": 0}
    assert linked.buttons() == {}
    shown = linked.shown()
    assert "“Ask to cancel” was answered by Acme Contact on 2 November 2026" in shown
    assert "Withdraw the cancellation and carry on, until 15 January 2027" in shown
    assert "To answer" in before
    assert "To answer" not in shown
    assert "1 March 2027" in shown


@pytest.mark.req("BOT-3")
def test_an_answer_by_any_other_door_is_shown_too(linked: Workspace) -> None:
    linked.book.fire(ACCEPT, "ops", LATER)

    linked.settles()

    assert "“Accept the new conditions” was answered by Ops" in linked.shown()
    assert linked.buttons() == {}


@pytest.mark.req("BOT-3", "REN-4")
def test_what_nobody_answered_is_said_to_have_gone_on_by_itself(
    linked: Workspace,
) -> None:
    linked.book.runs(LATER, at("2027-01-20"))
    linked.clock.now = at("2027-01-20")

    linked.settles()

    assert "Nobody answered in time" in linked.shown(number=0)


@pytest.mark.req("BOT-3", "REN-17")
def test_a_question_about_other_dates_is_not_asked_any_more(linked: Workspace) -> None:
    linked.book.edit(LATER).renewal_start("K-1.R20270301", at("2027-04-01").date())

    linked.settles()

    assert "Dates or terms have changed since" in linked.shown()
    assert linked.buttons() == {}


@pytest.mark.req("BOT-3")
def test_a_copy_for_information_says_it_as_well(empty: Workspace) -> None:
    poc = a_person("nord.poc", partner="nord", channel="slack", slack_user="U2")
    empty.book.imports([poc], at("2026-06-02"))
    empty.passes(at("2026-11-01T08:00"))
    empty.book.fire(ACCEPT, "ops", LATER)

    empty.settles()

    for user in ("U1", "U2"):
        assert "was answered by Ops" in empty.shown(user)
    assert "What can still be done" not in empty.shown("U2")


@pytest.mark.req("BOT-3")
def test_each_copy_is_changed_once(linked: Workspace) -> None:
    linked.book.fire(ACCEPT, "ops", LATER)

    linked.settles()
    linked.settles()

    assert [*linked.slack.changes.values()] == [1]


def test_an_open_question_is_left_as_it_is(linked: Workspace) -> None:
    assert linked.settles() == {"settled": 0, "given_up": 0, "put_off": 0}
    assert list(linked.buttons()) == [ACCEPT, CANCEL]


@pytest.mark.req("BOT-3")
def test_a_rate_limit_is_respected_and_nothing_is_forgotten(linked: Workspace) -> None:
    wait = Trouble(429, "ratelimited", {"Retry-After": "120"})
    linked.slack.trouble("chat.update", wait)
    linked.book.fire(ACCEPT, "ops", LATER)

    first = linked.settles()
    linked.clock.now = LATER + timedelta(seconds=119)
    asked_early = linked.settles()
    calls = linked.slack.calls.count("chat.update")
    linked.clock.now = LATER + timedelta(seconds=121)
    last = linked.settles()

    assert first["put_off"] == 1
    assert asked_early == {"settled": 0, "given_up": 0, "put_off": 0}
    assert calls == 1
    assert last["settled"] == 1


@pytest.mark.req("BOT-3")
def test_trouble_is_tried_again_and_what_cannot_be_changed_is_given_up(
    linked: Workspace,
) -> None:
    linked.slack.trouble("chat.update", Trouble(500, body="oops"), Trouble(reset=True))
    linked.book.fire(ACCEPT, "ops", LATER)

    tried = [linked.settles()["put_off"]]
    for minutes in (1, 10):
        linked.clock.now = LATER + timedelta(minutes=minutes)
        tried.append(linked.settles()["put_off"])

    assert tried == [1, 1, 0]
    assert "was answered by Ops" in linked.shown()


@pytest.mark.req("BOT-3")
def test_a_message_that_is_gone_is_given_up(linked: Workspace) -> None:
    linked.slack.messages["DU1"].clear()
    linked.book.fire(ACCEPT, "ops", LATER)

    assert linked.settles()["given_up"] == 1
    assert linked.settles() == {"settled": 0, "given_up": 0, "put_off": 0}


def test_a_message_whose_conversation_is_not_known_is_skipped(
    linked: Workspace,
) -> None:
    linked.book.execute("UPDATE deliveries SET reference = '1700000000.000000'")
    linked.book.fire(ACCEPT, "ops", LATER)

    assert linked.settles()["given_up"] == 1
    assert "chat.update" not in linked.slack.calls


@pytest.mark.req("BOT-3", "BOT-5")
def test_of_slack_a_link_and_an_event_at_one_instant_one_wins_and_all_see_it(
    linked: Workspace,
) -> None:
    [prompt] = linked.book.prompts()
    press = slack.a_press(
        linked.buttons()[ACCEPT], response_url=linked.slack.response_url("race")
    )
    linked.caller.deliver(press)
    together = Barrier(3)

    def at_once(what: object) -> object:
        together.wait()
        return what()  # type: ignore[operator]

    deeds = [
        linked.works,
        partial(linked.book.answers, prompt, CUSTOMER, CANCEL, LATER),
        partial(linked.book.fire, ACCEPT, "ops", LATER),
    ]
    with ThreadPoolExecutor(3) as pool:
        _, link, fired = pool.map(at_once, deeds)
    linked.clock.now += timedelta(minutes=5)
    linked.works()
    linked.settles()

    answers = linked.book.rows("SELECT via, outcome FROM answers ORDER BY id")
    transitions = [one for one in linked.book.trail() if one["kind"] == "transition"]
    [whisper] = linked.slack.whispers["race"]
    assert len(answers) == 2
    assert len(transitions) >= 1
    first = transitions[0]
    assert f"was answered by {first['by'].replace('.', ' ').title()}" in linked.shown()
    done = [one for one in answers if one["outcome"] == "done"]
    assert len(done) == (1 if first["by"] == CUSTOMER else 0)
    if not any(one["via"] == "slack button" for one in done):
        assert "changed nothing" in json.dumps(whisper)
    if first["by"] != "ops" and len(transitions) == 1:
        assert fired.refusal.reason is RefusalReason.NOT_POSSIBLE  # type: ignore[attr-defined]
    assert link is not None
    assert linked.buttons() == {}
    assert linked.book.flaws() == []
