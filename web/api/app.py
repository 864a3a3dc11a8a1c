"""Puts the API together into an application of its own, to be mounted at `/api/v1`."""

from functools import partial
from importlib.metadata import version
from typing import Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from engine.domain.errors import TacitError
from web.api import (
    book_edits,
    book_files,
    changes,
    directory,
    me,
    messages,
    openapi,
    running,
)
from web.api.problems import answer_failure, answer_problem
from web.api.routes import ApiRoute
from web.site import Site

#: Where it is mounted.
PATH: Final = "/api/v1"
_MODULES: Final = (
    changes, messages, directory, book_edits, book_files, running, me, openapi,
)  # fmt: skip


def create_api(site: Site) -> FastAPI:
    """The API of one installation."""
    app = FastAPI(
        title="Tacit",
        version=version("tacit"),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.site = site
    app.router.route_class = ApiRoute
    for module in _MODULES:
        app.include_router(module.router)
    # FastAPI keeps those of included routers to itself.
    app.state.routes = [each for one in _MODULES for each in one.router.routes]
    for kind in (TacitError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, answer_problem)
    app.add_exception_handler(Exception, answer_failure)
    app.openapi = partial(openapi.document, app)  # type: ignore[method-assign]
    return app
