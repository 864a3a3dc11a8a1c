"""Opens a home for one command, and closes it whatever happens."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from tacit.bootstrap import App, parse_now
from tacit.home import Home


@contextmanager
def open_app(home: Path) -> Iterator[App]:
    """The home, wired."""
    app = App(Home(home))
    try:
        yield app
    finally:
        app.close()


@contextmanager
def open_at(home: Path, now: str | None) -> Iterator[tuple[App, datetime]]:
    """The home, wired to a time: what `--now` says, or the machine's."""
    app = App(Home(home))
    try:
        moment = parse_now(now, app.settings)
        if now is not None:
            app.clock = lambda: moment
        yield app, moment
    finally:
        app.close()
