"""`tacit accounts …`: who may sign in."""

from typing import Annotated

import typer

from engine.domain.access import Action
from engine.domain.place import NOBODYS
from engine.services.sign_in import invite
from tacit.cli.options import DEFAULT_HOME, SOMEBODY, By, Home, Now
from tacit.cli.output import say
from tacit.cli.session import acting, open_at

app = typer.Typer(no_args_is_help=True, help="Who may sign in to the pages.")


@app.command("link")
def link(
    person: Annotated[str, typer.Argument(help="A person's code or address.")],
    home: Home = DEFAULT_HOME,
    now: Now = None,
    by: By = SOMEBODY,
) -> None:
    """Print a link that signs a person in, once; their first makes their account."""
    with open_at(home, now) as (opened, moment):
        acting(opened, by).must(Action.MANAGE_ACCOUNTS, NOBODYS, "account", person)
        settings = opened.site.settings
        token = invite(opened.store, person, moment, settings.link_lasts)
    say(f"{settings.url}/sign-in/link/{token}")
