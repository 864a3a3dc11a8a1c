"""Socket Mode: Slack reaches us over a connection that we open, where it cannot by HTTP.

What comes is stored as what comes by HTTP, and only then acknowledged; what is not
acknowledged, Slack sends again.
"""

import json
import logging
from concurrent.futures import Future
from typing import Final

import structlog
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from config.parts import SlackSettings
from engine.domain.inbox import Source
from engine.services.take_in import Intake
from notifiers.slack import quiet_client
from notifiers.slack_requests import id_of

log = structlog.get_logger("tacit.slack")
_PATIENCE: Final = 2.0  #: in seconds; Slack gives up after three
_KINDS: Final = frozenset({"events_api", "interactive", "slash_commands"})


class SocketMode:
    """One connection to Slack, opened again whenever it breaks."""

    def __init__(self, settings: SlackSettings, intake: Intake) -> None:
        assert settings.app_token is not None  # noqa: S101 - the caller asked
        timeout = int(settings.timeout.total_seconds())
        quiet = logging.getLogger(f"{__name__}.client")
        quiet.setLevel(logging.CRITICAL)
        self._client = SocketModeClient(
            settings.app_token,
            logger=quiet,
            web_client=quiet_client(settings.app_token, settings.url, timeout),
        )
        self._client.socket_mode_request_listeners.append(self._hear)
        self._intake = intake

    def start(self) -> None:
        """Connect; a Slack that cannot be reached is tried again in the background."""
        try:
            self._client.connect()
        except Exception as error:
            # The pages and the clock go on without it; `tacit doctor` says the same.
            log.error("no connection to Slack by Socket Mode", error=repr(error))

    def stop(self) -> None:
        self._client.close()

    def _hear(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        if request.type not in _KINDS:
            return
        body = json.dumps(request.payload, ensure_ascii=False).encode()
        stored: Future[bool] = self._intake.put(
            Source.SLACK, id_of(request.payload, body), body
        )
        try:
            stored.result(_PATIENCE)
        except Exception as error:
            stored.cancel()
            log.warning("not stored, so not acknowledged", error=repr(error))
            return
        client.send_socket_mode_response(SocketModeResponse(request.envelope_id))
