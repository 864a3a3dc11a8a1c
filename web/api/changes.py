"""Changes: the list, one whole, events, and edits of one change."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import ConfigDict, Field

from engine.domain.access import Action
from engine.domain.errors import NotFoundError
from engine.domain.listing import DEFAULT_SORT, Question
from engine.domain.moments import local_day
from engine.services.change_tags import show_tagged
from engine.services.edit_book import Editor
from engine.services.fire_event import Fired, UnknownEventError, fire_event
from engine.services.list_changes import list_changes
from notifiers.refusals import refusal_sentence
from web.api.callers import ApiNeeds
from web.api.change_shapes import Change, FiredEvent, WholeChange
from web.api.problems import ApiError, Complaint, EventRefusedError
from web.api.routes import ApiRoute
from web.api.shapes import (
    ChangeId,
    Code,
    Cursor,
    Day,
    Done,
    Given,
    Limit,
    Paged,
    limit_of,
    paged,
)
from web.api.tags import IfMatch, IfNoneMatch, expected, is_known
from web.visits import Visit

router: Final = APIRouter(route_class=ApiRoute, tags=["changes"])

Seeing = Annotated[Visit, Depends(ApiNeeds(Action.SEE_CHANGES))]
Answering = Annotated[Visit, Depends(ApiNeeds(Action.ANSWER))]
ChoosingOwner = Annotated[Visit, Depends(ApiNeeds(Action.CHOOSE_OWNER))]
MovingDates = Annotated[Visit, Depends(ApiNeeds(Action.MOVE_DATES))]


class Filters(Given):
    """Which changes of the list, and in what order."""

    # All that an address holds is text.
    model_config = ConfigDict(strict=False)

    on: Day | None = Field(None, description="Listed on this day; today without it.")
    search: str = Field(
        "", max_length=200, description="Customer, domain, hub ID, code or contact."
    )
    state: list[str] = Field([], max_length=50, examples=[["pending"]])
    type: list[str] = Field([], max_length=50, examples=[["renewal"]])
    owner: Literal["vendor", "partner"] | None = None
    partner: Code | None = Field(None, description="A partner's code.")
    customer: Code | None = Field(None, description="A customer's code.")
    deadline_from: Day | None = None
    deadline_to: Day | None = None
    needs_person: bool = Field(False, description="Only what needs a person.")
    sort: str = Field(
        DEFAULT_SORT,
        max_length=40,
        description="A field to sort by; with - before it, the largest first.",
        examples=["-deadline"],
    )


class Listing(Filters):
    """The same, a page at a time."""

    limit: Limit = None
    cursor: Cursor = None


class EventGiven(Given):
    """An event to fire."""

    event: str = Field(min_length=1, max_length=60, examples=["accept"])


class OwnerGiven(Given):
    """Who tells the customer."""

    owner: Literal["default", "vendor", "partner"] = Field(
        description="`default` ends an override."
    )


class RenewalStartGiven(Given):
    """The day from which the new conditions apply."""

    renewal_start: Day = Field(examples=["2027-03-08"])


@router.get("/changes", response_model=Paged[Change])
def get_changes(
    request: Request,
    response: Response,
    visit: Seeing,
    wanted: Annotated[Listing, Query()],
) -> Mapping[str, Any]:
    """List upcoming changes: in their window, or still needing a person."""
    limit = limit_of(visit, wanted.limit)
    asked = question(visit, wanted, limit=limit, after=wanted.cursor)
    found = list_changes(visit.site.store, visit.site.rulebook, asked, visit.actor)
    response.headers["Total-Count"] = str(found.total)
    return paged(request, response, found.rows, found.next)


def question(
    visit: Visit,
    wanted: Filters,
    *,
    limit: int | None = None,
    after: str | None = None,
) -> Question:
    """What the filters ask of the list."""
    today = local_day(visit.now, visit.site.settings.time_zone)
    return Question(
        on=wanted.on or today,
        now=visit.now,
        search=wanted.search,
        states=frozenset(wanted.state),
        types=frozenset(wanted.type),
        owner=wanted.owner,
        partner=wanted.partner,
        customer=wanted.customer,
        deadline_from=wanted.deadline_from,
        deadline_to=wanted.deadline_to,
        needs_person=wanted.needs_person,
        sort=wanted.sort.removeprefix("-"),
        descending=wanted.sort.startswith("-"),
        limit=limit,
        after=after,
    )


@router.get(
    "/changes/{change}",
    response_model=WholeChange,
    responses={304: {"description": "It has the ETag that you know."}},
)
def get_change(
    response: Response, visit: Seeing, change: ChangeId, known: IfNoneMatch = None
) -> Any:
    """Show one change whole: facts, plan ahead, history, messages."""
    site = visit.site
    shown, tag = show_tagged(site.store, site.rulebook, change, visit.now, visit.actor)
    headers = {"ETag": f'"{tag}"', "Cache-Control": "private, no-cache"}
    if is_known(known, tag):
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return shown


@router.post("/changes/{change}/events", response_model=FiredEvent)
def post_event(
    response: Response,
    visit: Answering,
    change: ChangeId,
    given: EventGiven,
    if_match: IfMatch = None,
) -> Mapping[str, Any]:
    """Fire an event: accept, request a cancellation, withdraw it, as the rules have it.

    One that is refused changes nothing but the audit trail: 409 says in `refused` why.
    """
    site = visit.site
    try:
        fired = fire_event(
            site.store,
            site.rulebook,
            change,
            given.event,
            visit.actor,
            visit.now,
            expected(if_match),
        )
    except UnknownEventError as error:
        place = Complaint(pointer="#/event", detail=str(error))
        raise ApiError(422, str(error), [place]) from None
    if not fired.is_seen:
        raise NotFoundError("change", change)
    _refuse(visit, fired)
    _tag(response, visit, fired.change)
    return {
        "change": fired.change,
        "event": fired.event,
        "state": fired.state,
        "by": fired.person.code,
        "refused": None,
        "message": None,
    }


@router.put("/changes/{change}/owner", response_model=Done)
def put_owner(
    response: Response,
    visit: ChoosingOwner,
    change: ChangeId,
    given: OwnerGiven,
    if_match: IfMatch = None,
) -> Done:
    """Choose who tells the customer about this change."""
    said = _editor(visit, if_match).owner_of_change(change, given.owner)
    _tag(response, visit, change)
    return Done(id=change, message=said)


@router.put("/changes/{change}/renewal-start", response_model=Done)
def put_renewal_start(
    response: Response,
    visit: MovingDates,
    change: ChangeId,
    given: RenewalStartGiven,
    if_match: IfMatch = None,
) -> Done:
    """Move the renewal start within its terms; everything is planned again."""
    said = _editor(visit, if_match).renewal_start(change, given.renewal_start)
    _tag(response, visit, change)
    return Done(id=change, message=said)


def _editor(visit: Visit, if_match: str | None) -> Editor:
    site = visit.site
    tags = expected(if_match)
    return Editor(site.store, site.rulebook, visit.actor, visit.now, tags)


def _tag(response: Response, visit: Visit, change: str) -> None:
    """The ETag that the change has now, for whoever may look at it."""
    site = visit.site
    if visit.actor.may(Action.SEE_CHANGES):
        try:
            _, tag = show_tagged(
                site.store, site.rulebook, change, visit.now, visit.actor
            )
        except NotFoundError:
            return
        response.headers["ETag"] = f'"{tag}"'


def _refuse(visit: Visit, fired: Fired) -> None:
    if fired.refusal is None:
        return
    wording = visit.site.words[visit.language]
    sentence = refusal_sentence(
        wording,
        fired.refusal,
        event=fired.event,
        state=fired.state,
        who=fired.person.name,
    )
    raise EventRefusedError(fired.refusal.reason.value, sentence)
