"""`tacit demo`: half a year of a sample book in seconds, shown as its people see it."""

import shutil
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
from config.settings import FileSettings, load_settings
from engine.domain.access import operator
from engine.domain.listing import Question
from engine.services import verify_audit
from engine.services.list_changes import DEFAULT_COLUMNS, chosen_columns, list_changes
from engine.services.show_change import show_change
from engine.services.simulate import run_span
from notifiers.mailbox import Mail, read_mailbox
from tacit import home as homes
from tacit.bootstrap import App
from tacit.cli import demo_serving
from tacit.cli.book_commands import import_files
from tacit.cli.change_page import sentence
from tacit.cli.demo_home import begin_anew, demo_home
from tacit.cli.demo_serving import DemoClock
from tacit.cli.output import out, print_table, say, shown
from tacit.home import Home

#: The sample book was written to be interesting between these days.
FROM: Final = datetime(2026, 10, 1, tzinfo=UTC)
TO: Final = datetime(2027, 3, 31, tzinfo=UTC)
MOST_MOVES: Final = 8


def run(folder: Path | None, *, once: bool) -> None:
    """Run the demo in a home of its own, which is kept if `folder` is given.

    Unless `once`, it ends by serving the book, until Ctrl-C.
    """
    with demo_home(folder) as home:
        with _opened(home) as (app, clock):
            _show(app, clock)
        if not once:
            begin_anew(home)
            with _opened(home) as (app, clock):
                _import(app)
                demo_serving.advance(app, clock, FROM)
                demo_serving.serve(app, clock, _title)
    if once or folder is not None:
        _print_next(folder, TO if once else demo_serving.SERVED_FROM)


@contextmanager
def _opened(home: Home) -> Iterator[tuple[App, DemoClock]]:
    clock = DemoClock(FROM)
    app = App(home, clock)
    # Whatever the environment says is meant for another home than the demo's.
    app.settings = load_settings(home.settings_file, FileSettings)
    try:
        yield app, clock
    finally:
        app.close()


def _import(app: App) -> dict[str, dict[str, int]]:
    samples = homes.shipped(config) / "samples"
    return import_files(app, [samples], None, FROM, dry_run=False)


def _show(app: App, clock: DemoClock) -> None:
    _title("A vendor imports its book of contracts")
    counts = _import(app)
    say(", ".join(f"{c['new']} {kind}" for kind, c in counts.items() if c.get("new")))
    _title(f"Upcoming changes on {_long(FROM)}")
    _print_changes(app)
    _title(f"The clock runs until {_long(TO)}, and nobody answers")
    happenings = _run_clock(app, clock)
    _print_moves(happenings)
    _print_counts(happenings)
    _title("What a person has to see to")
    _print_attention(app)
    _print_a_renewal(app, happenings)
    _title("The whole trail")
    _print_checks(app)


def _long(day: datetime) -> str:
    return f"{day.day} {day:%B %Y}"


def _title(text: str) -> None:
    out.print()
    out.print(Rule(Text(text, style="bold"), align="left"))


def _print_changes(app: App) -> None:
    rows = _listed(app, FROM)
    print_table(rows, chosen_columns(DEFAULT_COLUMNS))
    say(
        "\nThe deadline is the last day to change or cancel. Some have passed already: "
        "this book comes in late,\nand silence renews nothing before its customer was "
        "told for as long as the rules want."
    )


def _listed(app: App, now: datetime) -> list[dict[str, Any]]:
    question = Question(now.date(), now)
    return list_changes(app.store, app.rulebook, question, operator()).rows


def _run_clock(app: App, clock: DemoClock) -> list[dict[str, Any]]:
    delivering = app.delivering()
    span = run_span(app.store, app.rulebook, delivering, FROM, TO, clock.set)
    return list(span)


def _print_moves(happenings: list[dict[str, Any]]) -> None:
    moves = [
        {
            "when (UTC)": each["at"],
            "change": each["change"],
            "customer": each["customer"],
            "what": f"{each['from']} -> {each['to']}",
            "because": each.get("why", each["name"]).split(".")[0],
        }
        for each in happenings
        if each["kind"] == "transition"
    ]
    columns = ["when (UTC)", "change", "customer", "what", "because"]
    print_table(moves[:MOST_MOVES], columns)
    if len(moves) > MOST_MOVES:
        say(f" ... and {len(moves) - MOST_MOVES} more")


def _print_counts(happenings: list[dict[str, Any]]) -> None:
    counted = Counter(each["kind"] for each in happenings)
    ended = sum(each.get("do") == "end contract" for each in happenings)
    say(
        f"\n{counted['sent']} mails written, {counted['transition']} changes moved by "
        f"silence, {ended} contracts ended because silence does not renew them."
    )


def _print_attention(app: App) -> None:
    rows = _listed(app, TO)
    needing = [row for row in rows if row["attention"]]
    print_table(needing, ["customer", "type", "renewal_start", "id", "attention"])


def _print_a_renewal(app: App, happenings: list[dict[str, Any]]) -> None:
    """The renewal by silence that was announced most often, if the rules know one."""
    told = Counter(each["change"] for each in happenings if each["kind"] == "sent")
    moved = [each for each in happenings if each["kind"] == "transition"]
    announced = [each for each in moved if told[each["change"]]]
    if not announced:
        return
    chosen = max(announced, key=lambda each: told[each["change"]])
    change = show_change(app.store, app.rulebook, chosen["change"], TO, operator())
    _title("A reminder, as its reader gets it")
    _print_mail(read_mailbox(app.home.mailbox), change, chosen["at"])
    _title("The tacit renewal it announced, and its audit trail")
    _print_trail(change)


def _print_mail(mails: list[Mail], change: dict[str, Any], until: datetime) -> None:
    """The last mail before a time that the change's customer had."""
    addresses = {
        copy["address"]
        for message in change["messages"]
        for copy in message["copies"]
        if copy["audience"] == "customer"
    }
    contract = f"({change['contract']})"
    theirs = [
        mail
        for mail in mails
        if mail.sent_at < until
        and contract in mail.text
        and any(to in mail.to for to in addresses)
    ]
    for mail in theirs[-1:]:
        head = Text(f"To: {mail.to}\nSubject: {mail.subject}\n", style="bold")
        body = Group(head, Text(mail.text.strip()))
        out.print(Panel(body, width=min(out.width, 88)))
    say(f"One of {len(mails)} mails, all in the local mailbox; none left this machine.")


def _print_trail(change: dict[str, Any]) -> None:
    say(f"{change['id']}, {change['customer']}: {change['state']}\n")
    for entry in change["history"]:
        say(f"  {shown(entry['at'])}  {sentence(entry)}")


def _print_checks(app: App) -> None:
    entries, flaws = verify_audit.verify(app.store)
    say(f"{entries} audit entries, chained by hash: {len(flaws) or 'no'} flaws.")


def _print_next(folder: Path | None, on: datetime) -> None:
    tacit = "tacit" if shutil.which("tacit") else ".venv/bin/tacit"
    _title("What to do next")
    if folder is None:
        say("Keep what you have seen, and look around in it:")
        say(f"  {tacit} demo --once --home demo")
    else:
        say("Look around in what you have seen:")
    home = f"--home {folder or 'demo'}"
    say(f"  {tacit} changes {home} --on {on:%Y-%m-%d}")
    say(f"  {tacit} messages {home}")
    say("Change a rule in its folder rules/, and run the demo there again. Or begin:")
    say(f"  {tacit} init --home acme")
    say(f"  {tacit} --help")
