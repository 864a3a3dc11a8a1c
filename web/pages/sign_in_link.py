"""Signing in by a one-time link: opening it shows whose it is, a button uses it up."""

from fastapi import APIRouter
from fastapi.responses import Response

from engine.services.sign_in import SignInError, owner_of_link, sign_in_by_link
from web.pages.sign_in import show_sign_in, with_session
from web.visits import AnyVisit, Visit

router = APIRouter()


@router.get("/sign-in/link/{token}")
def link_page(visit: AnyVisit, token: str) -> Response:
    """Who the link is for; a button signs in, since machines open links too."""
    try:
        person = owner_of_link(visit.site.store, token, visit.now)
    except SignInError:
        return _of_no_use(visit)
    return visit.page("sign_in_link.html", person=person, token=token)


@router.post("/sign-in/link/{token}")
def use_link(visit: AnyVisit, token: str) -> Response:
    """Use the link up."""
    try:
        session = sign_in_by_link(visit.site.store, token, visit.now)
    except SignInError:
        return _of_no_use(visit)
    return with_session(visit, visit.go("/"), session)


def _of_no_use(visit: Visit) -> Response:
    said = visit.say(
        "This link was used already, or is too old. Have a new one sent to you."
    )
    return show_sign_in(visit, status=410, said=said)
