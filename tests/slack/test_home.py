"""The home tab: one's open questions with their buttons, and the next deadlines."""

from typing import Any

import pytest

from tests.fakes import slack_payloads as slack
from tests.slack.conftest import Workspace


def home(workspace: Workspace, user: str = "U1") -> str:
    blocks = workspace.slack.homes[user]["blocks"]
    return "\n".join(one["text"]["text"] for one in blocks if "text" in one)


def buttons(workspace: Workspace) -> list[dict[str, Any]]:
    return [
        button
        for block in workspace.slack.homes["U1"]["blocks"]
        if block["type"] == "actions"
        for button in block["elements"]
    ]


@pytest.mark.req("BOT-3")
def test_home_shows_ones_questions_and_deadlines(linked: Workspace) -> None:
    linked.hears(slack.an_opened_home())

    assert "Acme, Suite" in home(linked)
    assert "deadline 15 January 2027" in home(linked)
    assert [one["text"]["text"] for one in buttons(linked)] == [
        "Accept the new conditions",
        "Ask to cancel",
    ]


@pytest.mark.req("BOT-3")
def test_a_button_at_home_answers_and_home_says_so(linked: Workspace) -> None:
    linked.hears(slack.an_opened_home())
    press = slack.a_press_at_home(buttons(linked)[0])

    linked.caller.deliver(press)
    linked.works()

    assert linked.book.change().state == "renewed"
    assert "Done: “Accept the new conditions”" in home(linked)
    assert "Nothing waits for your answer." in home(linked)
    assert buttons(linked) == []


def test_at_home_a_stranger_finds_the_link(asked: Workspace) -> None:
    asked.hears(slack.an_opened_home())

    assert "/slack/link/" in home(asked)
    assert "Acme" not in home(asked)


def test_the_tab_of_messages_publishes_nothing(linked: Workspace) -> None:
    linked.hears(slack.an_opened_home(tab="messages"))

    assert linked.slack.homes == {}


@pytest.mark.parametrize("what", [slack.an_uninstallation, slack.revoked_tokens])
def test_being_cut_off_is_noted_and_stops_nothing(linked: Workspace, what: Any) -> None:
    linked.hears(what())

    [item] = linked.book.rows("SELECT status, reason FROM inbox")
    assert item["status"] == "done"
    assert item["reason"] in ("app_uninstalled", "tokens_revoked")
