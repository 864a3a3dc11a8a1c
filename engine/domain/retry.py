"""When to try a delivery again: a pure function from a failure to a time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from engine.domain.errors import ChannelUnavailableError, TransientDeliveryError

#: In seconds: nobody waits for more than a day because a server says so.
_MOST_ASKED_FOR: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently; the numbers come from the configuration."""

    attempts: int
    first_wait: timedelta
    longest_wait: timedelta

    def next_try(
        self, error: Exception, attempts: int, now: datetime
    ) -> datetime | None:
        """The next time to try after `attempts` tries; None: hold for a person.

        Waits double from the first to the longest; what the channel asks for goes
        before that, up to a day.
        """
        if not isinstance(error, TransientDeliveryError) or attempts >= self.attempts:
            return None
        return now + max(self._wait(attempts), _asked_for(error.retry_after))

    def leave_alone_until(
        self, error: ChannelUnavailableError, now: datetime
    ) -> datetime:
        """Until when a channel that takes nothing is not to be asked again."""
        return now + max(self.first_wait, _asked_for(error.retry_after))

    def _wait(self, attempts: int) -> timedelta:
        wait = self.first_wait
        for _ in range(attempts - 1):
            if wait >= self.longest_wait:
                break
            wait *= 2
        return min(wait, self.longest_wait)


def _asked_for(seconds: float | None) -> timedelta:
    """What the channel asks for, which may be no number, or beyond all calendars."""
    if seconds is None or not seconds > 0:
        return timedelta(0)
    return timedelta(seconds=min(seconds, _MOST_ASKED_FOR))
