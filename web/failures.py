"""The answer to a request that failed for no fault of whoever sent it."""

from typing import Final, NoReturn

from fastapi import Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from engine.domain.errors import UnavailableError
from web.rendering import environment
from web.visits import language_of, site_of

API: Final = "/api/"
_RETRY_AFTER: Final = "30"  # seconds


def pass_on(_request: Request, error: Exception) -> NoReturn:
    """Leave an error to what answers for all that fails."""
    raise error


def answer_failure(request: Request, request_id: str, error: Exception) -> Response:
    """A page, or a problem for programs, with the id that the log has it under.

    It asks nothing of the database: that may be what failed.
    """
    status = 503 if isinstance(error, UnavailableError) else 500
    if request.url.path.startswith(API):
        response = _problem(status, request_id)
    else:
        response = _page(request, status, request_id)
    response.headers["Cache-Control"] = "no-store"
    if status == 503:
        response.headers["Retry-After"] = _RETRY_AFTER
    return response


def _problem(status: int, request_id: str) -> Response:
    body = {
        "type": "about:blank",
        "title": "Service Unavailable" if status == 503 else "Internal Server Error",
        "status": status,
        "detail": f"the request failed; the log of Tacit says why, under {request_id}",
        "request": request_id,
    }
    return JSONResponse(body, status, media_type="application/problem+json")


def _page(request: Request, status: int, request_id: str) -> Response:
    language = language_of(request, site_of(request))
    template = environment(language).get_template("failed.html")
    text = template.render(language=language, status=status, request_id=request_id)
    return HTMLResponse(text, status)
