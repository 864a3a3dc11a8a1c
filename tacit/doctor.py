"""Checks a home against the real things: database, rules, mail, Slack, people."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from rich.text import Text

from engine.domain.errors import ProblemsError, TacitError
from engine.domain.interfaces import Channel
from engine.store import database
from tacit.bootstrap import App


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked; `remedy` says what to do where it is not well."""

    what: str
    ok: bool
    detail: str
    remedy: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def as_text(self) -> Text:
        mark = ("ok  ", "green") if self.ok else ("bad ", "bold red")
        remedy = f"\n         {self.remedy}" if self.remedy else ""
        return Text.assemble(mark, f"{self.what}: {self.detail}{remedy}")


def examine(app: App) -> Iterator[Finding]:
    """Every check in turn; one that fails does not keep the others from running."""
    yield _settings(app)
    yield from _guarded("database", lambda: _database(app))
    yield from _guarded("rules", lambda: _rules(app))
    yield from _guarded("templates", lambda: _templates(app))
    for name, channel in app.channels.items():
        yield from _guarded(name, lambda c=channel, n=name: _channel(n, c))  # type: ignore[misc]
    yield from _guarded("people", lambda: _people(app))
    yield from _guarded("messages", lambda: _messages(app))
    yield from _guarded("clock", lambda: _clock(app))


def _guarded(what: str, check: Callable[[], Finding]) -> Iterator[Finding]:
    try:
        yield check()
    except ProblemsError as error:
        yield Finding(what, False, f"{len(error.problems)} problems", str(error))
    except TacitError as error:
        yield Finding(what, False, str(error))


def _settings(app: App) -> Finding:
    mode = "production" if app.settings.production else "not production"
    return Finding("settings", True, f"{app.home.settings_file} ({mode})")


def _database(app: App) -> Finding:
    name = database.describe(app.store.engine)
    have, need = database.schema_versions(app.store.engine)
    if have != need:
        return Finding(
            "database", False, f"{name}, schema {have}, not {need}", "tacit init"
        )
    detail = f"{name}, schema {have}"
    if name.startswith("SQLite") and sqlite3.sqlite_version_info < database.SAFE_SQLITE:
        detail += "; older than 3.51.3, so without a write-ahead log"
    return Finding("database", True, detail)


def _rules(app: App) -> Finding:
    count = len(app.rulebook.machines)
    return Finding("rules", True, f"{count} machines, version {app.rulebook.version}")


def _templates(app: App) -> Finding:
    return Finding("templates", True, f"{len(app.templates.messages())} messages")


def _channel(name: str, channel: Channel) -> Finding:
    return Finding(name, True, channel.check())


def _people(app: App) -> Finding:
    with app.store.begin(read_only=True) as unit:
        operations = unit.book.vendor_people("operations")
    reachable = [person for person in operations if person.email or person.slack_user]
    if reachable:
        names = ", ".join(person.name for person in reachable)
        return Finding("people", True, f"operations: {names}")
    return Finding(
        "people",
        False,
        "nobody at the vendor holds the role operations",
        "import a person with roles=operations and an address: they hear of failures",
    )


def _messages(app: App) -> Finding:
    with app.store.begin(read_only=True) as unit:
        counts = unit.outbox.counts()
    held, ambiguous = counts.get("held", 0), counts["ambiguous"]
    detail = f"{held} held, {ambiguous} tries in doubt"
    return Finding(
        "messages", not held, detail, "tacit messages --held" if held else ""
    )


def _clock(app: App) -> Finding:
    with app.store.begin(read_only=True) as unit:
        seen = unit.book.heartbeats().get("clock")
        due = unit.changes.next_due_at()
    now = app.clock()
    late = due is not None and due < now - app.settings.clock.silent_for
    detail = f"last seen {seen:%Y-%m-%d %H:%M:%S}Z" if seen else "never started here"
    if late:
        return Finding("clock", False, f"{detail}; overdue since {due}", "tacit run")
    return Finding("clock", True, detail)
