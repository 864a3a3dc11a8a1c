"""Moments: instants named relative to a subject's own dates.

"end of 45 days before renewal_start", "120, 90 and 60 days before renewal_start at
09:00": read once at load, resolved for a date in a time zone.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

MIDNIGHT: Final = time(0)

_PHRASE: Final = re.compile(
    r"(?P<end>end of )?"
    r"(?:(?P<counts>\d{1,4}(?:(?:, | and |, and )\d{1,4})*) (?P<unit>days?|weeks?) "
    r"(?P<side>before|after) )?"
    r"(?P<date>[a-z_]+)"
    r"(?: at (?P<time>(?:[01]\d|2[0-3]):[0-5]\d))?",
    re.ASCII,  # or else digits of every script would do
)
_LENGTH: Final = re.compile(
    r"(\d{1,4}) (seconds?|minutes?|hours?|days?|weeks?)", re.ASCII
)


@dataclass(frozen=True, slots=True, order=True)
class Offset:
    """One instant: so many days from a date, at a time of day in the local zone.

    `end_of_day` means the whole day still counts: the instant is the next midnight.
    """

    days: int
    date_name: str
    at: time = MIDNIGHT
    end_of_day: bool = False

    def resolve(self, anchor: date, zone: str) -> datetime:
        """The instant in UTC. A local time that daylight saving skips moves on."""
        day = anchor + timedelta(days=self.days + self.end_of_day)
        return local(day, self.at, zone)

    def describe(self) -> str:
        """The offset as a rule file would write it."""
        count = abs(self.days)
        unit = "day" if count == 1 else "days"
        side = "before" if self.days < 0 else "after"
        words = f"{count} {unit} {side} {self.date_name}" if count else self.date_name
        words = f"end of {words}" if self.end_of_day else words
        return words if self.at == MIDNIGHT else f"{words} at {self.at:%H:%M}"


def parse(phrase: str) -> tuple[Offset, ...]:
    """The offsets a phrase names, earliest first; ValueError says how to write one."""
    found = _PHRASE.fullmatch(" ".join(phrase.split()))
    if not found or (found["end"] and found["time"]):
        raise ValueError(
            'write it like "44 days before renewal_start", '
            '"end of 45 days before renewal_start" or '
            '"90 and 60 days before renewal_start at 09:00"'
        )
    counts = [int(count) for count in re.findall(r"\d+", found["counts"] or "0")]
    scale = 7 if (found["unit"] or "").startswith("week") else 1
    sign = -1 if found["side"] == "before" else 1
    at = time.fromisoformat(found["time"]) if found["time"] else MIDNIGHT
    offsets = {
        Offset(sign * scale * count, found["date"], at, bool(found["end"]))
        for count in counts
    }
    if len(offsets) < len(counts):
        raise ValueError("names the same day twice")
    return tuple(sorted(offsets))


def duration(phrase: str) -> timedelta:
    """A length of time such as "7 days"; ValueError says how to write one."""
    found = _LENGTH.fullmatch(" ".join(phrase.split()))
    if not found:
        raise ValueError('write it like "7 days", "36 hours" or "2 weeks"')
    unit = found[2].rstrip("s") + "s"
    return timedelta(**{unit: int(found[1])})


@lru_cache(maxsize=100_000)
def local(day: date, at: time, zone: str) -> datetime:
    """The UTC instant of a local time; the earlier one where it comes twice."""
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)


@lru_cache(maxsize=100_000)
def local_day(instant: datetime, zone: str) -> date:
    """The calendar day of an instant in a zone."""
    return instant.astimezone(ZoneInfo(zone)).date()


def end_of_local_day(instant: datetime, zone: str) -> datetime:
    """The first local midnight at or after the instant: the whole day counts."""
    day = local_day(instant, zone)
    midnight = local(day, MIDNIGHT, zone)
    if midnight == instant:
        return instant
    return local(day + timedelta(days=1), MIDNIGHT, zone)


@lru_cache(maxsize=100_000)
def last_whole_day(instant: datetime, zone: str) -> date:
    """The last day that is over by the instant: what people are told a deadline is."""
    return local_day(instant - timedelta(microseconds=1), zone)
