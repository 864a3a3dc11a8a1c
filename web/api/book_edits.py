"""Edits of customers, partners and contracts, one thing at a time."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends
from pydantic import Field

from engine.domain.access import Action
from engine.domain.errors import NotFoundError
from engine.services.edit_book import Editor
from web.api.callers import ApiNeeds
from web.api.changes import OwnerGiven
from web.api.problems import ApiError, Complaint
from web.api.routes import ApiRoute
from web.api.shapes import Code, CodeInPath, Day, Done, Given
from web.visits import Visit

router: Final = APIRouter(route_class=ApiRoute, tags=["book"])

ChoosingOwner = Annotated[Visit, Depends(ApiNeeds(Action.CHOOSE_OWNER))]
ChoosingStandingOwner = Annotated[
    Visit, Depends(ApiNeeds(Action.CHOOSE_STANDING_OWNER))
]
ChoosingContact = Annotated[Visit, Depends(ApiNeeds(Action.CHOOSE_CONTACT))]
Associating = Annotated[Visit, Depends(ApiNeeds(Action.ASSOCIATE))]
EndingAssociation = Annotated[Visit, Depends(ApiNeeds(Action.END_ASSOCIATION))]
SettingTerms = Annotated[Visit, Depends(ApiNeeds(Action.SET_TERMS))]


class StandingOwnerGiven(Given):
    """Who tells a partner's customers unless something else is chosen for one."""

    owner: Literal["vendor", "partner"]


class ContactGiven(Given):
    """Who is told what the customer is told."""

    person: str = Field(
        min_length=1,
        max_length=200,
        description="One of the customer's people: code or mail address.",
        examples=["acme.contact"],
    )


class PartnerGiven(Given):
    """The partner that a customer gets."""

    partner: Code = Field(description="The partner's code.", examples=["nord"])


class AutomaticRenewalGiven(Given):
    """Whether silence renews a contract."""

    automatic_renewal: bool


class EndGiven(Given):
    """When a contract is over."""

    ended_on: Day = Field(description="The first day without it.")


@router.put("/customers/{code}/owner", response_model=Done)
def put_customer_owner(
    visit: ChoosingOwner, code: CodeInPath, given: OwnerGiven
) -> Done:
    """Choose who tells a customer."""
    return Done(id=code, message=_editor(visit).owner_of_customer(code, given.owner))


@router.put("/customers/{code}/primary-contact", response_model=Done)
def put_primary_contact(
    visit: ChoosingContact, code: CodeInPath, given: ContactGiven
) -> Done:
    """Choose who is told what the customer is told; releases what was held for that."""
    try:
        return Done(id=code, message=_editor(visit).contact(code, given.person))
    except NotFoundError as error:
        raise _in_body(error, "person") from None


@router.put("/customers/{code}/association", response_model=Done)
def put_association(visit: Associating, code: CodeInPath, given: PartnerGiven) -> Done:
    """Associate a customer with a partner."""
    try:
        return Done(id=code, message=_editor(visit).association(code, given.partner))
    except NotFoundError as error:
        raise _in_body(error, "partner") from None


@router.delete("/customers/{code}/association", response_model=Done)
def delete_association(visit: EndingAssociation, code: CodeInPath) -> Done:
    """End a customer's association with its partner."""
    return Done(id=code, message=_editor(visit).association(code, None))


@router.put("/partners/{code}/owner", response_model=Done)
def put_partner_owner(
    visit: ChoosingStandingOwner, code: CodeInPath, given: StandingOwnerGiven
) -> Done:
    """Choose who tells all of a partner's customers."""
    return Done(id=code, message=_editor(visit).owner_of_partner(code, given.owner))


@router.put("/contracts/{code}/automatic-renewal", response_model=Done)
def put_automatic_renewal(
    visit: SettingTerms, code: CodeInPath, given: AutomaticRenewalGiven
) -> Done:
    """Switch a contract's automatic renewal on or off."""
    said = _editor(visit).automatic_renewal(code, given.automatic_renewal)
    return Done(id=code, message=said)


@router.put("/contracts/{code}/end", response_model=Done)
def put_end(visit: SettingTerms, code: CodeInPath, given: EndGiven) -> Done:
    """Say when a contract ends."""
    return Done(id=code, message=_editor(visit).end(code, given.ended_on))


@router.delete("/contracts/{code}/end", response_model=Done)
def delete_end(visit: SettingTerms, code: CodeInPath) -> Done:
    """Take the end of a contract back: it goes on."""
    return Done(id=code, message=_editor(visit).end(code, None))


def _editor(visit: Visit) -> Editor:
    site = visit.site
    return Editor(site.store, site.rulebook, visit.actor, visit.now)


def _in_body(error: NotFoundError, kind: str) -> NotFoundError | ApiError:
    """What is missing may be named in the body, which is there to be mended."""
    if error.kind != kind:
        return error
    place = Complaint(pointer=f"#/{kind}", detail=error.plain)
    return ApiError(422, error.plain, [place])
