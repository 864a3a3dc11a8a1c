"""`tacit init`, `tacit doctor` and `tacit demo`."""

from pathlib import Path
from typing import Annotated

import typer

from tacit import doctor
from tacit import home as homes
from tacit.cli import demo
from tacit.cli.options import DEFAULT_HOME, Home, Json, folder
from tacit.cli.output import out, print_json, say
from tacit.cli.session import open_app
from tacit.home import Home as HomeFolder


def init(home: Home = DEFAULT_HOME) -> None:
    """Make a home: settings, rules, templates, mappings, and an empty database.

    What is there already is kept; the database is brought to the newest schema.
    """
    made = homes.create(HomeFolder(home))
    with open_app(home, creates=True) as app:
        rules, messages = len(app.rulebook.machines), len(app.templates.messages())
    say(
        f"{home}: {len(made)} files made, {rules} state machines, "
        f"{messages} messages, database ready"
    )
    if made:
        say(f"Next: look at {home / 'tacit.yaml'}, then `tacit import` your book.")


def check(home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Check the settings against the real database, mail server and Slack.

    Exit code 1 where something needs attention.
    """
    with open_app(home) as app:
        findings = list(doctor.examine(app))
    if as_json:
        print_json([finding.as_json() for finding in findings])
    else:
        for finding in findings:
            out.print(finding.as_text())
    if any(not finding.ok for finding in findings):
        raise typer.Exit(1)


def run_demo(
    home: Annotated[
        Path | None,
        typer.Option(
            "--home",
            parser=folder,
            metavar="DIR",
            help="Keep the demo's home here: a new folder, or the demo's own.",
        ),
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="End instead of serving the book.")
    ] = False,
) -> None:
    """See it work: half a year of renewals over a sample book, in seconds.

    Then the book is served, for you to look around in it, until Ctrl-C.
    """
    demo.run(home, once=once)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("init")(init)
    app.command("doctor")(check)
    app.command("demo")(run_demo)
