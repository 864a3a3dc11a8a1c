"""Opens a home for one command, and closes it whatever happens."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from tacit.bootstrap import App, parse_now
from tacit.cli.options import SOMEBODY
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
        moment = parse_now(now, app.settings)
        if now is not None:
            app.clock = lambda: moment
        yield app, moment


def known(app: App, by: str) -> str:
    """The code of the person called so; NotFoundError where the book has none."""
    if by == SOMEBODY:
        return by
    with app.store.begin(read_only=True) as unit:
        return unit.book.person(by).code
