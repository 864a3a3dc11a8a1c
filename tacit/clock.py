"""The machine's clock, which nothing else reads; and times as people type them."""

from datetime import UTC, datetime

from engine.domain.errors import TacitError


def utc_now() -> datetime:
    """The present, aware and in UTC."""
    return datetime.now(UTC)


def parse_now(text: str | None, *, is_production: bool) -> datetime:
    """The time that `--now` gives, or the machine's; refused in production."""
    if text is None:
        return utc_now()
    if is_production:
        raise TacitError("this home is marked production: its clock is the machine's")
    return parse_time(text)


def parse_time(text: str) -> datetime:
    """A time written YYYY-MM-DD or YYYY-MM-DDTHH:MM, in UTC unless it says otherwise."""
    for form in (
        "%Y-%m-%d",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%dT%H:%M%z",
        "%Y-%m-%dT%H:%M:%S%z",
    ):
        try:
            found = datetime.strptime(text, form)  # noqa: DTZ007 - made aware below
        except ValueError:
            continue
        return (
            found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        )
    raise TacitError(f'"{text}" is not a time: write 2026-10-01 or 2026-10-01T09:00')
