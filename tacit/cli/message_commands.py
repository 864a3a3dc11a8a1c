"""`tacit messages` and `tacit preview`."""

from typing import Annotated, Any

import typer

from engine.domain.errors import TacitError
from engine.domain.letters import Rendered
from engine.domain.parsing import LANGUAGES
from engine.services.read_messages import FOR_PAGES, Wanted, list_messages
from engine.services.release_messages import release_of_changes
from tacit.cli.options import DEFAULT_HOME, SOMEBODY, AsSeenBy, By, Home, Json, Now
from tacit.cli.output import print_json, print_table, say
from tacit.cli.session import acting, open_app, open_at


def messages(
    held: Annotated[
        bool, typer.Option("--held", help="Only what waits for a person.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 50,
    by: AsSeenBy = SOMEBODY,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """List messages, the newest first: queued, sent, held, dropped."""
    with open_app(home) as app:
        wanted = Wanted(limit, status="held" if held else None)
        rows = list_messages(app.store, acting(app, by), wanted).rows
        with app.store.begin(read_only=True) as unit:
            counts = unit.outbox.counts()
    if as_json:
        print_json([_public(row) for row in rows])
        return
    print_table(
        [row | {"copies": _copies(row["copies"])} for row in rows],
        ["queued_at", "change", "customer", "message", "role", "status", "copies", "reason"],
    )  # fmt: skip
    if by != SOMEBODY:
        return
    in_doubt = counts.pop("ambiguous")
    told = ", ".join(f"{number} {name}" for name, number in sorted(counts.items()))
    say(f"messages: {told or 'none'}; copies in doubt: {in_doubt}")


def _public(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in FOR_PAGES}


def preview(
    message: Annotated[str, typer.Argument(help="The message's name.")],
    language: Annotated[str, typer.Option("--lang", help="en or fr.")] = "en",
    audience: Annotated[
        str | None, typer.Option("--for", help="customer, partner, copy or operations.")
    ] = None,
    html: Annotated[bool, typer.Option("--html", help="Print the HTML part.")] = False,
    choices: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Another value than the example, such as automatic_renewal=false; "
            "NAME= for none. May be repeated.",
        ),
    ] = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Show a message as its reader gets it, filled with example values.

    The examples fit the message, its reader, and the home's rules and settings.
    """
    if language not in LANGUAGES:
        known = ", ".join(LANGUAGES)
        raise TacitError(f'no templates in the language "{language}" (known: {known})')
    with open_app(home) as app:
        rendered = app.previews.render(message, audience, language, choices or ())
    if as_json:
        print_json(_as_json(rendered))
    elif html:
        say(rendered.html)
    else:
        say(f"Subject: {rendered.subject}\n\n{rendered.text}")


def release(
    changes: Annotated[
        list[str] | None, typer.Argument(help="Changes' ids.", metavar="CHANGE…")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All that is held, whatever the change.")
    ] = False,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    by: By = SOMEBODY,
) -> None:
    """Queue held messages again, once what kept them is mended."""
    if bool(changes) == everything:
        raise TacitError("name the changes whose messages to release, or --all")
    with open_at(home, now) as (app, moment):
        released = release_of_changes(
            app.store, app.rulebook, acting(app, by), changes or [], moment
        )
        say(f"{released} held messages are queued again")


def _as_json(rendered: Rendered) -> dict[str, Any]:
    return {
        "subject": rendered.subject,
        "text": rendered.text,
        "html": rendered.html,
        "slack_text": rendered.slack_text,
        "blocks": list(rendered.blocks),
    }


def _copies(copies: list[dict[str, Any]]) -> str:
    return ", ".join(f"{copy['to']} ({copy['channel']})" for copy in copies)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("messages")(messages)
    app.command("preview")(preview)
    app.command("release")(release)
