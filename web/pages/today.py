"""*Today*: what needs a person, the most urgent first, each with what settles it."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from engine.domain.access import Action
from engine.domain.moments import local_day
from engine.services.needs_attention import Asked, Concern, Kind, needs_attention
from web.menu import TODAY
from web.remedies import Remedy, remedy_for
from web.visits import Needs, Visit

router = APIRouter()
Seeing = Annotated[Visit, Depends(Needs(Action.SEE_ATTENTION))]
#: Of each kind; the rest is counted.
MOST_SHOWN: Final = 10


@router.get(TODAY)
def today_page(visit: Seeing) -> Response:
    """All that waits for somebody at the vendor; or that nothing does."""
    assert visit.signed_in is not None  # noqa: S101 - whoever sees it is
    site, asked = visit.site, _asked(visit)
    found = needs_attention(
        site.store, site.rulebook, visit.actor, visit.signed_in.person, asked
    )
    return visit.page(
        "today/page.html",
        found=found,
        asked=asked,
        zone=site.settings.time_zone,
        rest=_rest(asked),
        remedy=lambda one: _remedy(visit, one),
    )


def _asked(visit: Visit) -> Asked:
    site, settings = visit.site, visit.site.settings
    return Asked(
        now=visit.now,
        on=local_day(visit.now, settings.time_zone),
        channels=site.channels,
        most=MOST_SHOWN,
        silent_for=settings.silent_for,
        soon=settings.deadline_soon,
        ahead=settings.unreachable_ahead,
        problems=site.check_folder(),
    )


def _rest(asked: Asked) -> dict[Kind, str]:
    """Where all of a kind are, for those that have a list."""
    until = asked.on + asked.soon
    return {
        Kind.CHANGE: "/changes?person=1",
        Kind.MESSAGE: "/messages?status=held",
        Kind.DEADLINE: f"/changes?from={asked.on}&to={until}&sort=deadline",
    }


def _remedy(visit: Visit, concern: Concern) -> Remedy:
    """What mends what keeps a message, or would keep it."""
    if concern.message is not None:
        return remedy_for(visit, concern.message)
    change, row = concern.change, concern.row
    assert change is not None  # noqa: S101 - it is about one or the other
    assert row is not None  # noqa: S101
    message = {
        "reason": concern.nobody,
        "copies": (),
        "place": row.place,
        "customer": change["customer"],
        "customer_code": change["customer_id"],
        "change": change["id"],
        "partner_code": change["partner"],
    }
    return remedy_for(visit, message)
