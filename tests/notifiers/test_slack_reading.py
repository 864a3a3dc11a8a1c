"""Whose word it is that Slack sends, or why it is nobody's."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.slack_heard import (
    Commanded,
    CutOff,
    Heard,
    NotHeard,
    OpenedHome,
    Pressed,
    Where,
    Wrote,
)
from engine.domain.slack_users import SlackUser
from notifiers.slack_reading import choice_of, read_heard
from notifiers.slack_requests import read_payload
from tests.fakes import slack_payloads as slack

ME = SlackUser(slack.TEAM, "U1")
BUTTON = {"action_id": "answer/7/accept", "value": choice_of(7, "accept")}
THREAD = "1700000000.000100"

HEARD: dict[str, tuple[slack.Payload, Heard]] = {
    "a reply in a thread": (
        slack.a_message("oui", thread=THREAD),
        Wrote(ME, "oui", Where(None, "DU1", THREAD)),
    ),
    "a message outside of any": (
        slack.a_message("hello"),
        Wrote(ME, "hello", Where(None, "DU1", None)),
    ),
    "a reply with a file": (
        slack.a_message("see", subtype="file_share", files=[{"id": "F1"}]),
        Wrote(ME, "see", Where(None, "DU1", None), has_files=True),
    ),
    "a member of another workspace": (
        slack.a_foreign_message("yes", "U9", "T9"),
        Wrote(SlackUser("T9", "U9"), "yes", Where(None, "DU9", None)),
    ),
    "a button": (slack.a_press(BUTTON), Pressed(ME, 7, "accept", Where())),
    "a button with somewhere to answer": (
        slack.a_press(BUTTON, response_url="https://hooks.slack.com/actions/1"),
        Pressed(ME, 7, "accept", Where("https://hooks.slack.com/actions/1")),
    ),
    "a button pressed from another workspace": (
        slack.a_press(BUTTON, "U9", team="T9"),
        Pressed(SlackUser("T9", "U9"), 7, "accept", Where()),
    ),
    "a button at home": (
        slack.a_press_at_home(BUTTON),
        Pressed(ME, 7, "accept", Where()),
    ),
    "a command": (
        slack.a_command(" my renewals ", response_url="https://hooks.slack.com/1"),
        Commanded(ME, "my renewals", Where("https://hooks.slack.com/1")),
    ),
    "the home tab": (slack.an_opened_home(), OpenedHome(ME)),
    "an uninstallation": (
        slack.an_uninstallation(),
        CutOff(slack.TEAM, "app_uninstalled"),
    ),
    "revoked tokens": (slack.revoked_tokens(), CutOff(slack.TEAM, "tokens_revoked")),
}

NOBODYS = {
    "an edit": slack.a_changed_message("accept", thread=THREAD),
    "a deletion": slack.a_deleted_message(thread=THREAD),
    "a program of the older kind": slack.a_bot_message("accept", thread=THREAD),
    "the bot itself": slack.our_own_message("accept", thread=THREAD),
    "the bot's user": slack.a_message("accept", slack.BOT_USER, THREAD),
    "a message that was edited before it came": slack.a_message(
        "accept", thread=THREAD, edited={"user": "U1", "ts": "1"}
    ),
    "a reaction": slack.a_reaction("U1", THREAD),
    "a channel": slack.a_message("accept", thread=THREAD, channel_type="channel"),
    "a group": slack.a_message("accept", thread=THREAD, channel_type="mpim"),
    "the tab of messages": slack.an_opened_home(tab="messages"),
    "another button": slack.a_press({"action_id": "x", "value": "click_me_123"}),
    "no prompt": slack.a_press({"action_id": "x", "value": "0/accept"}),
    "a shortcut": {"type": "shortcut", "user": {"id": "U1", "team_id": "T1"}},
    "a user of no workspace": slack.a_press(BUTTON, "u 1"),
}


@pytest.mark.req("BOT-3")
@pytest.mark.parametrize(("payload", "heard"), HEARD.values(), ids=HEARD.keys())
def test_what_a_user_did_is_read_from_the_bytes_that_slack_sends(
    payload: slack.Payload, heard: Heard
) -> None:
    sent = read_payload(slack.encoded(payload)[0])

    assert sent is not None
    assert read_heard(sent) == heard


@pytest.mark.req("BOT-4", "BOT-5")
@pytest.mark.parametrize("payload", NOBODYS.values(), ids=NOBODYS.keys())
def test_what_is_nobodys_word_is_told_apart(payload: slack.Payload) -> None:
    assert isinstance(read_heard(payload), NotHeard)


@pytest.mark.req("BOT-4")
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("&gt; We would accept\nno", "no"),
        ("no\n&gt; accept\n&gt; cancel", "no"),
        ("<@U0TACIT> yes &amp; thanks", "yes & thanks"),
        ("see <https://acme.example|our site>", "see our site"),
        ("a &lt; b", "a < b"),
    ],
)
def test_only_the_words_that_were_typed_are_read(typed: str, words: str) -> None:
    heard = read_heard(slack.a_message(typed))

    assert isinstance(heard, Wrote)
    assert heard.text == words


_ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["", "U1", "x y", "<@U1>"]),
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "team_id", "value", "x"]), inside)
    ),
    max_leaves=6,
)
_NAMES = st.sampled_from(
    ["type", "event", "user", "team", "team_id", "actions", "command", "user_id",
     "authorizations", "text", "channel_type", "response_url"]
)  # fmt: skip


@given(st.dictionaries(_NAMES, _ANYTHING), st.sampled_from(["", "a", "b"]))
def test_whatever_it_holds_it_is_read_without_an_error(
    payload: dict[str, Any], kind: str
) -> None:
    types = {"a": "block_actions", "b": "event_callback"}
    given_type = {"type": types[kind]} if kind else {}
    nested = {"event": {"type": "message", "channel_type": "im", **payload}}

    for each in (payload, {**payload, **given_type}, {**nested, **given_type}):
        assert read_heard(each) is not None
