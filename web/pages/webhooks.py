"""Webhooks: which systems are told of transitions, and what came of it."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from engine.domain.access import Action
from engine.domain.webhooks import CallStatus, WebhookAddressError
from engine.services.manage_webhooks import Shown, WebhookError, Webhooks
from web.visits import Needs, Posted, Visit

router = APIRouter(prefix="/webhooks")
ManagingVisit = Annotated[Visit, Depends(Needs(Action.MANAGE_WEBHOOKS))]


def _(text: str) -> str:
    """Mark words for translation."""
    return text


#: What is told of a call, by its status.
STATUSES: Final = {
    CallStatus.QUEUED: _("waits"),
    CallStatus.SENT: _("taken"),
    CallStatus.HELD: _("held"),
}


@router.get("")
def list_page(visit: ManagingVisit) -> Response:
    """Every webhook, and a form for another."""
    return _list(visit)


@router.post("")
def add(visit: ManagingVisit, form: Posted) -> Response:
    """A new webhook; its secret is shown now and never again."""
    url, description = str(form.get("url", "")), str(form.get("description", ""))
    try:
        id_, secret = _webhooks(visit).add(url, description)
    except (WebhookError, WebhookAddressError) as error:
        return _list(visit, said=str(error), url=url, description=description)
    return _secret(visit, id_, secret)


@router.get("/{id_}")
def one_page(visit: ManagingVisit, id_: int) -> Response:
    """One webhook and its calls."""
    found = _webhooks(visit).one(id_)
    return visit.page(
        "webhook.html",
        one=found,
        statuses=STATUSES,
        until=visit.now + visit.site.settings.secret_overlap,
    )


@router.post("/{id_}/disable")
def disable(visit: ManagingVisit, id_: int) -> Response:
    """Tell it nothing more."""
    _webhooks(visit).disable(id_)
    return _back(visit, id_, visit.say("This webhook is disabled."))


@router.post("/{id_}/enable")
def enable(visit: ManagingVisit, id_: int) -> Response:
    """Tell it again, of what happens from now on."""
    _webhooks(visit).enable(id_)
    return _back(visit, id_, visit.say("This webhook is enabled again."))


@router.post("/{id_}/rotate")
def rotate(visit: ManagingVisit, id_: int, form: Posted) -> Response:
    """A new secret, shown now and never again."""
    at_once = form.get("at_once") == "1"
    return _secret(visit, id_, _webhooks(visit).rotate(id_, at_once=at_once))


@router.post("/{id_}/ping")
def ping(visit: ManagingVisit, id_: int) -> Response:
    """A call that only tries whether calls arrive."""
    try:
        _webhooks(visit).ping(id_)
    except WebhookError as error:
        return _back(visit, id_, str(error))
    return _back(
        visit, id_, visit.say("A test call is on its way: load this page in a moment.")
    )


@router.post("/{id_}/again")
def send_all_again(visit: ManagingVisit, id_: int) -> Response:
    """Queue every held call anew."""
    _webhooks(visit).send_again(id_)
    return _back(visit, id_, visit.say("What was held is queued again."))


@router.post("/{id_}/calls/{call_id}/again")
def send_again(visit: ManagingVisit, id_: int, call_id: int) -> Response:
    """Queue one held call anew."""
    _webhooks(visit).send_again(id_, call_id)
    return _back(visit, id_, visit.say("What was held is queued again."))


def _webhooks(visit: Visit) -> Webhooks:
    site = visit.site
    return Webhooks(
        site.store,
        visit.actor,
        visit.now,
        private=site.settings.private_webhooks,
        overlap=site.settings.secret_overlap,
    )


def _list(visit: Visit, **values: str) -> Response:
    found: list[Shown] = _webhooks(visit).all()
    given = {"said": "", "url": "", "description": "", **values}
    status = 422 if given["said"] else 200
    return visit.page("webhooks.html", status=status, hooks=found, **given)


def _secret(visit: Visit, id_: int, secret: str) -> Response:
    found = _webhooks(visit).one(id_)
    return visit.page("webhook_secret.html", one=found, secret=secret)


def _back(visit: Visit, id_: int, notice: str) -> Response:
    return visit.go(f"/webhooks/{id_}", notice)
