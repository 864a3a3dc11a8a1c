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
MOST_MOVES: Final = 8


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
    _title(f"The clock runs until {TO:%d %B %Y}")
    happenings = _run_clock(app)
    _print_happenings(happenings)
    change = _well_told_renewal(app, happenings)
    _title("A reminder, as its reader gets it")
    _print_mail(read_mailbox(app.home.mailbox), change)
    _title("The tacit renewal it announced, and its audit trail")
    _print_trail(change)
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
            "when": each["at"],
            "change": each["change"],
            "customer": each["customer"],
            "what": f"{each['from']} -> {each['to']}",
            "because": each.get("why", each["name"]).split(".")[0],
        }
        for each in happenings
        if each["kind"] == "transition"
    ]
    print_table(moves[:MOST_MOVES], ["when", "change", "customer", "what", "because"])
    if len(moves) > MOST_MOVES:
        say(f" ... and {len(moves) - MOST_MOVES} more")
    counted = Counter(each["kind"] for each in happenings)
    say(
        f"\n{counted['sent']} messages delivered; {counted['held']} changes held for "
        f"a person, {counted['undelivered']} message with nobody to send it to."
    )


def _well_told_renewal(app: App, happenings: list[dict[str, Any]]) -> dict[str, Any]:
    """The tacit renewal that was announced most often."""
    told = Counter(each["change"] for each in happenings if each["kind"] == "sent")
    silent = [
        each["change"]
        for each in happenings
        if each["kind"] == "transition" and each["name"] == "silence"
    ]
    chosen = max(silent, key=lambda code: told[code])
    return show_change(app.store, app.rulebook, chosen, TO)


def _print_mail(mails: list[Mail], change: dict[str, Any]) -> None:
    addresses = {
        copy["address"]
        for message in change["messages"]
        for copy in message["copies"]
        if copy["audience"] == "customer"
    }
    contract = f"({change['contract']})"
    mail = next(
        mail
        for mail in mails
        if contract in mail.text and any(to in mail.to for to in addresses)
    )
    head = Text(f"To: {mail.to}\nSubject: {mail.subject}\n", style="bold")
    body = Group(head, Text(mail.text.strip()))
    out.print(Panel(body, width=min(out.width, 88)))
    say(f"One of {len(mails)} mails, all in the local mailbox; none left this machine.")


def _print_trail(change: dict[str, Any]) -> None:
    say(f"{change['id']}, {change['customer']}: {change['state']}\n")
    for entry in change["history"]:
        what = {
            "transition": f"{entry.get('from')} -> {entry.get('to')}",
            "sent": f"{entry.get('message')} to {entry.get('to')}",
            "effect": entry.get("do") or entry.get("name"),
        }.get(entry["kind"], entry.get("name", entry.get("state", "")))
        say(f"  {shown(entry['at'])}  {entry['kind']:<10}  {what}")


def _print_checks(app: App) -> None:
    entries, flaws = verify_audit.verify(app.store)
    say(f"\n{entries} audit entries, chained by hash: {len(flaws) or 'no'} flaws.")
    say("Next: `.venv/bin/tacit init`, and `tacit --help` for everything else.")
