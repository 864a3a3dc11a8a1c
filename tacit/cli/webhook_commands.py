"""`tacit webhooks …`: which systems are told of transitions."""

from datetime import datetime
from typing import Annotated

import typer

from engine.services.manage_webhooks import Webhooks
from tacit.bootstrap import App
from tacit.cli.options import DEFAULT_HOME, SOMEBODY, By, Home, Json, Now
from tacit.cli.output import counted, print_json, print_table, say
from tacit.cli.session import acting, open_at

app = typer.Typer(
    no_args_is_help=True, help="Systems that are told of each transition, over HTTPS."
)
Id = Annotated[int, typer.Argument(help="The webhook's number, from the list.")]


@app.command("list")
def list_(
    home: Home = DEFAULT_HOME,
    now: Now = None,
    by: By = SOMEBODY,
    as_json: Json = False,
) -> None:
    """List the webhooks, and how their calls fare."""
    with open_at(home, now) as (opened, moment):
        found = _webhooks(opened, by, moment).all()
    if as_json:
        print_json([one.as_json() for one in found])
        return
    rows = [
        {
            "id": one.webhook.id,
            "url": one.webhook.url,
            "state": "disabled" if one.webhook.disabled_at else "enabled",
            "held": one.held,
            "last error": next((call.error for call in one.calls if call.error), None),
            "description": one.webhook.description,
        }
        for one in found
    ]
    print_table(rows, ["id", "url", "state", "held", "last error", "description"])


@app.command("add")
def add(
    url: Annotated[str, typer.Argument(help="Its address: https://…")],
    description: Annotated[
        str, typer.Option("--description", help="What it is for.")
    ] = "",
    home: Home = DEFAULT_HOME,
    now: Now = None,
    by: By = SOMEBODY,
    as_json: Json = False,
) -> None:
    """Add a webhook and print its secret, once; it is told what happens from now on."""
    with open_at(home, now) as (opened, moment):
        id_, secret = _webhooks(opened, by, moment).add(url, description)
    _print_secret(id_, secret, as_json)


@app.command("rotate")
def rotate(
    webhook: Id,
    at_once: Annotated[
        bool,
        typer.Option(
            "--at-once", help="The one before stops at once: somebody else knows it."
        ),
    ] = False,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    by: By = SOMEBODY,
    as_json: Json = False,
) -> None:
    """Make a new secret and print it, once; the one before signs too for a while."""
    with open_at(home, now) as (opened, moment):
        secret = _webhooks(opened, by, moment).rotate(webhook, at_once=at_once)
    _print_secret(webhook, secret, as_json)


@app.command("disable")
def disable(
    webhook: Id, home: Home = DEFAULT_HOME, now: Now = None, by: By = SOMEBODY
) -> None:
    """Tell a webhook nothing more."""
    with open_at(home, now) as (opened, moment):
        _webhooks(opened, by, moment).disable(webhook)
    say(f"webhook {webhook} is disabled")


@app.command("enable")
def enable(
    webhook: Id, home: Home = DEFAULT_HOME, now: Now = None, by: By = SOMEBODY
) -> None:
    """Tell it again, of what happens from now on."""
    with open_at(home, now) as (opened, moment):
        _webhooks(opened, by, moment).enable(webhook)
    say(f"webhook {webhook} is enabled")


@app.command("ping")
def ping(
    webhook: Id, home: Home = DEFAULT_HOME, now: Now = None, by: By = SOMEBODY
) -> None:
    """Ask for a test call; the running process makes it."""
    with open_at(home, now) as (opened, moment):
        _webhooks(opened, by, moment).ping(webhook)
    say(f"webhook {webhook}: a test call is queued for `tacit serve` or `tacit run`")


@app.command("calls")
def calls(
    webhook: Id,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    by: By = SOMEBODY,
    as_json: Json = False,
) -> None:
    """List a webhook's latest calls, and what came of them."""
    with open_at(home, now) as (opened, moment):
        found = _webhooks(opened, by, moment).one(webhook).as_json()["calls"]
    if as_json:
        print_json(found)
        return
    columns = ["id", "queued_at", "status", "attempts", "sent_at", "error"]
    print_table(found, columns)


@app.command("send-again")
def send_again(
    webhook: Id,
    call: Annotated[
        int | None, typer.Argument(help="A held call; without it, all of them.")
    ] = None,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    by: By = SOMEBODY,
) -> None:
    """Queue held calls again."""
    with open_at(home, now) as (opened, moment):
        queued = _webhooks(opened, by, moment).send_again(webhook, call)
    say(f"{counted(queued, 'call')} queued again")


def _webhooks(opened: App, by: str, moment: datetime) -> Webhooks:
    hooks = opened.settings.webhooks
    return Webhooks(
        opened.store,
        acting(opened, by),
        moment,
        private=hooks.private_addresses,
        overlap=hooks.secret_overlap,
    )


def _print_secret(id_: int, secret: str, as_json: bool) -> None:
    if as_json:
        print_json({"id": id_, "secret": secret})
        return
    say(f"webhook {id_}; its secret, which is not shown again:")
    say(secret)
