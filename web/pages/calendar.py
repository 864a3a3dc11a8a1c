"""Calendars: the feed that programs subscribe to, and the page of its addresses."""

import hashlib
from typing import Final
from urllib.parse import urlsplit

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

from engine.domain.calendar import CalendarDay, DayKind
from engine.services.calendar_feed import (
    Calendar,
    FeedError,
    feeds_of,
    make_feed,
    read_calendar,
    revoke_feed,
)
from notifiers.calendar import Worded, write_calendar
from web.rendering import sentence, words_of
from web.site import Site
from web.visits import AnyVisit, OwnVisit, Posted, Visit

router = APIRouter()


def _(text: str) -> str:
    """Mark words for translation."""
    return text


_NAME: Final = _("%(vendor)s: deadlines")
#: What a day is called, and what it means.
_SAYS: Final = {
    DayKind.DEADLINE: (
        _("Deadline: %(customer)s"),
        _("Last day on which conditions can be modified."),
    ),
    DayKind.START: (
        _("Starts: %(customer)s"),
        _("First day of the new conditions."),
    ),
}


@router.api_route("/calendar/{token}.ics", methods=["GET", "HEAD"])
def feed(visit: AnyVisit, token: str) -> Response:
    """The calendar of whoever made this address."""
    site, request = visit.site, visit.request
    found = read_calendar(
        site.store,
        site.policy,
        site.rulebook,
        token,
        visit.now,
        site.settings.calendar_ahead,
    )
    if found is None:
        raise HTTPException(404, visit.say("There is no calendar at this address."))
    text = _written(site, found)
    tag = f'"{hashlib.sha256(text).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    given = request.headers.get("If-None-Match", "")
    if tag in (one.strip().removeprefix("W/") for one in given.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(text, media_type="text/calendar", headers=headers)


def _written(site: Site, found: Calendar) -> bytes:
    language = found.person.language
    name = sentence(language, _NAME, vendor=site.settings.vendor)
    host = urlsplit(site.settings.url).hostname or "tacit"
    days = [_worded(site, language, day) for day in found.days]
    return write_calendar(name, language, host, days)


def _worded(site: Site, language: str, day: CalendarDay) -> Worded:
    word = words_of(site.words[language])
    kind, state = word("types", day.type), word("states", day.state)
    called, means = _SAYS[day.kind]
    summary = sentence(language, called, customer=day.customer)
    says = sentence(language, means)
    url = f"{site.settings.url}/changes/{day.change}"
    return Worded(day, f"{summary} ({kind})", f"{says}\n{day.change}: {state}", url)


@router.get("/account/calendar")
def addresses(visit: OwnVisit) -> Response:
    """The addresses of one's own calendar."""
    return _page(visit)


@router.post("/account/calendar")
def make(visit: OwnVisit) -> Response:
    """A new address, shown now and never again."""
    try:
        token = make_feed(visit.site.store, visit.actor, visit.now)
    except FeedError as error:
        return _page(visit, said=str(error))
    return _page(visit, address=f"{visit.site.settings.url}/calendar/{token}.ics")


@router.post("/account/calendar/revoke")
def revoke(visit: OwnVisit, form: Posted) -> Response:
    """Let nobody read the calendar at one of the addresses any more."""
    given = str(form.get("feed", ""))
    if not given.isdecimal() or len(given) > 15:
        raise HTTPException(422, visit.say("Choose the address to revoke."))
    revoke_feed(visit.site.store, visit.actor, int(given), visit.now)
    return visit.go("/account/calendar", visit.say("This address shows nothing more."))


def _page(visit: Visit, *, said: str = "", address: str = "") -> Response:
    return visit.page(
        "calendar.html",
        status=422 if said else 200,
        feeds=feeds_of(visit.site.store, visit.actor),
        said=said,
        address=address,
    )
