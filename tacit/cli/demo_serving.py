"""The end of the demo: its sample book served, at a day on which there is much to see."""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from engine.domain.access import Actor
from engine.domain.errors import TacitError
from engine.services.fire_event import fire_event
from engine.services.sign_in import actor_for, invite
from engine.services.simulate import run_span
from tacit import process
from tacit.bootstrap import App
from tacit.cli.output import say
from tacit.clock import utc_now

#: In the middle of the half year: changes in every state, and deadlines ahead.
SERVED_FROM: Final = datetime(2026, 12, 15, 8, tzinfo=UTC)
#: What somebody answered until then, so that not all is as silence leaves it.
_ANSWER: Final = ("julien.petit", "K-1011.R20270201", "request_cancellation")
#: Who is shown around: at the vendor, at a partner, at a customer.
_VISITORS: Final = (
    ("olivia.park", "who runs the renewals at the vendor"),
    ("marcus.webb", "a partner's point of contact"),
    ("grace.oneill", "a customer's primary contact"),
)


class DemoClock:
    """A clock that stands until it is set, and runs from there once it is let go."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._since: datetime | None = None

    def __call__(self) -> datetime:
        if self._since is None:
            return self._now
        return self._now + (utc_now() - self._since)

    def set(self, now: datetime) -> None:
        self._now = now

    def let_go(self, now: datetime) -> None:
        """Run from this time on, as fast as the machine's."""
        self._now, self._since = now, utc_now()


def advance(app: App, clock: DemoClock, start: datetime) -> None:
    """Bring the book to the day on which it is served."""
    relay = app.delivering()
    for _ in run_span(app.store, app.rulebook, relay, start, SERVED_FROM, clock.set):
        pass
    clock.set(SERVED_FROM)
    # Rules that were edited may know no such answer: then there is none.
    with suppress(TacitError):
        _answer(app)


def _answer(app: App) -> None:
    person, change, event = _ANSWER
    fire_event(app.store, app.rulebook, change, event, _actor(app, person), SERVED_FROM)


def _actor(app: App, code: str) -> Actor:
    with app.store.begin(read_only=True) as unit:
        return actor_for(unit, app.policy, unit.book.person(code))


def serve(app: App, clock: DemoClock, title: Callable[[str], None]) -> None:
    """Serve the book until Ctrl-C, with a way in for each who is shown around."""
    # The web's libraries take a second to load, and no other command needs them.
    from tacit.serving import CannotServeError, Server, serve_at

    web = app.settings.web
    try:
        server = Server(app)
    except CannotServeError as error:
        say(f"\n{error}.\nSo a free port is taken instead.")
        serve_at(app, web.host, 0)
        server = Server(app)
    clock.let_go(SERVED_FROM)
    title("Look around: it is served")
    day = f"{SERVED_FROM.day} {SERVED_FROM:%B %Y}"
    say(f"At {server.url}, where it is {day} now. Each link signs somebody in, once:\n")
    for person, who in _VISITORS:
        token = invite(app.store, person, clock(), app.settings.web.link_lasts)
        say(f"  {person}, {who}:\n    {server.url}/sign-in/link/{token}")
    say("\nCtrl-C ends it.")
    process.run(app, server, least=logging.WARNING)
