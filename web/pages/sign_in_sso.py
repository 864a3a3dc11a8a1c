"""Signing in at a single sign-on provider: the way there and the way back."""

import secrets
from typing import Final
from urllib.parse import quote, unquote

import structlog
from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from engine.services.sign_in import SignInError
from engine.services.sign_in_by_identity import sign_in_by_identity
from web.addresses import local
from web.cookies import drop_cookie, keep_cookie, read_cookie
from web.pages.sign_in import show_sign_in, with_session
from web.sign_on import RETURN_PATH
from web.sign_on_documents import SignOnError
from web.site import SignOn
from web.visits import AnyVisit, Visit

router = APIRouter()
log = structlog.get_logger("tacit.sign_on")

_COOKIE: Final = "tacit_sign_on"
#: How long somebody may take at the provider's.
_SECONDS: Final = 600


@router.get("/sign-in/sso")
def go_there(visit: AnyVisit, next: str = "/") -> Response:
    """Send the browser to the provider, with a secret that it brings back.

    By a link, not a form: the content policy lets no form end up elsewhere.
    """
    flow = secrets.token_urlsafe(32)
    try:
        where = _provider(visit).start(flow, visit.now)
    except SignOnError as error:
        return _failed(visit, error)
    response = RedirectResponse(where, status_code=303)
    keep_cookie(
        response,
        _COOKIE,
        f"{flow}.{quote(local(next), safe='')}",
        seconds=_SECONDS,
        is_secure=visit.site.settings.is_secure,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@router.get(RETURN_PATH)
def come_back(visit: AnyVisit) -> Response:
    """Sign in whoever the provider vouches for; each secret is good for one return."""
    site, secure = visit.site, visit.site.settings.is_secure
    kept = read_cookie(visit.request, _COOKIE, is_secure=secure) or ""
    flow, _, next_ = kept.partition(".")
    try:
        if not flow:
            raise SignOnError("it was not begun in this browser, or took too long")
        answer = dict(visit.request.query_params)
        identity = _provider(visit).finish(flow, answer, visit.now)
        session = sign_in_by_identity(site.store, identity, visit.now)
    except SignOnError as error:
        response = _failed(visit, error)
    except SignInError as error:
        log.warning("nobody to sign in", error=str(error))
        response = _nobody(visit)
    else:
        there = visit.go(local(unquote(next_) or "/"))
        response = with_session(visit, there, session)
    drop_cookie(response, _COOKIE, is_secure=secure)
    return response


def _provider(visit: Visit) -> SignOn:
    found = visit.site.sign_on
    if found is None:
        raise HTTPException(404, visit.say("There is no single sign-on here."))
    return found


def _failed(visit: Visit, error: SignOnError) -> Response:
    log.warning("sign-on failed", error=str(error))
    if error.is_away:
        said = visit.say(
            "Single sign-on gave no answer just now. Try it again in a while, or have "
            "a link sent to you."
        )
        return show_sign_in(visit, status=503, said=said)
    said = visit.say(
        "Single sign-on did not work. Start it again from here, in this browser; if "
        "that does not help, have a link sent to you."
    )
    return show_sign_in(visit, status=403, said=said)


def _nobody(visit: Visit) -> Response:
    said = visit.say(
        "Single sign-on knows you, but there is no account here that goes with it. Ask "
        "whoever runs this installation to let you in."
    )
    return show_sign_in(visit, status=403, said=said)
