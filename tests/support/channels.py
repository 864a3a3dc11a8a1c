"""Channels that fail as told, for tests of what follows from it."""

from collections.abc import Callable

from engine.domain.errors import (
    DeliveryError,
    PermanentDeliveryError,
    TransientDeliveryError,
)
from engine.domain.letters import Letter, Receipt
from notifiers.recording import RecordingChannel


def a_channel_that_is_down(tries: int = 100) -> RecordingChannel:
    """Refuses every letter for now."""
    return RecordingChannel([TransientDeliveryError("it is down")] * tries)


def a_channel_that_refuses(tries: int = 100) -> RecordingChannel:
    """Refuses every letter for good."""
    return RecordingChannel([PermanentDeliveryError("no such address")] * tries)


class Meddling(RecordingChannel):
    """Does something while a letter is on its way, then takes or refuses it."""

    def __init__(
        self, meddle: Callable[[Letter], object], error: DeliveryError | None = None
    ) -> None:
        super().__init__()
        self._meddle = meddle
        self._error = error

    def send(self, letter: Letter) -> Receipt:
        self._meddle(letter)
        if self._error is not None:
            raise self._error
        return super().send(letter)
