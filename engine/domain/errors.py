"""Everything the engine refuses, each with its own sentence and remedy."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.domain.problems import Problem


class TacitError(Exception):
    """Bad input or a broken environment: one clear message, no traceback."""


class UnavailableError(TacitError):
    """Raised when what everything rests on, such as the database, does not answer."""


class NotFoundError(TacitError):
    """Raised when something is named that the book does not hold."""

    def __init__(self, kind: str, name: str, nearest: str | None = None) -> None:
        self.kind = kind
        self.name = name
        #: Without the hint: what else there is may be nothing to whoever asked.
        self.plain = f'no {kind} "{name}"'
        hint = f" (did you mean {nearest}?)" if nearest else ""
        super().__init__(f"{self.plain}{hint}")


class ProblemsError(TacitError):
    """Raised when files cannot be used; carries every problem found in them."""

    def __init__(self, problems: Sequence["Problem"]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.line_of_text() for problem in problems))


class ConflictError(TacitError):
    """Raised when somebody else changed the same in between: try again."""


class StaleError(TacitError):
    """Raised when a thing is not as whoever wants to change it saw it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} has changed since you looked at it: look again")


class DeliveryError(TacitError):
    """Raised by a channel that did not get a message across."""


class PermanentDeliveryError(DeliveryError):
    """Raised when trying again cannot help: the message is held for a person."""


class ChannelUnavailableError(DeliveryError):
    """Raised when a channel takes nothing at all for now, whatever the message.

    The message is not at fault, so no try of it is counted, and the channel is left
    alone for a while: `retry_after`, in seconds, where it said for how long.
    """

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class TransientDeliveryError(DeliveryError):
    """Raised when a later try may succeed.

    `retry_after` is in seconds where the channel said so. `ambiguous` is true when
    the message may have left all the same: the next try must be recognisable as the
    same message.
    """

    def __init__(
        self, reason: str, *, retry_after: float | None = None, ambiguous: bool = False
    ) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.ambiguous = ambiguous
