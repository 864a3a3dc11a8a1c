"""What the bot does in Slack besides sending letters: answers, changes, its home tab."""

from collections.abc import Sequence
from typing import Any, Final

from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient

from engine.domain.errors import PermanentDeliveryError
from engine.domain.letters import Rendered
from engine.domain.slack_heard import Where
from notifiers.slack import FAILURES, delivery_error, place_of, quiet_client
from notifiers.slack_blocks import Block, Note

#: What the bot needs to write; and, where it listens, to be told of messages.
SENDING_SCOPES: Final = ("chat:write", "im:write", "im:history")
LISTENING_SCOPES: Final = ("commands",)
_SCOPES: Final = "x-oauth-scopes"


class SlackDesk:
    """Writes in Slack; each method raises a DeliveryError where it cannot."""

    def __init__(
        self, token: str, base_url: str = WebClient.BASE_URL, timeout: int = 30
    ) -> None:
        self._client = quiet_client(token, base_url, timeout)
        self._timeout = timeout

    def answer(self, where: Where, note: Note) -> None:
        """Say something to one user, where only they see it; nothing on a home tab."""
        try:
            if where.response_url is not None:
                self._respond(where.response_url, note)
            elif where.channel is not None:
                self._client.chat_postMessage(
                    channel=where.channel,
                    thread_ts=where.thread,
                    text=note.text,
                    blocks=_dicts(note.blocks),
                    unfurl_links=False,
                    unfurl_media=False,
                )
        except FAILURES as error:
            raise delivery_error(error) from error

    def change(self, reference: str, rendered: Rendered) -> None:
        """Let a message say something else from now on; see Changer."""
        place = place_of(reference)
        if place is None:
            raise PermanentDeliveryError("its conversation is not known")
        channel, ts = place
        try:
            self._client.chat_update(
                channel=channel,
                ts=ts,
                text=rendered.slack_text,
                blocks=_dicts(rendered.blocks),
            )
        except FAILURES as error:
            raise delivery_error(error) from error

    def publish(self, user: str, blocks: Sequence[Block]) -> None:
        """Show this on a user's home tab."""
        view = {"type": "home", "blocks": _dicts(blocks)}
        try:
            self._client.views_publish(user_id=user, view=view)
        except FAILURES as error:
            raise delivery_error(error) from error

    def missing_scopes(self, needed: Sequence[str]) -> list[str]:
        """Those of the scopes that the app was not installed with."""
        try:
            answer = self._client.auth_test()
        except FAILURES as error:
            raise delivery_error(error) from error
        headers = {name.lower(): value for name, value in answer.headers.items()}
        given = {one.strip() for one in str(headers.get(_SCOPES, "")).split(",")}
        return [one for one in needed if one not in given]

    def _respond(self, url: str, note: Note) -> None:
        client = WebhookClient(url, timeout=self._timeout, retry_handlers=[])
        answer = client.send(
            text=note.text,
            blocks=_dicts(note.blocks),
            response_type="ephemeral",
            replace_original=False,
        )
        if answer.status_code != 200:
            raise PermanentDeliveryError(f"Slack answered {answer.status_code}")


def _dicts(blocks: Sequence[Block]) -> list[dict[str, Any]]:
    return [dict(block) for block in blocks]
