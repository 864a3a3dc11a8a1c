"""`tacit changes`, `tacit show` and `tacit fire`."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

import typer

from engine.domain.errors import TacitError
from engine.domain.listing import Question
from engine.domain.moments import local_day
from engine.domain.parsing import day as parse_day
from engine.services.fire_event import Fired, fire_event
from engine.services.list_changes import (
    COLUMNS,
    DEFAULT_COLUMNS,
    LOCKED,
    chosen_columns,
    list_changes,
)
from engine.services.show_change import show_change
from notifiers.refusals import refusal_sentence
from notifiers.wording import Wording
from tacit.cli.change_page import print_change
from tacit.cli.options import DEFAULT_HOME, SOMEBODY, AsSeenBy, Home, Json, Now
from tacit.cli.output import counted, print_json, print_table, say
from tacit.cli.session import acting, open_at

_EXTRA = ", ".join(column.name for column in COLUMNS[LOCKED:])


def changes(
    on: Annotated[
        str | None, typer.Option("--on", help="Listed on this day, YYYY-MM-DD.")
    ] = None,
    search: Annotated[
        str | None,
        typer.Option("--search", help="Customer's name, domain, hub ID or contact."),
    ] = None,
    partner: Annotated[
        str | None, typer.Option("--partner", help="Only this partner's customers.")
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option("--columns", help=f"After the five locked ones, of: {_EXTRA}."),
    ] = None,
    by: AsSeenBy = SOMEBODY,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """List upcoming changes: in their window, or still needing a person.

    With --json every column is given, by name.
    """
    wanted = columns.split(",") if columns is not None else DEFAULT_COLUMNS
    names = chosen_columns([name.strip() for name in wanted if name.strip()])
    with open_at(home, now) as (app, moment):
        today = local_day(moment, app.settings.vendor.time_zone)
        day = _day(on) if on else today
        question = Question(day, moment, search=search or "", partner=partner)
        rows = list_changes(app.store, app.rulebook, question, acting(app, by)).rows
    if as_json:
        print_json(rows)
    else:
        _print_list(rows, names, day)


def show(
    change: Annotated[str, typer.Argument(help="The change's id, from the list.")],
    by: AsSeenBy = SOMEBODY,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Show one change: facts, plan ahead, history, messages."""
    with open_at(home, now) as (app, moment):
        found = show_change(app.store, app.rulebook, change, moment, acting(app, by))
    if as_json:
        print_json(found)
        return
    print_change(found)


def fire(
    change: Annotated[str, typer.Argument(help="The change's id.")],
    event: Annotated[str, typer.Argument(help="Such as accept.")],
    person: Annotated[
        str, typer.Option("--as", help="Who answers: a person's code or address.")
    ],
    home: Home = DEFAULT_HOME,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Fire an event by hand, with the permission check of every other door.

    Exit code 1 where it is refused.
    """
    with open_at(home, now) as (app, moment):
        actor = acting(app, person)
        fired = fire_event(app.store, app.rulebook, change, event, actor, moment)
        language = app.settings.vendor.language
    sentence = _sentence(fired, language)
    if as_json:
        print_json(
            {
                "change": fired.change,
                "event": fired.event,
                "state": fired.state,
                "by": fired.person.code,
                "refused": fired.refusal.reason.value if fired.refusal else None,
                "message": sentence,
            }
        )
    else:
        say(sentence or f"{fired.change} is now {fired.state}.")
    if fired.refusal:
        raise typer.Exit(1)


def _print_list(rows: list[dict[str, Any]], names: Sequence[str], day: date) -> None:
    """The list as a table; why a person is needed stands below it, in full."""
    shown_rows = [{**row, "state": _standing(row)} for row in rows]
    print_table(shown_rows, [name for name in names if name != "attention"])
    needing = [row for row in rows if row["attention"]]
    total = f"{counted(len(rows), 'upcoming change')} on {day}"
    if needing:
        verb = "needs" if len(needing) == 1 else "need"
        say(f"{total}; {len(needing)} of them {verb} a person.")
    else:
        say(f"{total}.")
    if "attention" in names:
        for row in needing:
            say(f"  {row['id']}, {row['customer']}: {row['attention']}")
    elif needing:
        say("Why: `tacit changes --columns attention`, or `tacit show CHANGE`.")
    if any(row["overdue"] and not row["attention"] for row in rows):
        say("What is only overdue waits for the clock: `tacit tick`, or `tacit run`.")


def _standing(row: dict[str, Any]) -> str:
    overdue = ", overdue" if row["overdue"] else ""
    return f"{row['state']}{overdue}{', needs a person' if row['attention'] else ''}"


def _sentence(fired: Fired, language: str) -> str | None:
    """Why it was refused, in the language of whoever sits at the command line."""
    if fired.refusal is None:
        return None
    return refusal_sentence(
        Wording(language),
        fired.refusal,
        event=fired.event,
        state=fired.state,
        who=fired.person.name,
    )


def _day(text: str) -> date:
    try:
        return parse_day(text)
    except ValueError as error:
        raise TacitError(f'"{text}" {error}') from None


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("changes")(changes)
    app.command("show")(show)
    app.command("fire")(fire)
