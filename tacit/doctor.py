"""Checks a home against the real things: database, rules, mail, Slack, people."""

import socket
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from rich.text import Text

from engine.domain.errors import ProblemsError, TacitError
from engine.domain.interfaces import Channel
from engine.services.settle_reply import TO_SEE
from engine.store import database
from notifiers.slack_desk import LISTENING_SCOPES, SENDING_SCOPES
from tacit.bootstrap import App, check_rules

#: What to do where a check ended in an error that does not say it.
_REMEDIES: Final = {
    "database": "see database.url in tacit.yaml, and that its server or disk is there",
    "email": "see mail in tacit.yaml, its password in TACIT_MAIL__PASSWORD, and that "
    "the server answers from here",
    "imap": "see imap in tacit.yaml, its password in TACIT_IMAP__PASSWORD, and that the "
    "server answers from here",
    "slack app": "see slack in tacit.yaml, and docs/slack.md for the app itself",
    "slack": "see slack in tacit.yaml and the token in TACIT_SLACK__TOKEN: is the app "
    "still installed, with the rights that tacit.yaml names?",
}


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
    """Every check in turn; one that fails does not keep the others from running.

    Without a database, what is in it is left out: that was said once.
    """
    yield _settings(app)
    database_found = _guarded("database", lambda: _database(app))
    yield database_found
    yield _guarded("rules", lambda: _rules(app, database_found.ok))
    yield _guarded("templates", lambda: _templates(app))
    for name, channel in app.channels.items():
        yield _guarded(name, lambda c=channel, n=name: _channel(n, c))  # type: ignore[misc]
    fetcher = app.mail_in.fetcher()
    if fetcher is not None:
        yield _guarded("imap", lambda: Finding("imap", True, fetcher.check()))
    if app.settings.web.url is not None:
        yield _links(app.settings.web.url)
    if app.slack.desk is not None:
        yield _guarded("slack app", lambda: _slack_app(app))
    if database_found.ok:
        yield _guarded("people", lambda: _people(app))
        yield _guarded("messages", lambda: _messages(app))
        yield _guarded("clock", lambda: _clock(app))
        yield _guarded("replies", lambda: _replies(app))


def _guarded(what: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except ProblemsError as error:
        return Finding(what, False, f"{len(error.problems)} problems", str(error))
    except TacitError as error:
        return Finding(what, False, str(error), _REMEDIES.get(what, ""))


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


def _rules(app: App, has_changes: bool) -> Finding:
    rulebook, problems = check_rules(app.home.rules, app.template_names)
    if rulebook is None:
        raise ProblemsError(problems)
    if has_changes and (lost := app.states_lost(rulebook)):
        raise ProblemsError(lost)
    count = len(rulebook.machines)
    return Finding("rules", True, f"{count} machines, version {rulebook.version}")


def _templates(app: App) -> Finding:
    return Finding("templates", True, f"{len(app.templates.messages())} messages")


def _channel(name: str, channel: Channel) -> Finding:
    return Finding(name, True, channel.check())


def _slack_app(app: App) -> Finding:
    """Whether the app was installed with the rights it needs, and how it is reached."""
    desk, slack = app.slack.desk, app.settings.slack
    assert desk is not None  # noqa: S101 - the caller asked
    needed = (*SENDING_SCOPES, *(LISTENING_SCOPES if slack.listens else ()))
    missing = desk.missing_scopes(needed)
    if missing:
        names = ", ".join(missing)
        return Finding(
            "slack app",
            False,
            f"lacks the scopes {names}",
            "add them to the app under OAuth & Permissions, and install it again "
            "(docs/slack.md)",
        )
    if slack.signing_secret:
        return Finding("slack app", True, f"Slack reaches it at {app.url}/slack/…")
    if slack.app_token:
        return Finding("slack app", True, "Slack reaches it by Socket Mode")
    detail = "sends only: buttons, replies and /tacit need slack.signing_secret"
    return Finding("slack app", True, detail)


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


def _links(url: str) -> Finding:
    """Whether the host that links in messages name is known here."""
    host = urlsplit(url).hostname or ""
    try:
        found = {one[4][0] for one in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError) as error:
        what = f"{host} has no address: {error}"
        remedy = "see web.url, and the name server's record for it: links lead there"
        return Finding("links", False, what, remedy)
    return Finding("links", True, f"{host} is {', '.join(sorted(map(str, found)))}")


def _replies(app: App) -> Finding:
    settings = app.settings
    if settings.mail.replies_to is None:
        return Finding("replies", True, "no answers are asked for by mail")
    with app.store.begin(read_only=True) as unit:
        counts = unit.inbox.counts()
    waiting = sum(counts.get(status.value, 0) for status in TO_SEE)
    if not settings.inbound.trusted_servers:
        what = "no server is trusted, so every reply waits for a person"
        return Finding("replies", False, what, "see inbound.trusted_servers")
    detail = f"{waiting} wait for a person"
    return Finding(
        "replies", not waiting, detail, "tacit inbox list" if waiting else ""
    )


def _clock(app: App) -> Finding:
    with app.store.begin(read_only=True) as unit:
        seen = unit.book.heartbeats().get("clock")
        due = unit.changes.next_due_at()
    now, patience = app.clock(), app.settings.clock.silent_for
    detail = "never started here"
    if seen:
        detail = f"last seen {seen:%Y-%m-%d %H:%M:%S}Z, {_length(now - seen)} ago"
    if due is not None and due < now - patience:
        detail += f"; something has been due for {_length(now - due)}"
    elif seen is None or now - seen <= patience:
        return Finding("clock", True, detail)
    return Finding("clock", False, detail, "tacit run")


def _length(time: timedelta) -> str:
    """A length of time in its largest unit."""
    seconds = max(0, int(time.total_seconds()))
    for name, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {name}"
    return f"{seconds} seconds"
