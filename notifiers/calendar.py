"""Writes a calendar that calendar programs subscribe to (iCalendar, RFC 5545)."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final, NamedTuple

from icalendar import Calendar, Event

from engine.domain.calendar import CalendarDay

_PRODUCT: Final = "-//Tacit//Tacit//EN"
#: How often programs should look again.
_REFRESH: Final = timedelta(hours=6)


class Worded(NamedTuple):
    """One day of a change, in its reader's words."""

    day: CalendarDay
    summary: str
    description: str
    url: str


def write_calendar(
    name: str, language: str, host: str, days: Iterable[Worded]
) -> bytes:
    """The calendar; `host` makes the names of its events nobody else's.

    There are no alarms: they would ring for every change of everybody, and whoever
    has to act is written to.
    """
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", name, {"LANGUAGE": language})
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", _REFRESH, {"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT6H")
    for each in days:
        calendar.add_component(_event(each, language, host))
    return bytes(calendar.to_ical())


def _event(worded: Worded, language: str, host: str) -> Event:
    day, event = worded.day, Event()
    event.add("uid", f"{day.uid}@{host}")
    event.add("dtstamp", day.modified_at)
    event.add("last-modified", day.modified_at)
    event.add("sequence", day.revision)
    event.add("dtstart", day.day)
    event.add("dtend", day.day + timedelta(days=1))
    event.add("summary", worded.summary, {"LANGUAGE": language})
    event.add("description", worded.description, {"LANGUAGE": language})
    event.add("url", worded.url)
    event.add("status", "CANCELLED" if day.is_cancelled else "CONFIRMED")
    # The day stays free for appointments.
    event.add("transp", "TRANSPARENT")
    return event
