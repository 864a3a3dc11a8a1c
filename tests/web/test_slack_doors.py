"""What Slack sends is stored before it is acknowledged, and nobody else gets in."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from engine.services.take_in import Intake
from tests.fakes import slack_payloads as slack
from tests.fakes.slack_caller import SECRET, SlackCaller
from tests.web.conftest import NOW, Served
from web.site import SlackDoor

BUTTON = {"action_id": "answer/1/accept", "value": "1/accept"}


@pytest.fixture
def caller(served: Served) -> SlackCaller:
    """Slack, which knows the installation's secret."""
    intake = Intake(served.site.store, served.clock)
    object.__setattr__(served.site, "slack", SlackDoor(SECRET, intake))
    return SlackCaller(served.url, served.clock)


def stored(served: Served) -> list[dict[str, Any]]:
    return served.book.rows(
        "SELECT source, external_id, body, status FROM inbox ORDER BY id"
    )


SENT = {
    "a message": slack.a_message("yes"),
    "a reply in a thread": slack.a_message("oui", thread="1700000000.000000"),
    "a message of Slack Connect": slack.a_foreign_message("yes", "U9", "T9"),
    "an edit": slack.a_changed_message("no"),
    "a deletion": slack.a_deleted_message(),
    "a bot": slack.a_bot_message("yes"),
    "the app itself": slack.our_own_message("yes"),
    "a reaction": slack.a_reaction("U1", "1700000000.000000"),
    "the home tab": slack.an_opened_home(),
    "an uninstallation": slack.an_uninstallation(),
    "revoked tokens": slack.revoked_tokens(),
    "a button": slack.a_press(BUTTON),
    "a button at home": slack.a_press_at_home(BUTTON),
    "a command": slack.a_command("my renewals"),
}


@pytest.mark.req("BOT-3")
@pytest.mark.parametrize("payload", SENT.values(), ids=SENT.keys())
def test_what_slack_sends_is_stored_as_it_came_and_acknowledged(
    served: Served, caller: SlackCaller, payload: slack.Payload
) -> None:
    answer = caller.deliver(payload)

    [item] = stored(served)
    assert answer is not None
    assert (answer.status_code, answer.text) == (200, "")
    assert (item["source"], item["status"]) == ("slack", "new")
    assert bytes(item["body"]) == slack.encoded(payload)[0]
    own = payload.get("event_id") or payload["trigger_id"]
    assert item["external_id"].endswith(f"/{own}")


@pytest.mark.req("BOT-5")
def test_what_is_sent_again_is_acknowledged_and_stored_once(
    served: Served, caller: SlackCaller
) -> None:
    message, press = slack.a_message("yes"), slack.a_press(BUTTON)

    with ThreadPoolExecutor(8) as pool:
        answers = [*pool.map(caller.send, [message, press] * 10)]

    assert {one.status_code for one in answers if one is not None} == {200}
    assert len(answers) == 20
    assert len(stored(served)) == 2


def test_the_question_before_the_first_event_is_answered(
    served: Served, caller: SlackCaller
) -> None:
    answer = caller.send(slack.a_question("3eZbrw1aB"))

    assert answer is not None
    assert (answer.status_code, answer.text) == (200, "3eZbrw1aB")
    assert stored(served) == []


def test_a_look_at_the_certificate_is_answered_only_where_slack_signed_it(
    served: Served, caller: SlackCaller
) -> None:
    forged = SlackCaller(served.url, served.clock, secret="guessed")

    seen = caller.send(slack.a_look_at_the_certificate())
    refused = forged.send(slack.a_look_at_the_certificate())
    smuggled = forged.send(slack.a_command("accept K-1", ssl_check="1"))

    assert seen is not None
    assert seen.status_code == 200
    assert [one.status_code for one in (refused, smuggled) if one] == [401, 401]
    assert stored(served) == []


WRONG = {
    "no timestamp": {"X-Slack-Request-Timestamp": ""},
    "a word": {"X-Slack-Request-Timestamp": "now"},
    "digits of another script": {"X-Slack-Request-Timestamp": "١٧٠٠٠٠٠٠٠٠"},
    "a fraction": {"X-Slack-Request-Timestamp": "1700000000.5"},
    "an endless number": {"X-Slack-Request-Timestamp": "1" * 5_000},
    "a negative one": {"X-Slack-Request-Timestamp": "-1"},
    "no signature": {"X-Slack-Signature": ""},
    "a signature of another": {"X-Slack-Signature": "v0=" + "0" * 64},
    "letters beyond ASCII": {"X-Slack-Signature": "v0=é"},
}


@pytest.mark.parametrize("headers", WRONG.values(), ids=WRONG.keys())
def test_headers_that_are_wrong_are_refused_without_an_error(
    served: Served, caller: SlackCaller, headers: dict[str, str]
) -> None:
    body, _ = slack.encoded(slack.a_message("yes"))
    wrong: Any = {name: value.encode() for name, value in headers.items()}

    answer = caller.send_bytes("/slack/events", body, **wrong)

    assert answer is not None
    assert answer.status_code == 401
    assert stored(served) == []


def test_what_was_signed_long_ago_is_refused(
    served: Served, caller: SlackCaller
) -> None:
    body, _ = slack.encoded(slack.a_message("yes"))
    old = caller.signed(body, NOW - timedelta(minutes=6))
    ahead = caller.signed(body, NOW + timedelta(minutes=6))
    just = caller.signed(body, NOW - timedelta(minutes=4))

    answers = [
        caller.send_bytes("/slack/events", body, **signed)
        for signed in (old, ahead, just)
    ]

    assert [one.status_code for one in answers if one] == [401, 401, 200]


def test_another_body_than_the_one_that_was_signed_is_refused(
    served: Served, caller: SlackCaller
) -> None:
    body, _ = slack.encoded(slack.a_message("no"))
    signed = caller.signed(body)

    answer = caller.send_bytes("/slack/events", body.replace(b"no", b"yes"), **signed)

    assert answer is not None
    assert answer.status_code == 401


ODD = {
    "no JSON": b"{",
    "a list": b"[1]",
    "nothing": b"",
    "not UTF-8": b"\xff\xfe",
    "a form of nothing": b"payload=",
    "another form": b"name=value",
    "a deep well": b'{"a":' * 50_000,
}


@pytest.mark.parametrize("body", ODD.values(), ids=ODD.keys())
def test_what_is_no_payload_is_refused(
    served: Served, caller: SlackCaller, body: bytes
) -> None:
    answer = caller.send_bytes("/slack/events", body)

    assert answer is not None
    assert answer.status_code == 400
    assert stored(served) == []


def test_without_a_secret_there_is_no_door(served: Served) -> None:
    caller = SlackCaller(served.url, served.clock)

    answer = caller.send(slack.a_message("yes"))

    assert answer is not None
    assert answer.status_code == 404


@pytest.mark.req("BOT-5")
def test_while_nothing_can_be_stored_slack_is_asked_to_send_it_again(
    served: Served, caller: SlackCaller
) -> None:
    message = slack.a_message("yes")
    served.book.execute("ALTER TABLE inbox RENAME TO elsewhere")
    refused = caller.deliver(message)
    served.book.execute("ALTER TABLE elsewhere RENAME TO inbox")
    taken = caller.deliver(message)

    assert refused is not None
    assert taken is not None
    assert caller.answers == [503, 503, 503, 503, 200]
    assert [json.loads(one["body"]) for one in stored(served)] == [message]


@pytest.mark.req("BOT-5")
def test_a_database_that_is_locked_for_long_is_not_acknowledged_and_nothing_is_lost(
    served: Served, caller: SlackCaller
) -> None:
    message = slack.a_message("yes")
    with served.site.store.begin():
        refused = caller.send(message)
    taken = caller.send(message)

    assert refused is not None
    assert taken is not None
    assert (refused.status_code, taken.status_code) == (503, 200)
    assert len(stored(served)) == 1
