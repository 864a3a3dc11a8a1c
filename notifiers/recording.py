"""A channel that keeps letters instead of sending them: dry runs, simulation, tests."""

from collections import deque
from collections.abc import Iterable

from engine.domain.errors import DeliveryError
from engine.domain.letters import Letter, Receipt


class RecordingChannel:
    """Keeps every letter it takes in `letters`, unless told not to; see Channel.

    `fail` is a script with one entry a try, first to last: the error to raise, or None
    to take the letter. After its end every letter is taken.
    """

    def __init__(
        self, fail: Iterable[DeliveryError | None] = (), *, keep: bool = True
    ) -> None:
        self.letters: list[Letter] = []
        self._keep = keep
        self._script = deque(fail)

    def send(self, letter: Letter) -> Receipt:
        error = self._script.popleft() if self._script else None
        if error is not None:
            raise error
        if self._keep:
            self.letters.append(letter)
        # As a mail is named, so that what comes back can be recognised.
        return Receipt(f"<{letter.key}@recorded>")

    def check(self) -> str:
        return "letters are recorded and not sent"

    def close(self) -> None:
        """Holds nothing open."""
