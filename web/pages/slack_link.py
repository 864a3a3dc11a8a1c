"""Saying once which user of Slack one is: shown, confirmed, and undone on one's account.

Opening the link does nothing: whoever is signed in has to say that this user is them.
"""

from collections.abc import Callable

from fastapi import APIRouter
from fastapi.responses import Response

from engine.domain.slack_users import BadOfferError, SlackUser, read_offer
from engine.services.link_slack import SlackLinker
from web.forms import text_of
from web.visits import OwnVisit, Posted, Visit

router = APIRouter()
PATH = "/slack/link/{token}"


@router.get(PATH)
def offered(visit: OwnVisit, token: str) -> Response:
    """Which user of Slack it is, and who they would be."""
    return _with_offer(visit, token, lambda who: _question(visit, token, who))


@router.post(PATH)
def confirm(visit: OwnVisit, token: str) -> Response:
    """They are whoever is signed in, from now on."""
    return _with_offer(visit, token, lambda who: _link(visit, who))


@router.post("/account/slack/unlink")
def unlink(visit: OwnVisit, form: Posted) -> Response:
    """A user of Slack is this person no more."""
    who = SlackUser(text_of(form, "team", 32), text_of(form, "user", 32))
    linker(visit).unlink(who)
    said = visit.say("%(user)s in Slack is not you here any more.", user=who.user)
    return visit.go("/account", said)


def linker(visit: Visit) -> SlackLinker:
    """The links of whoever is visiting."""
    assert visit.signed_in is not None  # noqa: S101 - an OwnVisit is signed in
    person = visit.signed_in.person
    return SlackLinker(visit.site.store, person, person.code, visit.now)


def _with_offer(
    visit: Visit, token: str, then: Callable[[SlackUser], Response]
) -> Response:
    try:
        who = read_offer(visit.site.signing_keys(), token, visit.now)
    except BadOfferError:
        return visit.page("slack_link_unknown.html", status=409)
    return then(who)


def _question(visit: Visit, token: str, who: SlackUser) -> Response:
    assert visit.signed_in is not None  # noqa: S101 - an OwnVisit is signed in
    me, holder = visit.signed_in.person, linker(visit).holder(who)
    return visit.page(
        "slack_link.html",
        token=token,
        who=who,
        person=me,
        is_linked=holder is not None and holder.id == me.id,
        is_another=holder is not None and holder.id != me.id,
    )


def _link(visit: Visit, who: SlackUser) -> Response:
    linker(visit).link(who)
    said = visit.say(
        "%(user)s in Slack is you from now on: go back to Slack, and answer there.",
        user=who.user,
    )
    return visit.go("/account", said)
