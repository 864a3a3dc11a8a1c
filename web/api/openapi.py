"""The OpenAPI document: what every route takes, answers, and refuses."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse, Response

from engine.domain.answered import LONGEST_KEY
from web.api.callers import SAFE, ApiNeeds
from web.api.problems import MEDIA_TYPE, Problem
from web.api.routes import IDEMPOTENCY_KEY, ApiRoute
from web.cookies import SESSION_COOKIE
from web.visits import FORM_HEADER, Visit

router: Final = APIRouter(route_class=ApiRoute)

Anybody = Annotated[Visit, Depends(ApiNeeds())]

_REFERENCE: Final = "#/components/schemas/{model}"
_DESCRIPTION: Final = (
    "Everything that Tacit's command line does for renewals. Times are UTC, days the "
    "customer's own; lists are cut into pages; errors are problem details (RFC 9457). "
    "Each call is somebody's, who sees and does what is theirs: what is not is answered "
    "as what does not exist. The manual is docs/api.md."
)
_KEY_HEADER: Final = {
    "name": IDEMPOTENCY_KEY,
    "in": "header",
    "required": False,
    "description": "Chosen by you, one for each thing that you want done: the same "
    "request again under it gets the same answer and does nothing.",
    "schema": {
        "type": "string",
        "pattern": f"^[ -~]{{1,{LONGEST_KEY}}}$",
        "examples": ["7d9f2b6a-4c1e-4a57-9d2b-0f6f6c0f4f5e"],
    },
}
_SAID: Final = {
    400: "The request cannot be understood.",
    401: "Nobody is known by this key, or none was given.",
    403: "You may not do this.",
    404: "There is no such thing, or it is not yours to see.",
    409: "It is not possible as things are: a refused event says so in `refused`.",
    412: "The change is not as you saw it: it has another ETag.",
    413: "The request is too large.",
    415: "The request has a body of another type than the route takes.",
    422: "Something in the request is wrong; `errors` says what and where.",
    429: "Too many bad keys from this machine, or too many requests of this kind at "
    "once: try again after so many seconds as Retry-After says.",
}
_SECURITY: Final = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key: tct_<prefix>_<secret>.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": SESSION_COOKIE,
        "description": "The session of whoever is signed in to the pages. What changes "
        f"anything needs the form token of its pages in {FORM_HEADER} as well.",
    },
}


@router.get("/openapi.json", include_in_schema=False)
def get_document(request: Request, _visit: Anybody) -> Response:
    """This document."""
    app: FastAPI = request.app
    return JSONResponse(app.openapi())


def document(app: FastAPI) -> dict[str, Any]:
    """The document of an application: made once, as nothing in it changes."""
    if app.openapi_schema is None:
        found = get_openapi(
            title="Tacit",
            version=app.version,
            description=_DESCRIPTION,
            routes=app.routes,
            servers=[{"url": "/api/v1"}],
        )
        schemas = found["components"]["schemas"]
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        problem = Problem.model_json_schema(ref_template=_REFERENCE)
        schemas |= problem.pop("$defs")
        schemas["Problem"] = problem
        found["components"]["securitySchemes"] = _SECURITY
        found["security"] = [{"key": []}, {"session": []}]
        for path, operations in found["paths"].items():
            for method, operation in operations.items():
                _complete(path, method.upper(), operation)
        app.openapi_schema = found
    return app.openapi_schema


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    """Say what holds for every route, and what it may refuse."""
    operation.pop("x-answer-not-kept", None)
    statuses = {401, 403, 422, 400, 429}
    if "{" in path:
        statuses.add(404)
    if path in ("/changes", "/messages", "/exports/changes"):
        statuses.add(404)  # a partner, customer or change that a filter names
    if method not in SAFE:
        statuses |= {404, 409, 413, 415}
        operation.setdefault("parameters", []).append(_KEY_HEADER)
        if path.startswith("/changes/"):
            statuses.add(412)
    answers = operation["responses"]
    for status in sorted(statuses):
        reference = {"$ref": _REFERENCE.format(model="Problem")}
        answers[str(status)] = {
            "description": _SAID[status],
            "content": {MEDIA_TYPE: {"schema": reference}},
        }
