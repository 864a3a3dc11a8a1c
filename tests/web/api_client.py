"""A program that calls the API, with a key of somebody's."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from engine.domain.access import Action
from engine.domain.api_keys import KeyLimits, WantedKey
from engine.services.api_keys import create_key
from engine.services.sign_in import actor_for, invite
from tests.web.conftest import Served

API = "/api/v1"
EVERYTHING = tuple(Action)


@dataclass
class Program:
    """Calls the API over HTTP."""

    client: httpx.Client
    key: str | None = None

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = dict(options.pop("headers", {}))
        if self.key:
            headers.setdefault("Authorization", f"Bearer {self.key}")
        return self.client.request(method, API + path, headers=headers, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        return self.call("POST", path, **_with(body), **options)

    def put(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        return self.call("PUT", path, **_with(body), **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        return self.call("DELETE", path, **options)


def _with(body: Any) -> dict[str, Any]:
    return {} if body is None else {"json": body}


def a_program(
    served: Served, person: str, actions: Iterable[Action] | None = None
) -> Program:
    """A program with a key of a person, for all that they may unless told otherwise."""
    return Program(served.browser().client, a_key(served, person, actions))


def a_key(served: Served, person: str, actions: Iterable[Action] | None = None) -> str:
    store, policy, now = served.site.store, served.site.policy, served.clock()
    invite(store, person, now, timedelta(hours=1))
    with store.begin(read_only=True) as unit:
        actor = actor_for(unit, policy, unit.book.person(person))
    wanted = [a for a in EVERYTHING if actor.may(a)] if actions is None else actions
    end = now + timedelta(days=90)
    key = WantedKey("test", frozenset(wanted), end)
    # As many as a test has programs.
    limits = KeyLimits(1_000, timedelta(days=366))
    return create_key(store, policy, actor, key, limits, now).secret


def a_stranger(served: Served) -> Program:
    """A program that has no key."""
    return Program(served.browser().client)
