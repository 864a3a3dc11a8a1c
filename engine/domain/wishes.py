"""When people want to be written to: not at night, and not ten times a day."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final, Self
from zoneinfo import ZoneInfo

from engine.domain.moments import local, local_day
from engine.domain.parsing import time_zone

#: Under which name they are kept among what somebody chose.
DELIVERY: Final = "delivery"
_CLOCK: Final = "%H:%M"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What one person chose; times are local to `zone`.

    Nothing that can wait comes between `quiet_from` and `quiet_until`, which may be on
    the next day; reminders that can wait come together at `digest_at`.
    """

    zone: str
    quiet_from: time | None = None
    quiet_until: time | None = None
    digest_at: time | None = None

    @classmethod
    def read(cls, text: str) -> Self:
        """As `text` keeps them."""
        kept = json.loads(text)
        times = {name: clock(kept.get(name)) for name in _TIMES}
        return cls(kept["zone"], **times)

    @property
    def text(self) -> str:
        """As they are kept: JSON."""
        times = {name: getattr(self, name) for name in _TIMES}
        said = {name: f"{at:%H:%M}" for name, at in times.items() if at is not None}
        return json.dumps({"zone": self.zone, **said})

    def earliest(
        self, now: datetime, gather_for: timedelta, *, is_reminder: bool
    ) -> datetime:
        """From when on something that can wait may come: now, or later.

        What falls due up to `gather_for` after the time of the digest belongs to it.
        """
        at = self._digest(now, gather_for) if is_reminder and self.digest_at else now
        return self._after_quiet(at)

    def _digest(self, now: datetime, gather_for: timedelta) -> datetime:
        assert self.digest_at is not None  # noqa: S101 - the caller asked
        today = local_day(now, self.zone)
        at = local(today, self.digest_at, self.zone)
        if now < at:
            return at
        if now < at + gather_for:
            return now
        return local(today + timedelta(days=1), self.digest_at, self.zone)

    def _after_quiet(self, at: datetime) -> datetime:
        since, until = self.quiet_from, self.quiet_until
        if since is None or until is None or since == until:
            return at
        there = at.astimezone(ZoneInfo(self.zone))
        now = there.time()
        is_over_night = since > until
        is_quiet = (
            now >= since or now < until if is_over_night else since <= now < until
        )
        if not is_quiet:
            return at
        day = there.date() + timedelta(days=is_over_night and now >= since)
        return local(day, until, self.zone).astimezone(UTC)


_TIMES: Final = ("quiet_from", "quiet_until", "digest_at")


def clock(text: str | None) -> time | None:
    """A time of day like 08:30; ValueError for what is none, None for nothing."""
    if not text:
        return None
    if len(text) != 5:
        raise ValueError("must be a time of day like 08:30")
    try:
        return datetime.strptime(text, _CLOCK).time()  # noqa: DTZ007 - a time of day
    except ValueError:
        raise ValueError("must be a time of day like 08:30") from None


def wished(
    zone: str, quiet_from: str, quiet_until: str, digest_at: str
) -> tuple[Wishes | None, dict[str, str]]:
    """Wishes as somebody typed them, or what is wrong with which of them."""
    wrong: dict[str, str] = {}
    times: dict[str, time | None] = {}
    given = zip(_TIMES, (quiet_from, quiet_until, digest_at), strict=True)
    for name, text in given:
        try:
            times[name] = clock(text.strip())
        except ValueError:
            wrong[name] = "no_time"
    if "quiet_from" in times and "quiet_until" in times:
        since, until = times["quiet_from"], times["quiet_until"]
        if (since is None) != (until is None):
            wrong["quiet_until" if until is None else "quiet_from"] = "half"
        elif since is not None and since == until:
            wrong["quiet_until"] = "whole_day"
    try:
        time_zone(zone)
    except ValueError:
        wrong["zone"] = "no_zone"
    return (None if wrong else Wishes(zone, **times)), wrong
