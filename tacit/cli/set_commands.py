"""`tacit set …`: who owns a conversation, who is written to, dates, associations."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from engine.domain.errors import TacitError
from engine.domain.parsing import boolean, day
from engine.services.edit_book import Editor
from tacit.cli.options import DEFAULT_HOME, SOMEBODY, By, Home, Now
from tacit.cli.output import say
from tacit.cli.session import acting, open_at

app = typer.Typer(
    no_args_is_help=True,
    help="Edit by hand: owner, contact, dates, automatic renewal, association.",
)


class Whose(StrEnum):
    """What an owner is chosen for."""

    CHANGE = "change"
    CUSTOMER = "customer"
    PARTNER = "partner"


class Owner(StrEnum):
    """Who tells the customer; default ends an override."""

    DEFAULT = "default"
    VENDOR = "vendor"
    PARTNER = "partner"


@app.command("owner")
def owner(
    whose: Annotated[Whose, typer.Argument(help="For a change, a customer, or all.")],
    code: Annotated[str, typer.Argument(help="The change's id, or the code.")],
    choice: Annotated[Owner, typer.Argument(help="Who tells the customer.")],
    home: Home = DEFAULT_HOME,
    now: Now = None,
    by: By = SOMEBODY,
) -> None:
    """Choose who tells the customer. The most specific choice wins."""
    with _editor(home, now, by) as editor:
        edits = {
            Whose.CHANGE: editor.owner_of_change,
            Whose.CUSTOMER: editor.owner_of_customer,
            Whose.PARTNER: editor.owner_of_partner,
        }
        say(edits[whose](code, choice.value))


@app.command("contact")
def contact(
    customer: Annotated[str, typer.Argument(help="The customer's code.")],
    person: Annotated[str, typer.Argument(help="One of its people: code or address.")],
    home: Home = DEFAULT_HOME,
    now: Now = None,
    by: By = SOMEBODY,
) -> None:
    """Choose the primary contact; what was held for want of one is sent."""
    with _editor(home, now, by) as editor:
        say(editor.contact(customer, person))


@app.command("renewal-start")
def renewal_start(
    change: Annotated[str, typer.Argument(help="The change's id.")],
    to: Annotated[
        str, typer.Argument(metavar="DATE", help="The new date, YYYY-MM-DD.")
    ],
    home: Home = DEFAULT_HOME,
    now: Now = None,
    by: By = SOMEBODY,
) -> None:
    """Move a change's renewal start; everything that follows is planned again."""
    wanted = _day(to)
    with _editor(home, now, by) as editor:
        say(editor.renewal_start(change, wanted))


@app.command("auto-renew")
def auto_renew(
    contract: Annotated[str, typer.Argument(help="The contract's code.")],
    on: Annotated[str, typer.Argument(help="yes or no.")],
    home: Home = DEFAULT_HOME,
    now: Now = None,
    by: By = SOMEBODY,
) -> None:
    """Switch automatic renewal on or off."""
    try:
        wanted = boolean(on)
    except ValueError as error:
        raise TacitError(f'"{on}" {error}') from None
    with _editor(home, now, by) as editor:
        say(editor.automatic_renewal(contract, wanted))


@app.command("end")
def end(
    contract: Annotated[str, typer.Argument(help="The contract's code.")],
    on: Annotated[
        str, typer.Argument(metavar="DATE|none", help="The first day without it.")
    ],
    home: Home = DEFAULT_HOME,
    now: Now = None,
    by: By = SOMEBODY,
) -> None:
    """Say when a contract ends; `none` takes an end back."""
    wanted = None if on == "none" else _day(on)
    with _editor(home, now, by) as editor:
        say(editor.end(contract, wanted))


@app.command("association")
def association(
    customer: Annotated[str, typer.Argument(help="The customer's code.")],
    partner: Annotated[str, typer.Argument(help="The partner's code, or none.")],
    home: Home = DEFAULT_HOME,
    now: Now = None,
    by: By = SOMEBODY,
) -> None:
    """Associate a customer with a partner; `none` ends its association."""
    with _editor(home, now, by) as editor:
        say(editor.association(customer, None if partner == "none" else partner))


def _day(text: str) -> date:
    try:
        return day(text)
    except ValueError as error:
        raise TacitError(f'"{text}" {error}') from None


@contextmanager
def _editor(home: Path, now: str | None, by: str) -> Iterator[Editor]:
    with open_at(home, now) as (opened, moment):
        yield Editor(opened.store, opened.rulebook, acting(opened, by), moment)
