"""The page of messages: where each stands, what each of its readers sees, and release."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response

from engine.domain.access import Action
from engine.domain.errors import NotFoundError
from engine.domain.place import NOBODYS
from engine.domain.records import OutboxStatus
from engine.services.edit_book import Editor
from engine.services.read_letters import Letters, Reading
from engine.services.read_messages import (
    Message,
    Wanted,
    count_messages,
    list_messages,
    show_message,
)
from web.message_remedies import remedy_of
from web.slack_view import drawn
from web.visits import Needs, Visit

router = APIRouter()
SeeMessages = Annotated[Visit, Depends(Needs(Action.SEE_MESSAGES))]
Release = Annotated[Visit, Depends(Needs(Action.RELEASE_MESSAGES))]
#: What is held comes first: it waits for somebody.
_TABS: Final = (
    OutboxStatus.HELD,
    OutboxStatus.QUEUED,
    OutboxStatus.SENDING,
    OutboxStatus.SENT,
    OutboxStatus.DROPPED,
)
_LONGEST: Final = 200
#: A letter may bring its own style; nothing in it runs, and nothing is fetched.
_LETTER_POLICY: Final = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'self'"
)


@router.get("/messages")
def messages_page(
    visit: SeeMessages,
    status: str | None = None,
    search: str = "",
    after: str | None = None,
) -> Response:
    """The messages that the visitor may read, the newest first."""
    store, actor = visit.site.store, visit.actor
    chosen = status if status in [*_TABS] else None
    words = search.replace("\0", " ").strip()[:_LONGEST]
    wanted = Wanted(
        visit.site.settings.page_size, status=chosen, search=words, after=after or None
    )
    page = list_messages(store, actor, wanted)
    counts = count_messages(store, actor)
    return visit.page(
        "messages/list.html",
        rows=page.rows,
        next=page.next,
        remedy=lambda row: remedy_of(visit, row),
        tabs=[tab for tab in _TABS if counts.get(tab) or tab == chosen],
        counts=counts,
        chosen=chosen,
        search=words,
        may_release=actor.may(Action.RELEASE_MESSAGES, NOBODYS),
    )


@router.get("/messages/release")
def release_all_page(visit: Release) -> Response:
    """What releasing everything would do."""
    visit.actor.must(Action.RELEASE_MESSAGES, NOBODYS, "message", "all")
    held = count_messages(visit.site.store, visit.actor).get(OutboxStatus.HELD, 0)
    return visit.page("messages/release.html", number=held, row=None)


@router.post("/messages/release")
def release_all(visit: Release) -> Response:
    """Queue again all that is held."""
    return _released(visit, [])


@router.get("/messages/{message}")
def message_page(visit: SeeMessages, message: str) -> Response:
    """One message, as each of its readers sees it."""
    row, readings = _read(visit, message)
    return visit.page(
        "messages/page.html",
        row=row,
        readings=readings,
        drawn=drawn,
        remedy=remedy_of(visit, row),
        may_release=_may_release(visit, row),
    )


@router.get("/messages/{message}/html/{number}")
def letter_page(visit: SeeMessages, message: str, number: str) -> Response:
    """The HTML part that one of the readers gets, in a frame that lets nothing run."""
    _, readings = _read(visit, message)
    reading = _numbered(readings, number)
    if reading is None or reading.rendered is None:
        raise NotFoundError("message", f"{message}/html/{number}")
    headers = {
        "Content-Security-Policy": _LETTER_POLICY,
        "X-Frame-Options": "SAMEORIGIN",
        "Cache-Control": "no-store",
    }
    return HTMLResponse(reading.rendered.html, headers=headers)


@router.get("/messages/{message}/release")
def release_page(visit: Release, message: str) -> Response:
    """What releasing the held messages of one change would do."""
    row, _ = _read(visit, message)
    return visit.page("messages/release.html", number=None, row=row)


@router.post("/messages/{message}/release")
def release(visit: Release, message: str) -> Response:
    """Queue again what is held for the message's change."""
    row, _ = _read(visit, message)
    return _released(visit, [row["change"]])


def _released(visit: Visit, changes: list[str]) -> Response:
    site = visit.site
    Editor(site.store, site.rulebook, visit.actor, visit.now).release(changes)
    return visit.go("/messages", visit.say("What was held is queued again."))


def _read(visit: Visit, message: str) -> tuple[Message, list[Reading]]:
    """A message and its readings; NotFoundError for what is no number, too."""
    if not message.isascii() or not message.isdigit() or len(message) > 18:
        raise NotFoundError("message", message)
    site = visit.site
    row = show_message(site.store, visit.actor, int(message))
    relay = site.works.delivering()
    letters = Letters(site.rulebook, relay.renderer, relay.vendor, relay.channels)
    return row, letters.of(site.store, int(message), visit.actor, visit.now)


def _numbered(readings: list[Reading], number: str) -> Reading | None:
    if not number.isascii() or not number.isdigit() or len(number) > 4:
        return None
    place = int(number)
    return readings[place] if place < len(readings) else None


def _may_release(visit: Visit, row: Message) -> bool:
    is_held = row["status"] == OutboxStatus.HELD
    return is_held and visit.actor.may(Action.RELEASE_MESSAGES)
