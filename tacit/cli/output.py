"""How commands speak: tables for people, JSON for programs, one message for an error."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from engine.domain.errors import ProblemsError, TacitError
from engine.domain.problems import Problem

#: Where nobody looks at a terminal, tables are as wide as they need to be.
WIDE: Final = 130

out = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """One line of plain text."""
    typer.echo(text)


def counted(number: int, noun: str) -> str:
    """So many of something, as people say it."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def print_json(value: Any) -> None:
    """Any value as indented JSON; dates and times as ISO 8601."""
    ascii_only = "utf" not in sys.stdout.encoding.lower()
    typer.echo(json.dumps(value, indent=2, ensure_ascii=ascii_only, default=_jsonable))


def _jsonable(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if hasattr(value, "as_json"):
        return value.as_json()
    return str(value)


def print_table(
    rows: Sequence[Mapping[str, Any]], columns: Iterable[str], title: str | None = None
) -> None:
    """Rows as a table; empty cells where a row has nothing."""
    table = Table(title=title, title_justify="left", header_style="bold", box=None)
    names = list(columns)
    for name in names:
        table.add_column(name.replace("_", " "), no_wrap=name in _WHOLE)
    for row in rows:
        table.add_row(*(_cell(name, row.get(name)) for name in names))
    out.print(table)


#: Columns that would be unreadable in two lines.
_WHOLE: Final = frozenset(
    {"id", "change", "at", "when", "queued_at", "deadline", "renewal_start", "owner"}
)
#: Columns of codes, which people read as words.
_CODES: Final = frozenset({"type", "state", "message", "role"})


def _cell(name: str, value: object) -> str:
    text = shown(value)
    return text.replace("_", " ") if name in _CODES else text


def shown(value: object) -> str:
    """A value as people read it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    return str(value)


def print_problems(problems: Sequence[Problem], *, to_stderr: bool = True) -> None:
    """Every problem with its line of the file."""
    for problem in problems:
        typer.echo(problem.with_source(), err=to_stderr)


def fail(error: TacitError | OSError) -> int:
    """Show an error as one clear message; the exit code for bad input."""
    if isinstance(error, ProblemsError):
        print_problems(error.problems)
    elif isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        typer.echo(f"Error: {where}{error.strerror or error}", err=True)
    else:
        typer.echo(f"Error: {error}", err=True)
    return 2


def progress() -> Progress:
    """A progress bar on standard error, gone when it is done; none without a screen.

    What is not looked at would still end in an empty line, and cron would mail it.
    """
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )
