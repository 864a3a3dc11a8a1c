"""`tacit accounts …`: who may sign in, who did, and who may no more."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.services.manage_accounts import AccountKeeper
from tacit.bootstrap import App
from tacit.cli.options import DEFAULT_HOME, SOMEBODY, By, Home, Json, Now
from tacit.cli.output import print_json, print_table, say
from tacit.cli.session import acting, open_at

app = typer.Typer(no_args_is_help=True, help="Who may sign in to the pages.")

Person = Annotated[str, typer.Argument(help="A person's code or address.")]


@app.command("list")
def accounts(
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
    now: Now = None,
    by: By = SOMEBODY,
) -> None:
    """List the accounts: how each signs in, and when it was last used."""
    with _keeping(home, now, by) as (_, keeper):
        rows = keeper.listing()
    if as_json:
        print_json(rows)
    elif rows:
        shown = (
            "person",
            "name",
            "of",
            "signs_in_by",
            "slack",
            "sessions",
            "seen_at",
            "disabled_at",
        )
        print_table([_in_words(row) for row in rows], shown)
    else:
        say("Nobody can sign in yet: let somebody in with `tacit accounts link PERSON`")


@app.command("link")
def link(
    person: Person,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
    now: Now = None,
    by: By = SOMEBODY,
) -> None:
    """Print a link that signs a person in, once; their first makes their account."""
    with _keeping(home, now, by) as (opened, keeper):
        settings = opened.site.settings
        token = keeper.link(person, settings.link_lasts)
        until = keeper.now + settings.link_lasts
    address = f"{settings.url}/sign-in/link/{token}"
    if as_json:
        print_json({"person": person, "link": address, "until": until})
    else:
        say(address)


@app.command("disable")
def disable(
    person: Person,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
    now: Now = None,
    by: By = SOMEBODY,
) -> None:
    """Let a person in no more: sessions and links end, API keys are refused."""
    with _keeping(home, now, by) as (_, keeper):
        _report(keeper.disable(person), as_json)


@app.command("enable")
def enable(
    person: Person,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
    now: Now = None,
    by: By = SOMEBODY,
) -> None:
    """Let a person in again who was disabled."""
    with _keeping(home, now, by) as (_, keeper):
        _report(keeper.enable(person), as_json)


@app.command("sign-out")
def sign_out(
    person: Person,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
    now: Now = None,
    by: By = SOMEBODY,
) -> None:
    """End all sessions of a person, and the links that they have not used."""
    with _keeping(home, now, by) as (_, keeper):
        _report(keeper.sign_out(person), as_json)


@app.command("unlink")
def unlink(
    person: Person,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
    now: Now = None,
    by: By = SOMEBODY,
) -> None:
    """Let a person's identity at single sign-on open their account no more."""
    with _keeping(home, now, by) as (_, keeper):
        _report(keeper.unlink(person), as_json)


@app.command("unlink-slack")
def unlink_slack(
    person: Person,
    user: Annotated[
        str, typer.Argument(help="The user of Slack, as the list has it: T…/U….")
    ],
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
    now: Now = None,
    by: By = SOMEBODY,
) -> None:
    """Let a user of Slack answer for a person no more."""
    with _keeping(home, now, by) as (_, keeper):
        _report(keeper.unlink_slack(person, user), as_json)


@contextmanager
def _keeping(
    home: Path, now: str | None, by: str
) -> Iterator[tuple[App, AccountKeeper]]:
    with open_at(home, now) as (opened, moment):
        yield opened, AccountKeeper(opened.store, acting(opened, by), moment)


def _report(said: str, as_json: bool) -> None:
    if as_json:
        print_json({"done": said})
    else:
        say(said)


def _in_words(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "signs_in_by": _ways(row), "slack": ", ".join(row["slack"])}


def _ways(row: dict[str, object]) -> str:
    ways = ["link"]
    ways += ["password"] if row["password"] else []
    ways += ["single sign-on"] if row["single_sign_on"] else []
    return ", ".join(ways)
