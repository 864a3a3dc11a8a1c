"""The pages of customers: one with all that belongs to it, and the list; partners."""

from collections.abc import Iterator
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from engine.domain.access import Action
from engine.services.show_customer import Customer, list_customers, show_customer
from engine.services.show_partner import show_partner
from web.pages.change import Button
from web.usage_view import contacts_of, emails_of
from web.visits import Needs, Visit

router = APIRouter()
SeeCustomers = Annotated[Visit, Depends(Needs(Action.SEE_CUSTOMERS))]
SeePartners = Annotated[Visit, Depends(Needs(Action.SEE_PARTNERS))]
_LAST_PAGE: Final = 10_000


@router.get("/customers")
def customers_page(visit: SeeCustomers, search: str = "", page: int = 1) -> Response:
    """The customers that its visitor may see, those that a search finds."""
    size, page = visit.site.settings.page_size, min(max(page, 1), _LAST_PAGE)
    wanted = search.strip()[:200]
    rows = list_customers(
        visit.site.store,
        visit.actor,
        wanted,
        offset=(page - 1) * size,
        limit=size + 1,
    )
    return visit.page(
        "customer/list.html",
        rows=rows[:size],
        search=wanted,
        page=page,
        has_more=len(rows) > size,
    )


@router.get("/customers/{code}")
def customer_page(code: str, visit: SeeCustomers) -> Response:
    """All of one customer that its visitor may know."""
    site = visit.site
    found = show_customer(site.store, site.rulebook, code, visit.now, visit.actor)
    charts = {one.code: (contacts_of(one), emails_of(one)) for one in found.products}
    return visit.page(
        "customer/page.html",
        found=found,
        row=found.row,
        charts=charts,
        edits=list(_edits(visit, found)),
        may_set_terms=visit.actor.may(Action.SET_TERMS, found.place),
    )


def _edits(visit: Visit, found: Customer) -> Iterator[Button]:
    may, place = visit.actor.may, found.place
    here = f"/customers/{found.row['code']}"
    if may(Action.CHOOSE_OWNER, place):
        yield Button(f"{here}/actions/owner", visit.say("Communication owner"))
    if may(Action.CHOOSE_CONTACT, place):
        yield Button(f"{here}/actions/contact", visit.say("Primary contact"))
    if may(Action.ASSOCIATE, place):
        yield Button(f"{here}/actions/partner", visit.say("Partner"))
    if may(Action.END_ASSOCIATION, place) and found.row["partner"]:
        path, label = f"{here}/end-association", visit.say("End the association")
        yield Button(path, label, "danger")


@router.get("/partners/{code}")
def partner_page(code: str, visit: SeePartners) -> Response:
    """A partner, its standing choice and its customers."""
    size = visit.site.settings.page_size
    found = show_partner(visit.site.store, code, visit.actor, limit=size)
    may_choose = visit.actor.may(Action.CHOOSE_STANDING_OWNER, found.place)
    return visit.page(
        "customer/partner.html", found=found, row=found.row, may_choose=may_choose
    )
