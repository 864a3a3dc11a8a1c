"""Puts the pages and the API together into one ASGI application."""

from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from engine.domain.errors import TacitError, UnavailableError
from web.api.app import PATH as API
from web.api.app import create_api
from web.api.problems import answer_problem
from web.back_office import accounts as people_accounts
from web.back_office import pages as back_office
from web.compression import CompressOwn
from web.errors import SignInFirst
from web.failures import answer_failure, pass_on
from web.middleware import LargestRequest, Requests
from web.pages import (
    account,
    account_keys,
    account_messages,
    account_password,
    actions,
    answer,
    calendar,
    change,
    changes,
    customer,
    home,
    inbound,
    list_columns,
    list_files,
    message,
    messages,
    sign_in,
    sign_in_link,
    sign_in_sso,
    slack_link,
    today,
    watch,
    webhooks,
)
from web.said import said_of
from web.site import Site
from web.slack import doors as slack
from web.visits import AnyVisit, visiting

STATIC: Final = Path(__file__).with_name("static")
_ROUTERS: Final = (
    account.router,
    account_keys.router,
    account_messages.router,
    account_password.router,
    actions.router,
    answer.router,
    people_accounts.router,
    back_office.router,
    change.router,
    changes.router,
    customer.router,
    home.router,
    inbound.router,
    list_columns.router,
    list_files.router,
    messages.router,
    message.router,
    sign_in.router,
    sign_in_link.router,
    sign_in_sso.router,
    slack.router,
    slack_link.router,
    today.router,
    watch.router,
    webhooks.router,
    calendar.router,
)


def create_app(site: Site) -> FastAPI:
    """The application of one installation."""
    app = FastAPI(title="Tacit", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.site = site
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_api_route(
        "/assets/htmx.js", _htmx, include_in_schema=False, methods=["GET"]
    )
    app.mount(API, create_api(site), name="api")
    for router in _ROUTERS:
        app.include_router(router)
    app.add_exception_handler(SignInFirst, _sign_in_first)
    app.add_exception_handler(UnavailableError, pass_on)
    for kind in (TacitError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, _show_error)
    settings = site.settings
    app.add_middleware(CompressOwn)
    app.add_middleware(LargestRequest, limit=settings.largest_request)
    app.add_middleware(
        Requests,
        is_secure=settings.is_secure,
        metrics=site.metrics,
        on_failure=answer_failure,
    )
    return app


def _htmx(_visit: AnyVisit) -> FileResponse:
    """Htmx itself, from the package that ships it."""
    found = find_spec("js_lib_htmx")
    assert found is not None  # noqa: S101 - it is a dependency
    assert found.origin is not None  # noqa: S101
    file = Path(found.origin).parent / "static" / "htmx" / "htmx.min.js"
    headers = {"Cache-Control": "public, max-age=86400"}
    return FileResponse(file, media_type="text/javascript", headers=headers)


def _sign_in_first(request: Request, error: Exception) -> Response:
    """Where to sign in; an address that was asked for is come back to."""
    path = error.path if isinstance(error, SignInFirst) else "/"
    if request.method != "GET":
        path = "/"
    where = f"/sign-in?next={quote(path)}" if path != "/" else "/sign-in"
    if request.headers.get("HX-Request") == "true":
        return Response(status_code=401, headers={"HX-Redirect": where})
    return RedirectResponse(where, status_code=303)


def _show_error(request: Request, error: Exception) -> Response:
    """The page that says what is wrong and what to do."""
    if request.url.path.startswith(f"{API}/"):
        # An address with a line break in it is not taken to be the API's own.
        return answer_problem(request, error)
    visit = visiting(request)
    status, said = said_of(visit, error)
    return visit.page("error.html", status=status, code=status, said=said)
