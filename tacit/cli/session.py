"""Opens a home for one command, and closes it whatever happens."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from engine.domain.access import Actor, operator
from engine.services.sign_in import actor_for
from tacit.bootstrap import App
from tacit.cli.options import SOMEBODY
from tacit.clock import parse_now
from tacit.home import Home


@contextmanager
def open_app(home: Path, *, creates: bool = False) -> Iterator[App]:
    """The home, wired; a command that `creates` makes the database if there is none."""
    app = App(Home(home), creates=creates)
    try:
        yield app
    finally:
        app.close()


@contextmanager
def open_at(
    home: Path, now: str | None, *, creates: bool = False
) -> Iterator[tuple[App, datetime]]:
    """The same, wired to a time: what `--now` says, or the machine's."""
    with open_app(home, creates=creates) as app:
        moment = parse_now(now, is_production=app.settings.production)
        if now is not None:
            app.clock = lambda: moment
        yield app, moment


def acting(app: App, by: str) -> Actor:
    """Who acts: a person of the book with what their roles grant.

    Without one it is whoever sits at the machine, which holds the data anyway.
    NotFoundError where the book has nobody called so.
    """
    if by == SOMEBODY:
        return operator(by)
    with app.store.begin(read_only=True) as unit:
        return actor_for(unit, app.policy, unit.book.person(by))
