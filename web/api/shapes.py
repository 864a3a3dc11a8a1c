"""What requests and answers of several resources have in common."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Path, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from engine.domain import parsing
from web.api.problems import ApiError, Complaint
from web.visits import Visit

T = TypeVar("T")

_CODE = r"^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,95}$"
#: What `parsing.day` takes, as far as a pattern can say it.
_DAY = (
    r"^(19[7-9][0-9]|20[0-9]{2}|21[0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
)
_LARGEST_ID = 2**63 - 1


def _day(value: object) -> object:
    if isinstance(value, str):
        return parsing.day(value)
    raise ValueError("is not a date written YYYY-MM-DD")


Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "pattern": _DAY}),
]
Code = Annotated[str, Field(pattern=_CODE)]
CodeInPath = Annotated[
    str, Path(pattern=_CODE, description="Its code, as in the book.")
]
ChangeId = Annotated[
    str,
    Path(
        pattern=_CODE,
        description="The change's identifier.",
        examples=["K-1.R20270301"],
    ),
]
NumberInPath = Annotated[int, Path(ge=1, le=_LARGEST_ID)]
Limit = Annotated[
    int | None,
    Query(
        ge=1,
        le=_LARGEST_ID,
        description="Rows at once; at most `web.largest_page` of the settings.",
        examples=[50],
    ),
]
Cursor = Annotated[
    str | None,
    Query(
        max_length=1_000, description="Where to go on: from `next` of the page before."
    ),
]


class Given(BaseModel):
    """What a request gives; nothing but the fields that are declared."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Paged(BaseModel, Generic[T]):
    """A part of a list, and the address of what follows."""

    items: list[T]
    next: str | None = Field(
        description="The address of the next page; null on the last one.",
        examples=["/api/v1/changes?limit=50&cursor=WyJy"],
    )


class Done(BaseModel):
    """What an edit did."""

    id: str = Field(description="Of what was edited.", examples=["acme"])
    message: str = Field(
        description="What is now so, in one sentence.",
        examples=["acme: communication owner is partner"],
    )


def limit_of(visit: Visit, wanted: int | None) -> int:
    """How many rows a page has; ApiError for more than the settings allow."""
    settings = visit.site.settings
    most = settings.api.largest_page
    if wanted is None:
        return min(settings.page_size, most)
    if wanted > most:
        said = f"a page has at most {most} rows"
        raise ApiError(422, said, [Complaint(parameter="limit", detail=said)])
    return wanted


def paged(
    request: Request, response: Response, rows: list[Any], cursor: str | None
) -> Mapping[str, Any]:
    """A page with the address of the next, also as a header."""
    if cursor is None:
        return {"items": rows, "next": None}
    url = request.url.include_query_params(cursor=cursor)
    following = f"{url.path}?{url.query}"
    response.headers["Link"] = f'<{following}>; rel="next"'
    return {"items": rows, "next": following}
