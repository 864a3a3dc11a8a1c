"""One message: each copy that was made of it, and how each reader sees it."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path
from fastapi.responses import HTMLResponse, Response

from engine.domain.access import Action
from engine.domain.errors import NotFoundError
from engine.services.render_message import Letters, ReadBy, render_message
from web.pages.messages import RELEASE, waits_for
from web.slack_view import draw
from web.visits import Needs, Visit

router = APIRouter()
Reading = Annotated[Visit, Depends(Needs(Action.SEE_MESSAGES))]
Number = Annotated[int, Path(ge=0, lt=2**63)]
#: A mail has styles of its own and nothing else; it runs nothing and loads nothing.
_MAIL_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox"
)


@router.get("/messages/{message}")
def message_page(message: Number, visit: Reading, reader: str = "") -> Response:
    """A message as one of its readers sees it; the first unless another is named."""
    found = _letters(visit, message)
    actor, place = visit.actor, found.message["place"]
    return visit.page(
        "messages/message.html",
        found=found,
        one={**found.message, **waits_for(visit, found.message)},
        shown=_shown(found, reader),
        draw=draw,
        opens_customer=actor.may(Action.SEE_CUSTOMERS, place),
        opens_change=actor.may(Action.SEE_CHANGES, place),
        may_release=actor.may(Action.RELEASE_MESSAGES, place),
        release=RELEASE,
    )


@router.get("/messages/{message}/mail")
def mail_page(message: Number, visit: Reading, reader: str = "") -> Response:
    """The HTML of a mail alone, for the frame that the message's page has."""
    found = _letters(visit, message)
    shown = _shown(found, reader)
    if shown is None or shown.rendered is None:
        raise NotFoundError("mail", str(message))
    return HTMLResponse(shown.rendered.html, headers=_headers())


def _headers() -> dict[str, str]:
    return {
        "Content-Security-Policy": _MAIL_POLICY,
        "X-Frame-Options": "SAMEORIGIN",
        "Cache-Control": "no-store",
    }


def _letters(visit: Visit, message: int) -> Letters:
    site = visit.site
    return render_message(
        site.store,
        site.rulebook,
        site.works.delivering(),
        visit.actor,
        message,
        visit.now,
    )


def _shown(found: Letters, reader: str) -> ReadBy | None:
    """The reader that is asked for; NotFoundError where there is no such reader."""
    if not reader:
        return found.readers[0] if found.readers else None
    for one in found.readers:
        if one.code == reader:
            return one
    raise NotFoundError("reader", reader)
