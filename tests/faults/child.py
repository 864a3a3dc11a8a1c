"""A process that lives through some steps, and dies at a boundary that it is told.

It reads one order a line, forks, and says what became of the fork: forking costs
milliseconds where starting Python costs a second. A boundary is the moment before a
write to the database, before and after a commit, and before and after each thing said
to a mail server or to Slack.
"""

import http.client
import json
import os
import signal
import smtplib
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any, TypedDict

import psycopg
from sqlalchemy import Engine, event

from engine.domain.access import operator
from engine.domain.errors import TacitError
from engine.domain.ruleset import Rulebook
from engine.services.advance_clock import advance_clock
from engine.services.archive_audit import archive_audit
from engine.services.edit_book import Editor
from engine.services.fire_event import fire_event
from engine.services.relay_outbox import relay_outbox
from engine.services.seal_audit import seal
from engine.store.archive_files import ArchiveFile
from engine.store.unit_of_work import Store
from notifiers.email import Security, SmtpChannel, SmtpSettings
from notifiers.mail import Sender
from notifiers.rendering import Templates
from notifiers.slack import SlackChannel
from tacit.bootstrap import check_rules
from tests.fakes.slack_server import TOKEN
from tests.support.books import delivering, imported, some_usage

RULES = Path(__file__).parents[2] / "rules"
SENDER = Sender("Vendor", "renewals@vendor.example")

Step = list[str]


class Order(TypedDict):
    """What one fork is to do; `die_at` 0 lets it live."""

    url: str
    smtp_port: int
    slack_url: str
    steps: list[Step]
    die_at: int


class Life(TypedDict):
    """What became of a fork: the signal it died of, its boundaries, its error."""

    signal: int
    boundaries: int
    error: str


class Boundaries:
    """Counts what could be the last thing this process does, and makes one of it."""

    def __init__(self, die_at: int) -> None:
        self.passed = 0
        self._die_at = die_at
        self._lock = threading.Lock()

    def here(self) -> None:
        with self._lock:
            self.passed += 1
            if self.passed == self._die_at:
                os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner: type, name: str) -> None:
        """Make boundaries of the moments before and after a method of a library."""
        method: Callable[..., Any] = getattr(owner, name)

        @wraps(method)
        def watched(*values: Any, **named: Any) -> Any:
            self.here()
            found = method(*values, **named)
            self.here()
            return found

        setattr(owner, name, watched)

    def of_engine(self, engine: Engine) -> None:
        event.listen(engine, "before_cursor_execute", self._before_statement)
        event.listen(engine, "commit", lambda _: self.here())
        # A connection that comes back has just been committed or rolled back.
        event.listen(engine, "checkin", lambda *_: self.here())

    def _before_statement(
        self, _connection: object, _cursor: object, statement: str, *_: object
    ) -> None:
        if statement.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE"):
            self.here()


def live(order: Order, rulebook: Rulebook, templates: Templates) -> int:
    """Go through the steps; the number of boundaries passed."""
    boundaries = Boundaries(order["die_at"])
    store = Store.open(order["url"])
    _trust_the_disk(store.engine)
    boundaries.of_engine(store.engine)
    boundaries.around(psycopg.Cursor, "copy")
    boundaries.around(smtplib.SMTP, "send")
    boundaries.around(http.client.HTTPConnection, "getresponse")
    boundaries.around(ArchiveFile, "write")
    boundaries.around(ArchiveFile, "publish")
    lived = _Lived(store, rulebook, templates, order)
    for name, time, *values in order["steps"]:
        lived.step(name, datetime.fromisoformat(time), values)
    lived.close()
    return boundaries.passed


def _trust_the_disk(engine: Engine) -> None:
    """What a killed process wrote survives it: only a power cut needs the disk."""
    if engine.dialect.name == "sqlite":
        hasty = "PRAGMA synchronous = OFF"
        event.listen(engine, "connect", lambda connection, _: connection.execute(hasty))
        engine.dispose()


class _Lived:
    """One installation over real channels."""

    def __init__(
        self, store: Store, rulebook: Rulebook, templates: Templates, order: Order
    ) -> None:
        self._store, self._rulebook = store, rulebook
        self._now = datetime.fromisoformat(order["steps"][0][1])
        settings = SmtpSettings("127.0.0.1", order["smtp_port"], Security.NONE)
        self._email = SmtpChannel(settings, SENDER, lambda: self._now)
        slack = SlackChannel(TOKEN, order["slack_url"])
        self._relay = delivering(
            templates, email=self._email, slack=slack, batch=4, record_every=3
        )

    def step(self, name: str, now: datetime, values: Step) -> None:
        self._now = now
        edit = Editor(self._store, self._rulebook, operator("somebody"), now)
        match name:
            case "pass":
                self._pass(now)
            case "fire":
                code, event, person = values
                fire_event(
                    self._store, self._rulebook, code, event, operator(person), now
                )
            case "own":
                edit.owner_of_customer(values[0], values[1])
            case "archive":
                archive_audit(self._store, ArchiveFile(Path(values[0])), "ops", now)
            case "part":
                edit.association(values[0], None)
            case "move":
                edit.renewal_start(
                    values[0], now.date() + timedelta(days=int(values[1]))
                )
            case "use":
                usage = some_usage(values[0], f"{now:%Y-%m}", contacts=int(values[1]))
                imported(self._store, self._rulebook, [usage], now)

    def _pass(self, now: datetime) -> None:
        advance_clock(self._store, self._rulebook, now, batch=3)
        relay_outbox(self._store, self._rulebook, self._relay, lambda: now)
        seal(self._store, now)

    def close(self) -> None:
        self._email.close()
        self._store.close()


def _fork(order: Order, rulebook: Rulebook, templates: Templates) -> tuple[int, int]:
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    os.close(reading)
    try:
        said = {"boundaries": live(order, rulebook, templates), "error": ""}
    except TacitError as error:
        said = {"boundaries": 0, "error": f"{type(error).__name__}: {error}"}
    os.write(writing, json.dumps(said).encode())
    os._exit(0)


def _wait(child: int, reading: int) -> Life:
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    found: Life = {"signal": os.WTERMSIG(status), "boundaries": 0, "error": ""}
    if said:
        found.update(json.loads(said))
    elif not found["signal"]:
        found["error"] = "died of an unexpected error"
    return found


def main() -> None:
    """Serve orders, each a list of lives to be lived at the same time."""
    templates = Templates()
    rulebook, problems = check_rules(RULES, templates)
    if rulebook is None:
        sys.exit(f"the shipped rules have problems: {problems}")
    for line in sys.stdin:
        orders: list[Order] = json.loads(line)
        forks = [_fork(order, rulebook, templates) for order in orders]
        lives = [_wait(*fork) for fork in forks]
        sys.stdout.write(json.dumps(lives) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
