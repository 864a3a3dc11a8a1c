"""Signing in by password, asking for a link, and signing out."""

from fastapi import APIRouter, BackgroundTasks
from fastapi.responses import Response

from engine.domain.records import Person
from engine.services.mail_links import LinkMail
from engine.services.manage_accounts import has_nobody_in_charge
from engine.services.sign_in import SignInError, sign_out
from engine.services.sign_in_by_password import sign_in_by_password
from engine.services.sign_in_limits import (
    TooManyAttemptsError,
    count_attempt,
    for_account,
    for_client,
    forgive,
)
from web.addresses import local
from web.cookies import SESSION_COOKIE, drop_cookie, keep_cookie
from web.forms import secret_of, text_of
from web.letters import post_link
from web.visits import AnyVisit, OwnVisit, Posted, Visit

router = APIRouter()


@router.get("/sign-in")
def sign_in_page(visit: AnyVisit, next: str = "/") -> Response:
    """How to sign in here; whoever is signed in goes on."""
    if visit.signed_in is not None:
        return visit.go(local(next))
    return show_sign_in(visit, next=next)


@router.post("/sign-in")
def use_password(visit: AnyVisit, form: Posted) -> Response:
    """Sign in by address or code and password."""
    site, name = visit.site, text_of(form, "name")
    keys = [for_account("password", name), for_client("password", visit.client)]
    try:
        counted = count_attempt(
            site.store, keys, site.settings.sign_in_limits, visit.now
        )
        session = sign_in_by_password(
            site.store, site.passwords, name, secret_of(form, "password"), visit.now
        )
    except TooManyAttemptsError as error:
        return wait_page(visit, error)
    except SignInError:
        said = visit.say(
            "That did not work: the address or code and the password do not belong "
            "together. Without a password, have a link sent to you."
        )
        return show_sign_in(
            visit, status=403, said=said, name=name, next=text_of(form, "next", 2_000)
        )
    forgive(site.store, counted)
    return with_session(visit, visit.go(local(text_of(form, "next", 2_000))), session)


@router.post("/sign-in/mail")
def ask_for_link(visit: AnyVisit, form: Posted, later: BackgroundTasks) -> Response:
    """Mail a link to whoever may sign in at an address, after the answer is given.

    So the answer, and the time that it takes, are the same for every address.
    """
    site, address = visit.site, text_of(form, "address")
    limits, now = site.settings.sign_in_limits, visit.now
    try:
        count_attempt(site.store, [for_client("link", visit.client)], limits, now)
    except TooManyAttemptsError as error:
        return wait_page(visit, error)

    def post(person: Person, token: str) -> None:
        post_link(site, person, token, now)

    settings = site.settings
    mail = LinkMail(site.store, settings.links_for, limits, settings.link_lasts, post)
    later.add_task(mail.send, address, now)
    return visit.page("sign_in_mailed.html", address=address)


@router.post("/sign-out")
def leave(visit: OwnVisit) -> Response:
    """End the session here."""
    assert visit.signed_in is not None  # noqa: S101 - an OwnVisit is signed in
    sign_out(visit.site.store, visit.signed_in.token)
    response = visit.go("/sign-in", visit.say("You are signed out."))
    drop_cookie(response, SESSION_COOKIE, is_secure=visit.site.settings.is_secure)
    return response


def show_sign_in(
    visit: Visit,
    *,
    status: int = 200,
    said: str | None = None,
    name: str = "",
    next: str = "/",
) -> Response:
    """The page with every way to sign in, and what went wrong with the last."""
    site = visit.site
    return visit.page(
        "sign_in.html",
        status=status,
        said=said,
        name=name,
        next=local(next),
        is_new=has_nobody_in_charge(site.store, site.policy),
        sign_on=site.sign_on,
    )


def wait_page(visit: Visit, error: TooManyAttemptsError) -> Response:
    """When it may be tried again, and what may be done meanwhile."""
    response = visit.page("sign_in_wait.html", status=429, until=error.until)
    response.headers["Retry-After"] = str(error.seconds_from(visit.now))
    return response


def with_session(visit: Visit, response: Response, session: str) -> Response:
    """The response with a new session's cookie; the one before it is ended."""
    if visit.signed_in is not None:
        sign_out(visit.site.store, visit.signed_in.token)
    settings = visit.site.settings
    keep_cookie(
        response,
        SESSION_COOKIE,
        session,
        seconds=int(settings.sessions.longest.total_seconds()),
        is_secure=settings.is_secure,
    )
    return response
