"""`tacit demo`: half a year of a sample book in seconds, shown as its people see it."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Group
from rich.panel import Panel
from rich.rule import Rule
from rich.text import Text

import config
from engine.services import verify_audit
from engine.services.list_changes import DEFAULT_COLUMNS, chosen_columns, list_changes
from engine.services.show_change import show_change
from engine.services.simulate import run_span
from notifiers.mailbox import Mail, read_mailbox
from tacit import home as homes
from tacit.bootstrap import App
from tacit.cli.book_commands import import_files
from tacit.cli.output import out, print_table, say, shown
from tacit.home import Home

#: The sample book was written to be interesting between these days.
FROM: Final = datetime(2026, 10, 1, tzinfo=UTC)
TO: Final = datetime(2027, 3, 31, tzinfo=UTC)


def run(folder: Path | None) -> None:
    """Run the demo in a home of its own, which is kept if `folder` is given."""
    with _home(folder) as home:
        homes.create(home)
        app = App(home, clock=lambda: FROM)
        try:
            _show(app)
        finally:
            app.close()


@contextmanager
def _home(folder: Path | None) -> Iterator[Home]:
    if folder is not None:
        yield Home(folder)
        return
    with tempfile.TemporaryDirectory(prefix="tacit-demo-") as made:
        yield Home(Path(made))


def _show(app: App) -> None:
    _title("A vendor imports its book of contracts")
    samples = homes.shipped(config) / "samples"
    counts = import_files(app, [samples], None, FROM, dry_run=False)
    told = ", ".join(f"{c['new']} {kind}" for kind, c in counts.items() if c.get("new"))
    say(told or "The book was imported before; nothing in it has changed.")
    _title(f"Upcoming changes on {FROM:%d %B %Y}")
    _print_changes(app)
    _title(f"The clock runs until {TO:%d %B %Y}; nobody has to press anything")
    happenings = _run_clock(app)
    _print_happenings(happenings)
    _title("A reminder, as its reader gets it")
    _print_mail(read_mailbox(app.home.mailbox))
    _title("A tacit renewal, and its audit trail")
    _print_renewal(app, happenings)
    _print_checks(app)


def _title(text: str) -> None:
    out.print()
    out.print(Rule(Text(text, style="bold"), align="left"))


def _print_changes(app: App) -> None:
    rows = list_changes(app.store, app.rulebook, FROM.date())
    print_table(rows, chosen_columns(DEFAULT_COLUMNS))


def _run_clock(app: App) -> list[dict[str, Any]]:
    def set_clock(at: datetime) -> None:
        app.clock = lambda: at

    delivering = app.delivering()
    span = run_span(app.store, app.rulebook, delivering, FROM, TO, set_clock)
    return list(span)


def _print_happenings(happenings: list[dict[str, Any]]) -> None:
    moves = [
        {
            "when": shown(each["at"]),
            "customer": each["customer"],
            "what": f"{each['from']} -> {each['to']}",
            "because": each.get("why", each["name"]),
        }
        for each in happenings
        if each["kind"] == "transition"
    ]
    print_table(moves[:10], ["when", "customer", "what", "because"])
    if len(moves) > 10:
        say(f"... and {len(moves) - 10} more transitions")
    counted = Counter(each["kind"] for each in happenings)
    say(
        f"{counted['sent']} messages delivered, {counted['transition']} transitions, "
        f"{counted['held']} held for a person, {counted['undelivered']} without a reader"
    )


def _print_mail(mails: list[Mail]) -> None:
    mail = next((m for m in mails if "renew" in m.subject.casefold()), mails[0])
    head = Text(f"To: {mail.to}\nSubject: {mail.subject}\n", style="bold")
    body = Group(head, Text(mail.text.strip()))
    out.print(Panel(body, width=min(out.width, 88)))
    say(f"{len(mails)} mails were written.")


def _print_renewal(app: App, happenings: list[dict[str, Any]]) -> None:
    silent = next(
        each
        for each in happenings
        if each["kind"] == "transition" and each["name"] == "silence"
    )
    found = show_change(app.store, app.rulebook, silent["change"], TO)
    say(f"{found['id']}, {found['customer']}: {found['state']}")
    for entry in found["history"]:
        what = {
            "transition": f"{entry.get('from')} -> {entry.get('to')}",
            "sent": f"{entry.get('message')} to {entry.get('to')}",
        }.get(entry["kind"], entry.get("name", entry.get("state", "")))
        say(f"  {shown(entry['at'])}  {entry['kind']:<10}  {what}")


def _print_checks(app: App) -> None:
    entries, flaws = verify_audit.verify(app.store)
    say(f"\n{entries} audit entries, chained by hash: {len(flaws) or 'no'} flaws.")
    say("Next: `.venv/bin/tacit init`, and `tacit --help` for everything else.")
