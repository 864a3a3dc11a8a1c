"""Every route of the application, with what it needs, read off the routes themselves."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import Mount

from engine.domain.access import Action
from web.slack.signed import SignedBySlack
from web.visits import Needs


class Route(NamedTuple):
    """One method of one address; `needs` is None where nothing asks for permission."""

    method: str
    path: str
    needs: tuple[Action, ...] | None

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def routes_of(app: FastAPI, prefix: str = "") -> Iterator[Route]:
    """All of them, those of mounted applications too."""
    for found in iter_route_contexts(app.routes):
        route = found.original_route
        if isinstance(route, Mount) and isinstance(route.app, FastAPI):
            yield from routes_of(route.app, prefix + route.path)
        elif isinstance(route, APIRoute):
            for method in sorted(found.methods or ()):
                yield Route(method, f"{prefix}{found.path}", _needs(found.dependant))


def _needs(dependant: Any) -> tuple[Action, ...] | None:
    """What the first dependency that asks for permission asks for."""
    if isinstance(dependant.call, Needs | SignedBySlack):
        return dependant.call.actions
    for below in dependant.dependencies:
        found = _needs(below)
        if found is not None:
            return found
    return None
