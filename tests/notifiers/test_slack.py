from collections.abc import Iterator
from dataclasses import replace

import pytest

from engine.domain.errors import (
    ChannelUnavailableError,
    PermanentDeliveryError,
    TransientDeliveryError,
)
from notifiers.slack import SlackChannel
from tests.fakes.slack_server import TOKEN, SlackServer, Trouble
from tests.notifiers.builders import a_letter

TO_SLACK = a_letter(key="C-1:7:0:ana:slack", address="U1")


@pytest.fixture
def server() -> Iterator[SlackServer]:
    with SlackServer() as running:
        yield running


@pytest.fixture
def channel(server: SlackServer) -> SlackChannel:
    return SlackChannel(TOKEN, server.base_url, timeout=5)


@pytest.mark.req("BOT-1")
def test_a_letter_is_posted_to_its_reader(
    server: SlackServer, channel: SlackChannel
) -> None:
    receipt = channel.send(TO_SLACK)

    [message] = server.messages["DU1"]
    assert receipt.reference == f"DU1/{message['ts']}"
    assert message["text"] == TO_SLACK.rendered.slack_text
    assert message["blocks"] == [dict(block) for block in TO_SLACK.rendered.blocks]
    assert message["metadata"]["event_payload"] == {"key": TO_SLACK.key}


@pytest.mark.req("BOT-2")
def test_a_reset_connection_is_ambiguous_and_posts_once(
    server: SlackServer, channel: SlackChannel
) -> None:
    server.trouble("chat.postMessage", Trouble(reset=True, stored=True))

    with pytest.raises(TransientDeliveryError) as caught:
        channel.send(TO_SLACK)

    assert caught.value.ambiguous
    assert len(server.posted()) == 1


@pytest.mark.req("BOT-2")
def test_a_message_that_did_arrive_is_found_instead_of_sent_again(
    server: SlackServer, channel: SlackChannel
) -> None:
    server.trouble("chat.postMessage", Trouble(reset=True, stored=True))
    with pytest.raises(TransientDeliveryError):
        channel.send(TO_SLACK)

    receipt = channel.send(replace(TO_SLACK, attempt=2, ambiguous=True))

    [message] = server.posted()
    assert receipt.reference == f"DU1/{message['ts']}"


@pytest.mark.req("BOT-2")
def test_a_message_that_did_not_arrive_is_sent_again(
    server: SlackServer, channel: SlackChannel
) -> None:
    channel.send(replace(TO_SLACK, key="another"))
    server.trouble("chat.postMessage", Trouble(reset=True))
    with pytest.raises(TransientDeliveryError):
        channel.send(TO_SLACK)

    channel.send(replace(TO_SLACK, attempt=2, ambiguous=True))

    keys = [each["metadata"]["event_payload"]["key"] for each in server.posted()]
    assert keys == ["another", TO_SLACK.key]


def test_without_a_search_an_ambiguous_letter_is_not_posted_again(
    server: SlackServer, channel: SlackChannel
) -> None:
    server.trouble("conversations.history", Trouble(429, headers={"Retry-After": "3"}))

    with pytest.raises(ChannelUnavailableError):
        channel.send(replace(TO_SLACK, ambiguous=True))

    assert "chat.postMessage" not in server.calls


def test_too_many_requests_say_when_to_come_back(
    server: SlackServer, channel: SlackChannel
) -> None:
    slow_down = Trouble(429, "ratelimited", {"Retry-After": "17"})
    server.trouble("chat.postMessage", slow_down)

    with pytest.raises(ChannelUnavailableError) as caught:
        channel.send(TO_SLACK)

    assert caught.value.retry_after == 17


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(Trouble(503, body="<h1>Bad gateway</h1>"), id="5xx"),
        pytest.param(Trouble(200, body="<h1>Sign in</h1>"), id="not JSON"),
        pytest.param(Trouble(error="internal_error"), id="internal error"),
        pytest.param(Trouble(error="fatal_error"), id="fatal error"),
    ],
)
def test_trouble_on_slacks_side_is_transient_and_ambiguous(
    trouble: Trouble, server: SlackServer, channel: SlackChannel
) -> None:
    server.trouble("chat.postMessage", trouble)

    with pytest.raises(TransientDeliveryError) as caught:
        channel.send(TO_SLACK)

    assert caught.value.ambiguous


@pytest.mark.parametrize(
    "word",
    ["service_unavailable", "ratelimited", "account_inactive", "missing_scope"],
)
def test_what_would_stop_every_message_is_no_fault_of_this_one(
    word: str, server: SlackServer, channel: SlackChannel
) -> None:
    server.trouble("chat.postMessage", Trouble(error=word))

    with pytest.raises(ChannelUnavailableError, match=word):
        channel.send(TO_SLACK)


@pytest.mark.parametrize("word", ["user_not_found", "is_archived"])
def test_a_refusal_is_permanent(
    word: str, server: SlackServer, channel: SlackChannel
) -> None:
    server.trouble("chat.postMessage", Trouble(error=word))

    with pytest.raises(PermanentDeliveryError, match=word):
        channel.send(TO_SLACK)


def test_a_retry_after_that_is_no_number_is_left_out(
    server: SlackServer, channel: SlackChannel
) -> None:
    soon = Trouble(429, "ratelimited", {"Retry-After": "soon"})
    server.trouble("chat.postMessage", soon)

    with pytest.raises(ChannelUnavailableError) as caught:
        channel.send(TO_SLACK)

    assert caught.value.retry_after is None


def test_an_unknown_reader_is_permanent(channel: SlackChannel) -> None:
    with pytest.raises(PermanentDeliveryError, match="channel_not_found"):
        channel.send(replace(TO_SLACK, address="U404"))


def test_nobody_listening_is_no_fault_of_the_letter() -> None:
    channel = SlackChannel(TOKEN, "http://127.0.0.1:1/api/", timeout=5)

    with pytest.raises(ChannelUnavailableError, match="could not be reached"):
        channel.send(TO_SLACK)


def test_check_says_who_we_are(channel: SlackChannel) -> None:
    assert channel.check() == "Slack answered as tacit in Solaris"


def test_check_refuses_a_wrong_token(server: SlackServer) -> None:
    with pytest.raises(ChannelUnavailableError, match="invalid_auth"):
        SlackChannel("xoxb-bad", server.base_url).check()
