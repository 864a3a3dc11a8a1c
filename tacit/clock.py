"""The machine's clock: the only place that reads it. Everywhere else time is passed in."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present, aware and in UTC."""
    return datetime.now(UTC)
