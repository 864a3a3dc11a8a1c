"""The Protocols by which services reach the channels and the store."""

from typing import Protocol

from engine.domain.letters import Letter, LetterRequest, Receipt, Rendered


class Channel(Protocol):
    """Carries one rendered message to one address."""

    def send(self, letter: Letter) -> Receipt:
        """Send, or raise Permanent- or TransientDeliveryError. Safe in threads."""

    def check(self) -> str:
        """Try the real service without sending; a sentence, or a DeliveryError."""

    def close(self) -> None:
        """Let go of every connection."""


class Renderer(Protocol):
    """Turns a message, a reader and the facts into what a channel sends."""

    def render(self, request: LetterRequest) -> Rendered:
        """Render; raises TacitError that names the template and the place."""
