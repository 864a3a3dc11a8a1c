"""Customers, partners, contracts and people: lists, and one of each."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from engine.domain.access import Action
from engine.services.read_directory import list_entries, show_entry
from web.api.callers import ApiNeeds
from web.api.routes import ApiRoute
from web.api.shapes import CodeInPath, Cursor, Limit, Paged, limit_of, paged
from web.visits import Visit

router: Final = APIRouter(route_class=ApiRoute, tags=["book"])

SeeingCustomers = Annotated[Visit, Depends(ApiNeeds(Action.SEE_CUSTOMERS))]
SeeingPartners = Annotated[Visit, Depends(ApiNeeds(Action.SEE_PARTNERS))]
SeeingPeople = Annotated[Visit, Depends(ApiNeeds(Action.SEE_PEOPLE))]


class Customer(BaseModel):
    """A customer; others are named by their codes."""

    code: str = Field(examples=["acme"])
    name: str = Field(examples=["Acme"])
    domain: str | None
    hub_id: str | None
    time_zone: str = Field(examples=["Europe/Paris"])
    language: str
    partner: str | None
    communication_owner: str = Field(description="default, vendor or partner.")
    primary_contact: str | None


class Partner(BaseModel):
    """A partner."""

    code: str = Field(examples=["nord"])
    name: str
    owns_conversations: bool = Field(
        description="Whether it owns every conversation with its customers."
    )
    point_of_contact: str | None


class Contract(BaseModel):
    """A contract."""

    code: str = Field(examples=["K-1"])
    customer: str
    product: str
    started_on: date
    commitment_months: int
    automatic_renewal: bool
    billing_months: int
    starter: bool
    contact_limit: int | None
    currency: str | None
    mrr: str | None = Field(examples=["1200.50"])
    new_mrr: str | None
    ended_on: date | None


class Person(BaseModel):
    """Somebody who can be written to or can answer."""

    code: str = Field(examples=["olivia.park"])
    name: str
    email: str | None
    slack_user: str | None
    language: str
    channel: str
    customer: str | None
    partner: str | None
    roles: list[str]


@router.get("/customers", response_model=Paged[Customer])
def get_customers(
    request: Request,
    response: Response,
    visit: SeeingCustomers,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Mapping[str, Any]:
    """List customers in the order of their codes."""
    return _page(request, response, visit, "customers", (limit, cursor))


@router.get("/customers/{code}", response_model=Customer)
def get_customer(visit: SeeingCustomers, code: CodeInPath) -> Any:
    """Show one customer."""
    return show_entry(visit.site.store, visit.actor, "customers", code)


@router.get("/partners", response_model=Paged[Partner])
def get_partners(
    request: Request,
    response: Response,
    visit: SeeingPartners,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Mapping[str, Any]:
    """List partners in the order of their codes."""
    return _page(request, response, visit, "partners", (limit, cursor))


@router.get("/partners/{code}", response_model=Partner)
def get_partner(visit: SeeingPartners, code: CodeInPath) -> Any:
    """Show one partner."""
    return show_entry(visit.site.store, visit.actor, "partners", code)


@router.get("/contracts", response_model=Paged[Contract])
def get_contracts(
    request: Request,
    response: Response,
    visit: SeeingCustomers,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Mapping[str, Any]:
    """List contracts in the order of their codes."""
    return _page(request, response, visit, "contracts", (limit, cursor))


@router.get("/contracts/{code}", response_model=Contract)
def get_contract(visit: SeeingCustomers, code: CodeInPath) -> Any:
    """Show one contract."""
    return show_entry(visit.site.store, visit.actor, "contracts", code)


@router.get("/people", response_model=Paged[Person])
def get_people(
    request: Request,
    response: Response,
    visit: SeeingPeople,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Mapping[str, Any]:
    """List people in the order of their codes."""
    return _page(request, response, visit, "people", (limit, cursor))


@router.get("/people/{code}", response_model=Person)
def get_person(visit: SeeingPeople, code: CodeInPath) -> Any:
    """Show one person."""
    return show_entry(visit.site.store, visit.actor, "people", code)


def _page(
    request: Request,
    response: Response,
    visit: Visit,
    kind: str,
    cut: tuple[int | None, str | None],
) -> Mapping[str, Any]:
    limit, cursor = cut
    page = list_entries(
        visit.site.store, visit.actor, kind, cursor, limit_of(visit, limit)
    )
    return paged(request, response, [*page.rows], page.next)
