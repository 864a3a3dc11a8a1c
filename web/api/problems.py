"""What went wrong with a request, as problem details (RFC 9457) that name the place."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from engine.domain.access import NotPermittedError
from engine.domain.answered import (
    AnswerNotKeptError,
    KeyReusedError,
    StillWorkingError,
)
from engine.domain.errors import (
    ConflictError,
    NotFoundError,
    ProblemsError,
    StaleError,
    TacitError,
    UnavailableError,
)
from engine.domain.listing import QuestionError
from engine.domain.paging import CursorError
from engine.services.edit_book import EditError
from web import failures
from web.errors import BadRequestError, ForgedFormError, SignInFirst

MEDIA_TYPE: Final = "application/problem+json"


class Complaint(BaseModel):
    """One thing that is wrong, and where: in the body, a parameter or a header."""

    detail: str = Field(examples=["is not a date written YYYY-MM-DD"])
    pointer: str | None = Field(None, examples=["#/renewal_start"])
    parameter: str | None = Field(None, examples=["limit"])
    header: str | None = Field(None, examples=["If-Match"])
    file: str | None = None
    line: int | None = None
    column: int | None = None


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = Field("about:blank", description="Always about:blank: see status.")
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(
        description="What is wrong and what to do, in one sentence.",
        examples=['no change "K-1.R20270301"'],
    )
    errors: list[Complaint] | None = Field(
        None, description="Each thing and its place."
    )
    refused: str | None = Field(
        None,
        description="Of an event: not_possible_here, not_permitted, too_late or closed.",
    )


class ApiError(TacitError):
    """Raised when a request cannot be answered as it stands; carries the status."""

    def __init__(
        self,
        status: int,
        detail: str,
        errors: Sequence[Complaint] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.errors = errors
        self.headers = headers
        super().__init__(detail)


class EventRefusedError(TacitError):
    """Raised when an event changed nothing; the sentence is in the caller's language."""

    def __init__(self, code: str, sentence: str) -> None:
        self.code = code
        super().__init__(sentence)


log = structlog.get_logger("tacit.web")
_STATUS: Final[tuple[tuple[type[TacitError], int], ...]] = (
    (SignInFirst, 401),
    (NotPermittedError, 403),
    (ForgedFormError, 403),
    (NotFoundError, 404),
    (EventRefusedError, 409),
    (ConflictError, 409),
    (StillWorkingError, 409),
    (AnswerNotKeptError, 409),
    (StaleError, 412),
    (KeyReusedError, 422),
    (BadRequestError, 400),
)
#: The field of the body that an edit was refused for.
_EDITED: Final = {
    "no_user": "person",
    "no_partner": "owner",
    "no_default": "owner",
    "before_contract": "renewal_start",
    "beyond_term": "renewal_start",
}
#: What a sentence about a field begins with, where a service names one.
_PARAMETERS: Final = {"after": "cursor"}


def answer_problem(request: Request, error: Exception) -> Response:
    """The answer to whatever error a request ends in."""
    if isinstance(error, UnavailableError):
        log.error("request failed", error=str(error))
        return answer_failure(request, error)
    if isinstance(error, HTTPException):
        return _http_problem(request, error)
    if isinstance(error, RequestValidationError):
        return _validation_problem(error.errors())
    if isinstance(error, ApiError):
        return problem(
            error.status, str(error), errors=error.errors, headers=error.headers
        )
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 422)
    detail = error.plain if isinstance(error, NotFoundError) else str(error)
    refused = error.code if isinstance(error, EventRefusedError) else None
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    errors = _places(error)
    if isinstance(error, ProblemsError):
        wrong = "1 thing is" if len(errors) == 1 else f"{len(errors)} things are"
        detail = f"{wrong} wrong with the files; nothing was changed"
    return problem(status, detail, errors=errors, refused=refused, headers=headers)


def answer_failure(request: Request, error: Exception) -> Response:
    """The answer where the program itself failed; the log has the cause, by its id."""
    request_id = structlog.contextvars.get_contextvars().get("request", "")
    return failures.answer_failure(request, request_id, error)


def problem(
    status: int,
    detail: str,
    *,
    errors: Sequence[Complaint] = (),
    refused: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Problem details as an answer."""
    found = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        errors=list(errors) or None,
        refused=refused,
    )
    body = found.model_dump(exclude_none=True)
    return JSONResponse(body, status, headers, media_type=MEDIA_TYPE)


def _http_problem(request: Request, error: HTTPException) -> Response:
    if error.status_code == 404:
        return problem(404, "there is nothing at this address")
    if error.status_code == 405:
        allowed = ", ".join(_allowed(request))
        said = f"{request.method} is not possible here, but {allowed}"
        return problem(405, said, headers={"Allow": allowed})
    return problem(error.status_code, str(error.detail), headers=error.headers)


def _allowed(request: Request) -> list[str]:
    """What can be done at an address, by whichever of its routes."""
    found: set[str] = set()
    for route in request.app.state.routes:
        if route.matches(request.scope)[0] != Match.NONE:
            found |= route.methods or set()
    return sorted(found)


def _places(error: Exception) -> list[Complaint]:
    """Where the error is, as far as it knows."""
    if isinstance(error, QuestionError):
        name = _PARAMETERS.get(error.field, error.field)
        return [Complaint(parameter=name, detail=str(error))]
    if isinstance(error, CursorError):
        return [Complaint(parameter="cursor", detail=str(error))]
    if isinstance(error, KeyReusedError):
        return [Complaint(header="Idempotency-Key", detail=str(error))]
    if isinstance(error, StaleError):
        return [Complaint(header="If-Match", detail=str(error))]
    if isinstance(error, EditError) and error.reason in _EDITED:
        return [Complaint(pointer=f"#/{_EDITED[error.reason]}", detail=str(error))]
    if isinstance(error, ProblemsError):
        return [
            Complaint(
                file=one.file, line=one.line, column=one.column, detail=one.message
            )
            for one in error.problems
        ]
    return []


def _validation_problem(found: Iterable[Mapping[str, Any]]) -> JSONResponse:
    complaints = [_complaint(one) for one in found]
    named = [each for each in complaints if each.detail][:1]
    detail = f"{_place(named[0])}: {named[0].detail}" if named else "it is not valid"
    return problem(422, detail, errors=complaints)


def _place(complaint: Complaint) -> str:
    return complaint.pointer or complaint.parameter or complaint.header or "the request"


def _complaint(details: Mapping[str, Any]) -> Complaint:
    where, *steps = details["loc"]
    said = str(details["msg"]).removeprefix("Value error, ")
    said = said[:1].lower() + said[1:]
    if details["type"] == "extra_forbidden":
        said = "there is nothing of this name"
    if where == "body":
        return Complaint(pointer=pointer(steps), detail=said)
    name = ".".join(str(step) for step in steps[:1]) or str(where)
    if where == "header":
        return Complaint(header=name, detail=said)
    return Complaint(parameter=name, detail=said)


def pointer(steps: Iterable[object]) -> str:
    """A JSON pointer (RFC 6901) to a place in the body."""
    escaped = (str(step).replace("~", "~0").replace("/", "~1") for step in steps)
    return "#" + "".join(f"/{step}" for step in escaped)
