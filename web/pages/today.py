"""The page of today: what needs a person at the vendor, and what settles it."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from engine.domain.access import Action
from engine.domain.place import NOBODYS
from engine.services.needs_attention import Looking, needs_attention
from web.message_remedies import remedy_of
from web.visits import Needs, Visit

router = APIRouter()
SeeAttention = Annotated[Visit, Depends(Needs(Action.SEE_ATTENTION))]


@router.get("/today")
def today_page(visit: SeeAttention) -> Response:
    """Everything that waits for somebody, the most urgent of each kind first."""
    site, settings = visit.site, visit.site.settings
    looking = Looking(
        settings.time_zone,
        settings.page_size,
        settings.deadline_soon,
        settings.unreachable_ahead,
        settings.silent_for,
    )
    found = needs_attention(site.store, site.rulebook, looking, visit.actor, visit.now)
    sees_rules = visit.actor.may(Action.SEE_RULES, NOBODYS)
    return visit.page(
        "today/page.html",
        found=found,
        problems=site.works.check_rules() if sees_rules else (),
        remedy=lambda row: remedy_of(visit, row),
        days=settings.deadline_soon.days,
        ahead=settings.unreachable_ahead.days,
    )
