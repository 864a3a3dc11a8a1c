"""When to try a delivery again: a pure function from a failure to a time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.domain.errors import TransientDeliveryError


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
        before that.
        """
        if not isinstance(error, TransientDeliveryError) or attempts >= self.attempts:
            return None
        wait = min(self.first_wait * 2 ** (attempts - 1), self.longest_wait)
        if error.retry_after is not None:
            wait = max(wait, timedelta(seconds=error.retry_after))
        return now + wait
