"""A channel whose outcomes are counted."""

from collections.abc import Callable
from typing import Final

from engine.domain.errors import (
    ChannelUnavailableError,
    DeliveryError,
    PermanentDeliveryError,
    TransientDeliveryError,
)
from engine.domain.interfaces import Channel
from engine.domain.letters import Letter, Receipt

_OUTCOMES: Final[dict[type[DeliveryError], str]] = {
    PermanentDeliveryError: "refused",
    ChannelUnavailableError: "unavailable",
    TransientDeliveryError: "failed",
}


class CountedChannel:
    """Passes on to a channel, and says what came of each letter."""

    def __init__(self, channel: Channel, count: Callable[[str], None]) -> None:
        self._channel = channel
        self._count = count

    def send(self, letter: Letter) -> Receipt:
        try:
            receipt = self._channel.send(letter)
        except DeliveryError as error:
            self._count(_outcome(error))
            raise
        self._count("sent")
        return receipt

    def check(self) -> str:
        return self._channel.check()

    def close(self) -> None:
        self._channel.close()


def _outcome(error: DeliveryError) -> str:
    if isinstance(error, TransientDeliveryError) and error.ambiguous:
        return "in_doubt"
    return _OUTCOMES.get(type(error), "failed")
