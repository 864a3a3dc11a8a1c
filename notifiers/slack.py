"""Slack: a direct message from the bot to one person."""

import logging
from collections.abc import Mapping
from http.client import HTTPException
from socket import gaierror
from typing import Final, NoReturn
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

from engine.domain.errors import (
    ChannelUnavailableError,
    DeliveryError,
    PermanentDeliveryError,
    TransientDeliveryError,
)
from engine.domain.letters import Letter, Receipt

METADATA_EVENT: Final = "tacit_message"
_HISTORY: Final = 200  #: how far back in a conversation an earlier copy is looked for

#: Slack's words for trouble of its own, or of the token: no message would get through.
_UNAVAILABLE: Final = frozenset(
    {
        "ratelimited", "rate_limited", "service_unavailable", "request_timeout",
        "invalid_auth", "not_authed", "account_inactive", "token_revoked",
        "token_expired", "missing_scope", "not_allowed_token_type", "ekm_access_denied",
        "access_denied", "accesslimited", "team_access_not_granted", "org_login_required",
    }
)  # fmt: skip
#: Of these Slack says that part of the operation may have succeeded.
_UNCLEAR: Final = frozenset({"internal_error", "fatal_error"})


class SlackChannel:
    """Sends letters as direct messages; see Channel. `timeout` is in seconds."""

    def __init__(
        self, token: str, base_url: str = WebClient.BASE_URL, timeout: int = 30
    ) -> None:
        self._client = quiet_client(token, base_url, timeout)

    def send(self, letter: Letter) -> Receipt:
        try:
            found = self._find_earlier(letter) if letter.ambiguous else None
            return Receipt(found or self._post(letter))
        except FAILURES as error:
            _raise_delivery_error(error, letter)

    def check(self) -> str:
        try:
            answer = self._client.auth_test()
        except FAILURES as error:
            _raise_delivery_error(error)
        return f"Slack answered as {answer['user']} in {answer['team']}"

    def close(self) -> None:
        """Holds nothing open: each call has a connection of its own."""

    def _post(self, letter: Letter) -> str:
        payload = {"event_type": METADATA_EVENT, "event_payload": {"key": letter.key}}
        channel, thread = _place(letter)
        answer = self._client.chat_postMessage(
            channel=channel or letter.address,
            thread_ts=thread,
            text=letter.rendered.slack_text,
            blocks=[dict(block) for block in letter.rendered.blocks],
            metadata=payload,
            unfurl_links=False,
            unfurl_media=False,
        )
        return reference_of(answer["channel"], answer["ts"])

    def _find_earlier(self, letter: Letter) -> str | None:
        """The name of the message that an unclear earlier try did post, if it did."""
        channel, thread = _place(letter)
        if channel is not None and thread is not None:
            history = self._client.conversations_replies(
                channel=channel, ts=thread, include_all_metadata=True, limit=_HISTORY
            )
        else:
            conversation = self._client.conversations_open(users=letter.address)
            channel = _channel_id(conversation)
            history = self._client.conversations_history(
                channel=channel, include_all_metadata=True, limit=_HISTORY
            )
        for message in history.get("messages") or ():
            if _key_of(message) == letter.key:
                return reference_of(channel, message["ts"])
        return None


FAILURES: Final = (SlackClientError, HTTPException, OSError)


def quiet_client(token: str, base_url: str, timeout: int) -> WebClient:
    """A client of Slack's that calls once, and leaves it to us to say what went wrong.

    Its own retries post again after a reset connection: two messages.
    """
    quiet = logging.getLogger(f"{__name__}.client")
    quiet.setLevel(logging.CRITICAL)
    return WebClient(
        token, base_url=base_url, timeout=timeout, retry_handlers=[], logger=quiet
    )


def reference_of(channel: str, ts: str) -> str:
    """Slack's name for a message: its conversation and its time there."""
    return f"{channel}/{ts}"


def place_of(reference: str) -> tuple[str, str] | None:
    """The conversation and the time; None for a message whose conversation is unknown."""
    channel, slash, ts = reference.partition("/")
    return (channel, ts) if slash else None


def _place(letter: Letter) -> tuple[str | None, str | None]:
    """The conversation and the thread that it goes into, where it answers somebody."""
    found = place_of(letter.thread) if letter.thread else None
    return found or (None, None)


def _channel_id(conversation: SlackResponse) -> str:
    channel: Mapping[str, str] = conversation["channel"]
    return channel["id"]


def _key_of(message: Mapping[str, Mapping[str, Mapping[str, object]]]) -> object:
    return message.get("metadata", {}).get("event_payload", {}).get("key")


def _raise_delivery_error(error: Exception, letter: Letter | None = None) -> NoReturn:
    failure = delivery_error(error)
    if isinstance(failure, TransientDeliveryError) and letter and letter.ambiguous:
        # The earlier try is as unclear as before, whatever stopped us looking.
        failure.ambiguous = True
    raise failure from error


def delivery_error(error: Exception) -> DeliveryError:
    """What one of FAILURES means for the message that was to be sent."""
    if isinstance(error, SlackApiError):
        return _api_error(error.response)
    reason = error.reason if isinstance(error, URLError) else error
    sentence = f"Slack could not be reached: {reason}"
    if isinstance(reason, ConnectionRefusedError | gaierror):
        return ChannelUnavailableError(sentence)
    return TransientDeliveryError(sentence, ambiguous=True)


def _api_error(response: SlackResponse) -> DeliveryError:
    status, word = response.status_code, str(response.get("error", ""))
    if status == 429:
        after = _seconds(response.headers)
        return ChannelUnavailableError("Slack asks us to slow down", retry_after=after)
    if word in _UNAVAILABLE:
        return ChannelUnavailableError(f"Slack answered {word}")
    # A proxy's error page has no word of Slack's, and may hide a message that went.
    if status >= 500 or word in _UNCLEAR or not word.replace("_", "").isalnum():
        return TransientDeliveryError(f"Slack answered {status}", ambiguous=True)
    return PermanentDeliveryError(f"Slack refused the message: {word}")


def _seconds(headers: Mapping[str, str]) -> float | None:
    try:
        return float(headers["Retry-After"])
    except (KeyError, ValueError):
        return None
