"""A button in a prompt's message answers it, for whoever was asked and is linked."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from engine.domain.slack_users import SlackUser, read_offer
from engine.services.work_inbox import work_inbox
from tests.fakes import slack_payloads as slack
from tests.slack.conftest import CUSTOMER, KEYS, LATER, Workspace
from tests.support.books import a_partner, a_person, a_small_book, at, with_rows

ACCEPT, CANCEL = "accept", "request_cancellation"


def said(whispers: list[dict[str, Any]]) -> str:
    [whisper] = whispers
    assert whisper["response_type"] == "ephemeral"
    assert not whisper["replace_original"]
    texts = [block["text"]["text"] for block in whisper["blocks"]]
    return "\n".join(texts)


def outcomes(workspace: Workspace) -> list[tuple[str, str]]:
    rows = workspace.book.rows("SELECT via, outcome FROM answers ORDER BY id")
    return [(row["via"], row["outcome"]) for row in rows]


@pytest.mark.req("BOT-3")
def test_each_answer_is_a_button_that_names_the_customer_and_the_effect(
    asked: Workspace,
) -> None:
    buttons = asked.buttons()

    assert list(buttons) == [ACCEPT, CANCEL]
    confirm = buttons[CANCEL]["confirm"]
    assert confirm["title"]["text"] == "Ask to cancel"
    assert (
        confirm["text"]["text"] == "Acme, Suite. It is then “cancellation requested”."
    )
    assert buttons[CANCEL]["style"] == "danger"
    assert "style" not in buttons[ACCEPT]
    [message] = asked.slack.messages["DU1"]
    assert "/answer/" not in str(message["blocks"])


@pytest.mark.req("BOT-1", "BOT-3")
def test_a_reader_of_french_gets_french_buttons(empty: Workspace) -> None:
    rows = a_person(
        CUSTOMER, customer="acme", channel="slack", slack_user="U1", language="fr"
    )
    empty.book.imports([rows], at("2026-06-02"))
    empty.passes(at("2026-11-01T08:00"))

    confirm = empty.buttons()[CANCEL]["confirm"]

    assert "résiliation demandée" in confirm["text"]["text"]
    assert (confirm["confirm"]["text"], confirm["deny"]["text"]) == ("Oui", "Non")


@pytest.mark.req("BOT-3", "BOT-5")
def test_a_linked_reader_presses_and_it_is_done(linked: Workspace) -> None:
    answer = said(linked.hears(slack.a_press(linked.buttons()[CANCEL])))

    assert linked.book.change().state == "cancellation_requested"
    assert "Done: “Ask to cancel” for Acme, Suite." in answer
    assert "Withdraw the cancellation and carry on, until 15 January 2027" in answer
    assert outcomes(linked) == [("slack button", "done")]
    assert linked.book.trail()[-1]["by"] == CUSTOMER
    assert linked.book.flaws() == []


@pytest.mark.req("BOT-5")
def test_the_same_button_twenty_times_is_one_answer(linked: Workspace) -> None:
    button, together = linked.buttons()[ACCEPT], Barrier(20)

    def press(_: int) -> None:
        payload = slack.a_press(button, response_url=linked.slack.response_url("20"))
        together.wait()
        linked.caller.deliver(payload)
        work_inbox(linked.book.store, linked.working, linked.clock)

    with ThreadPoolExecutor(20) as pool:
        [*pool.map(press, range(20))]
    linked.clock.now += timedelta(minutes=5)
    linked.works()

    found = outcomes(linked)
    assert found.count(("slack button", "done")) == 1
    assert found.count(("slack button", "repeated")) == 19
    assert linked.book.kinds().count("transition") == 1
    assert len(linked.slack.whispers["20"]) == 20
    assert linked.book.flaws() == []


@pytest.mark.req("BOT-5")
def test_a_stranger_who_presses_is_asked_who_they_are_and_decides_nothing(
    asked: Workspace,
) -> None:
    answer = said(asked.hears(slack.a_press(asked.buttons()[ACCEPT])))

    assert asked.book.change().state == "pending"
    assert outcomes(asked) == []
    [token] = re.findall(r"/slack/link/([^|]+)\|Say who I am", answer)
    assert read_offer(KEYS, token, LATER) == SlackUser(slack.TEAM, "U1")
    assert "2 November 2026, 14:00" in answer


@pytest.mark.req("BOT-5")
def test_an_address_in_the_book_is_nobodys_word(asked: Workspace) -> None:
    """U1 is where we write to the contact, and nobody has said that they are them."""
    asked.links("ops", "U2")

    theirs = said(asked.hears(slack.a_press(asked.buttons()[ACCEPT], "U2")))

    assert "was not put to you" in theirs
    assert asked.book.change().state == "pending"


@pytest.mark.req("BOT-5")
def test_whose_account_is_disabled_is_a_stranger(linked: Workspace) -> None:
    linked.book.execute("UPDATE accounts SET disabled_at = created_at")

    answer = said(linked.hears(slack.a_press(linked.buttons()[ACCEPT])))

    assert "/slack/link/" in answer
    assert linked.book.change().state == "pending"


@pytest.mark.req("BOT-5")
def test_a_linked_member_of_another_workspace_decides(asked: Workspace) -> None:
    asked.links(CUSTOMER, "U9", team="T9GUEST")
    button = asked.buttons()[ACCEPT]

    stranger = said(asked.hears(slack.a_press(button, "U9")))
    guest = said(asked.hears(slack.a_press(button, "U9", team="T9GUEST")))

    assert "/slack/link/" in stranger
    assert "Done" in guest
    assert asked.book.change().state == "renewed"


@pytest.mark.req("BOT-3", "BOT-5")
def test_who_comes_second_is_told_who_was_first_and_when(linked: Workspace) -> None:
    button = linked.buttons()[ACCEPT]
    linked.book.fire(CANCEL, "ops", at("2026-11-02T10:00"))

    answer = said(linked.hears(slack.a_press(button)))

    assert "“Ask to cancel” was answered by Ops on 2 November 2026, 11:00." in answer
    assert "changed nothing" in answer
    assert "Withdraw the cancellation" in answer
    assert linked.book.change().state == "cancellation_requested"


@pytest.mark.req("BOT-5", "REN-7")
def test_what_comes_too_late_says_so(linked: Workspace) -> None:
    button = linked.buttons()[CANCEL]
    linked.clock.now = at("2027-01-16T10:00")

    answer = said(linked.hears(slack.a_press(button)))

    assert "It is too late" in answer
    assert linked.book.change().state == "pending"


@pytest.mark.req("BOT-5")
def test_terms_that_have_changed_since_are_not_accepted(linked: Workspace) -> None:
    button = linked.buttons()[ACCEPT]
    linked.book.edit(LATER).renewal_start("K-1.R20270301", at("2027-04-01").date())

    answer = said(linked.hears(slack.a_press(button)))

    assert "Dates or terms have changed since" in answer
    assert linked.book.change().state == "pending"


@pytest.mark.req("BOT-5")
@pytest.mark.parametrize("value", ["999999/accept", "1/withdraw", "1/nonsense"])
def test_a_made_up_button_does_nothing(linked: Workspace, value: str) -> None:
    button = {**linked.buttons()[ACCEPT], "value": value}

    answer = said(linked.hears(slack.a_press(button)))

    assert "not there, or was not put to you" in answer
    assert linked.book.change().state == "pending"


@pytest.mark.req("REN-10", "BOT-3")
def test_a_partner_who_owns_the_conversation_presses_for_the_customer(
    empty: Workspace,
) -> None:
    poc = a_person("nord.poc", partner="nord", channel="slack", slack_user="U2")
    rows = with_rows(a_small_book(), a_partner(owns_conversations=True), poc)
    empty.book.imports(rows, at("2026-06-02"))
    empty.passes(at("2026-11-01T08:00"))
    empty.links("nord.poc", "U2")

    answer = said(empty.hears(slack.a_press(empty.buttons("U2")[ACCEPT], "U2")))

    assert "Done" in answer
    assert empty.book.trail()[-1]["by"] == "nord.poc"
    assert "DU1" not in empty.slack.messages


@pytest.mark.req("BOT-5")
def test_an_answer_that_cannot_be_given_back_is_done_all_the_same(
    linked: Workspace,
) -> None:
    press = slack.a_press(linked.buttons()[ACCEPT], response_url="http://127.0.0.1:9/")

    linked.hears(press)

    assert linked.book.change().state == "renewed"
    [item] = linked.book.rows("SELECT status FROM inbox")
    assert item["status"] == "done"
