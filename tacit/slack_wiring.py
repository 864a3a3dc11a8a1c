"""Wires Slack as far as it is configured: where we write, and where we are reached."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from config.parts import SlackSettings
from engine.domain.inbox import Source
from engine.services.take_in import Intake
from engine.services.take_reply import Answering
from engine.services.work_inbox import Handler
from notifiers.slack import SlackChannel
from notifiers.slack_desk import SlackDesk
from web.site import Site, SlackDoor
from web.slack.listener import SlackListener

if TYPE_CHECKING:
    from tacit.socket_mode import SocketMode


@dataclass(frozen=True)
class SlackWiring:
    """The parts of Slack; each is None, or nothing, where a setting lacks."""

    settings: SlackSettings
    site: Callable[[], Site]
    intake: Callable[[], Intake]
    answering: Callable[[], Answering]

    @property
    def _timeout(self) -> int:
        return int(self.settings.timeout.total_seconds())

    def channel(self) -> SlackChannel | None:
        """What sends letters."""
        token = self.settings.token
        return SlackChannel(token, self.settings.url, self._timeout) if token else None

    @cached_property
    def desk(self) -> SlackDesk | None:
        """What does all else in Slack."""
        token = self.settings.token
        return SlackDesk(token, self.settings.url, self._timeout) if token else None

    def door(self) -> SlackDoor | None:
        """Where Slack reaches us by HTTP."""
        if not (self.settings.token and self.settings.signing_secret):
            return None
        return SlackDoor(self.settings.signing_secret, self.intake())

    def handlers(self) -> dict[Source, Handler]:
        """What works on what came from Slack."""
        if self.desk is None or not self.settings.listens:
            return {}
        return {Source.SLACK: SlackListener(self.site, self.desk, self.answering)}

    def socket_mode(self) -> "SocketMode | None":
        """The connection by which Slack reaches us, where that is how it does."""
        if not (self.settings.token and self.settings.app_token):
            return None
        # Nobody else needs it, and it takes a moment to import.
        from tacit.socket_mode import SocketMode

        return SocketMode(self.settings, self.intake())
