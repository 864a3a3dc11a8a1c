"""One's own account: who one is here, what one may do, how and where one is signed in."""

from fastapi import APIRouter
from fastapi.responses import Response

from engine.domain.access import Action, Actor
from engine.domain.parsing import LANGUAGES
from engine.services.own_account import AccountHolder
from web.pages.slack_link import linker
from web.visits import LANGUAGE_COOKIE, OwnVisit, Posted, Visit

router = APIRouter()


@router.get("/account")
def account_page(visit: OwnVisit) -> Response:
    """All of it on one page."""
    mine = holder(visit)
    site = visit.site
    found = mine.look(site.settings.sessions)
    return visit.page(
        "account.html",
        mine=mine,
        found=found,
        person=mine.person,
        may=granted(visit.actor),
        sign_on=site.sign_on,
        zone=site.settings.time_zone,
        slack_links=linker(visit).links(),
    )


@router.post("/account/language")
def choose_language(visit: OwnVisit, form: Posted) -> Response:
    """Read pages and messages in another language from now on."""
    chosen = form.get("language")
    if chosen in LANGUAGES:
        holder(visit).choose_language(str(chosen))
    response = visit.go("/account")
    # A language chosen at the foot of a page would go before it.
    response.delete_cookie(LANGUAGE_COOKIE)
    return response


@router.post("/account/sessions/end")
def sign_out_elsewhere(visit: OwnVisit) -> Response:
    """End every session but this one."""
    holder(visit).sign_out_elsewhere()
    return visit.go("/account", visit.say("You are signed out everywhere else."))


@router.post("/account/single-sign-on/unlink")
def unlink(visit: OwnVisit) -> Response:
    """Let one's identity at single sign-on open this account no more."""
    if not holder(visit).unlink_identity():
        return visit.go("/account")
    said = visit.say("Your account is not linked to single sign-on any more.")
    return visit.go("/account", said)


def holder(visit: Visit) -> AccountHolder:
    """Whoever is visiting, as the one who keeps their account."""
    assert visit.signed_in is not None  # noqa: S101 - an OwnVisit is signed in
    return AccountHolder(visit.site.store, visit.signed_in, visit.now)


def granted(actor: Actor) -> list[Action]:
    """What somebody may do besides keeping their own account."""
    return [
        action
        for action in Action
        if action is not Action.OWN_ACCOUNT and actor.may(action)
    ]
