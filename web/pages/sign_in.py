"""Signing in and out: by a one-time link."""

from urllib.parse import urlsplit

from fastapi import APIRouter
from fastapi.responses import Response

from engine.services.sign_in import (
    SignInError,
    owner_of_link,
    sign_in_by_link,
    sign_out,
)
from web.visits import SESSION_COOKIE, AnyVisit, OwnVisit, Visit

router = APIRouter()


@router.get("/sign-in")
def sign_in_page(visit: AnyVisit, next: str = "/") -> Response:
    """How to sign in here; whoever is signed in goes on."""
    if visit.signed_in is not None:
        return visit.go(local(next))
    return visit.page("sign_in.html", next=local(next))


@router.get("/sign-in/link/{token}")
def link_page(visit: AnyVisit, token: str) -> Response:
    """Who the link is for; a button signs in, since machines open links too."""
    try:
        person = owner_of_link(visit.site.store, token, visit.now)
    except SignInError as error:
        return visit.page("sign_in.html", status=410, said=str(error), next="/")
    return visit.page("sign_in_link.html", person=person, token=token)


@router.post("/sign-in/link/{token}")
def use_link(visit: AnyVisit, token: str) -> Response:
    """Use the link up."""
    session = sign_in_by_link(visit.site.store, token, visit.now)
    return with_session(visit, visit.go("/"), session)


@router.post("/sign-out")
def leave(visit: OwnVisit) -> Response:
    """End the session here."""
    assert visit.signed_in is not None  # noqa: S101 - an OwnVisit is signed in
    sign_out(visit.site.store, visit.signed_in.token)
    response = visit.go("/sign-in")
    response.delete_cookie(SESSION_COOKIE)
    return response


def with_session(visit: Visit, response: Response, session: str) -> Response:
    """The response with a new session's cookie; scripts cannot read it."""
    if visit.signed_in is not None:
        sign_out(visit.site.store, visit.signed_in.token)
    response.set_cookie(
        SESSION_COOKIE,
        session,
        max_age=int(visit.site.settings.sessions.longest.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=visit.site.settings.is_secure,
    )
    return response


def local(path: str) -> str:
    """An address of our own to go on to; any other becomes the first page."""
    parts = urlsplit(path)
    stays = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if stays and not parts.scheme and not parts.netloc else "/"
