"""The command line: `tacit --help` lists what it does."""

import io
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from engine.domain.errors import TacitError
from tacit.cli import (
    account_commands,
    audit_commands,
    book_commands,
    change_commands,
    clock_commands,
    home_commands,
    inbox_commands,
    message_commands,
    replies_commands,
    rules_commands,
    set_commands,
    webhook_commands,
)
from tacit.cli.output import fail, say

app = typer.Typer(
    name="tacit",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Contracts renew by themselves; Tacit sees that somebody is told in time.",
    epilog="Start with `tacit demo`, or with `tacit init` and `tacit import`.",
)
home_commands.add_to(app)
book_commands.add_to(app)
change_commands.add_to(app)
app.add_typer(set_commands.app, name="set")
app.add_typer(rules_commands.app, name="rules")
app.add_typer(replies_commands.app, name="replies")
clock_commands.add_to(app)
message_commands.add_to(app)
app.add_typer(inbox_commands.app, name="inbox")
app.add_typer(audit_commands.app, name="audit")
app.add_typer(account_commands.app, name="accounts")
app.add_typer(webhook_commands.app, name="webhooks")


def _print_version(wanted: bool) -> None:
    if wanted:
        say(f"tacit {version('tacit')}")
        raise typer.Exit


@app.callback()
def _options(
    show_version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show and exit."
        ),
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; bad input ends it with one message and exit code 2.

    So does a system that refuses: a full disk, a folder that cannot be written.
    """
    _speak_any_encoding()
    try:
        app()
    except (TacitError, OSError) as error:
        sys.exit(fail(error))


def _speak_any_encoding() -> None:
    """Where a terminal lacks a letter, show its number instead of giving up."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
