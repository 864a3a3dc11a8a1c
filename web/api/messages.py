"""Messages: queued, sent, held, dropped; released, and previewed with examples."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.domain.access import Action
from engine.domain.errors import NotFoundError
from engine.domain.letters import Audience
from engine.domain.place import NOBODYS
from engine.domain.records import OutboxStatus
from engine.services.read_messages import Wanted, list_messages, show_message
from engine.services.release_messages import release_of_changes
from web.api.callers import ApiNeeds
from web.api.change_shapes import Message
from web.api.routes import ApiRoute
from web.api.shapes import (
    Code,
    Cursor,
    Given,
    Limit,
    NumberInPath,
    Paged,
    limit_of,
    paged,
)
from web.visits import Visit

router: Final = APIRouter(route_class=ApiRoute, tags=["messages"])

Reading = Annotated[Visit, Depends(ApiNeeds(Action.SEE_MESSAGES))]
Releasing = Annotated[Visit, Depends(ApiNeeds(Action.RELEASE_MESSAGES))]
Previewing = Annotated[Visit, Depends(ApiNeeds(Action.SEE_RULES))]


class Listing(Given):
    """Which messages, a page at a time."""

    # All that an address holds is text.
    model_config = ConfigDict(strict=False)

    status: OutboxStatus | None = None
    change: Code | None = Field(None, description="Of this change alone.")
    limit: Limit = None
    cursor: Cursor = None


class ReleaseGiven(Given):
    """Whose held messages to queue again: these changes', or all."""

    changes: list[Code] = Field(
        default_factory=list, max_length=1_000, examples=[["K-1.R20270301"]]
    )
    all: bool = False

    @model_validator(mode="after")
    def _one_of_both(self) -> "ReleaseGiven":
        if bool(self.changes) == self.all:
            raise ValueError("name the changes whose messages to release, or all: true")
        return self


class Released(BaseModel):
    """What a release did."""

    message: str = Field(examples=["2 held messages are queued again"])


class Preview(BaseModel):
    """A message as its reader gets it, with example values."""

    subject: str
    text: str
    html: str
    slack_text: str
    blocks: list[dict[str, Any]]


@router.get("/messages", response_model=Paged[Message])
def get_messages(
    request: Request,
    response: Response,
    visit: Reading,
    wanted: Annotated[Listing, Query()],
) -> Mapping[str, Any]:
    """List messages, the newest first, each with the copies that you may read."""
    limit = limit_of(visit, wanted.limit)
    asked = Wanted(limit, wanted.status, wanted.change, after=wanted.cursor)
    page = list_messages(visit.site.store, visit.actor, asked)
    return paged(request, response, [*page.rows], page.next)


@router.get("/messages/{message}", response_model=Message)
def get_message(visit: Reading, message: NumberInPath) -> Any:
    """Show one message."""
    return show_message(visit.site.store, visit.actor, message)


@router.post("/releases", response_model=Released)
def post_release(visit: Releasing, given: ReleaseGiven) -> Released:
    """Queue held messages again, once what kept them is mended."""
    site = visit.site
    released = release_of_changes(
        site.store, site.rulebook, visit.actor, given.changes, visit.now
    )
    return Released(message=f"{released} held messages are queued again")


@router.get("/previews/{message}", response_model=Preview)
def get_preview(
    visit: Previewing,
    message: Annotated[
        str, Path(pattern="^[a-z0-9_]{1,60}$", examples=["renewal_notice"])
    ],
    language: Annotated[Literal["en", "fr"], Query()] = "en",
    audience: Annotated[
        Audience | None, Query(description="The first it is written for without.")
    ] = None,
    set: Annotated[
        list[Annotated[str, Field(max_length=500)]],
        Query(
            max_length=50,
            description="Other values than the examples: NAME=VALUE, NAME= for none.",
            examples=[["automatic_renewal=false"]],
        ),
    ] = [],  # noqa: B006 - read only
) -> Preview:
    """Show a message as its reader gets it, filled with example values."""
    visit.actor.must(Action.SEE_RULES, NOBODYS, "message", message)
    if message not in visit.site.messages().messages():
        raise NotFoundError("message", message)
    found = visit.site.works.preview(message, audience, language, set)
    return Preview(
        subject=found.subject,
        text=found.text,
        html=found.html,
        slack_text=found.slack_text,
        blocks=[dict(block) for block in found.blocks],
    )
