"""The options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from tacit.home import DEFAULT


def folder(text: str | Path) -> Path:
    """A folder's name; an empty one would silently be the present folder."""
    if not str(text).strip():
        raise typer.BadParameter("is empty; write . for the present folder")
    return Path(text)


Home = Annotated[
    Path,
    typer.Option(
        "--home",
        envvar="TACIT_HOME",
        parser=folder,
        metavar="DIR",
        help="The folder with settings, rules, templates and data.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Now = Annotated[
    str | None,
    typer.Option(
        "--now",
        help="Pretend that it is this time (2026-10-01T09:00, UTC); "
        "refused where the settings say production: true.",
    ),
]
By = Annotated[
    str,
    typer.Option(
        "--as",
        help="Who does it, for the audit trail: a person's code or address.",
        show_default=False,
    ),
]
AsSeenBy = Annotated[
    str,
    typer.Option(
        "--as",
        help="As this person sees it: a person's code or address.",
        show_default=False,
    ),
]
#: Said in the audit trail of whoever does not say who they are.
SOMEBODY = "operations"
DEFAULT_HOME = DEFAULT
