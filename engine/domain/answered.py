"""Requests that are answered once: the same one again gets the same answer."""

from datetime import datetime
from typing import Final, NamedTuple

from engine.domain.errors import TacitError

LONGEST_KEY: Final = 80
#: The status of a request whose work is kept, while its answer is not.
DONE: Final = 0


class AnsweredRequest(NamedTuple):
    """What is known of a request that came with a key of its own."""

    request_hash: str
    status: int | None
    body: str | None
    at: datetime


class Answer(NamedTuple):
    """What a request was answered: the status, and the rest as text."""

    status: int
    body: str


class KeyReusedError(TacitError):
    """Raised when another request comes under a key that one had already."""

    def __init__(self) -> None:
        super().__init__(
            "this Idempotency-Key was given with another request: use a new one for "
            "each thing that you want done"
        )


class StillWorkingError(TacitError):
    """Raised when the same request is being worked on at this very moment."""

    def __init__(self) -> None:
        super().__init__(
            "the same request is still being worked on: ask again in a moment"
        )


class AnswerNotKeptError(TacitError):
    """Raised when a request was carried out and what it was answered is not known."""

    def __init__(self) -> None:
        super().__init__(
            "this request was carried out already, and its answer was not kept: look at "
            "what it was to change; nothing was done again"
        )
