"""`tacit import` and `tacit export`."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from engine.domain.access import Action
from engine.domain.errors import TacitError
from engine.domain.listing import Question
from engine.domain.moments import local_day
from engine.domain.place import NOBODYS
from engine.services import export_book, import_book
from engine.services.list_changes import AMOUNTS, COLUMNS, list_changes
from engine.store.book_files.writing import write_csv, write_workbook
from tacit.bootstrap import App
from tacit.cli.options import DEFAULT_HOME, SOMEBODY, AsSeenBy, Home, Json, Now
from tacit.cli.output import print_json, print_problems, print_table, progress, say
from tacit.cli.session import acting, open_at
from tacit.importing import Importing

_COUNTED: Final = ("new", "changed", "same")


class What(StrEnum):
    """What is exported."""

    CHANGES = "changes"
    BOOK = "book"


def import_(
    files: Annotated[
        list[Path],
        typer.Argument(help="CSV or Excel files, or folders of them.", metavar="FILE…"),
    ],
    mapping: Annotated[
        Path | None,
        typer.Option("--mapping", help="Adapts another system's export."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change; change nothing.")
    ] = False,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Take a book in. All or nothing; the same files twice change nothing."""
    with open_at(home, now, creates=True) as (app, moment):
        counts = import_files(app, files, mapping, moment, dry_run=dry_run)
    changes = counts.pop("changes")
    kinds = {
        kind: {name: count.get(name, 0) for name in _COUNTED}
        for kind, count in counts.items()
        if count
    }
    if as_json:
        stable = {name.replace(" ", "_"): number for name, number in changes.items()}
        print_json({"dry_run": dry_run, "counts": {**kinds, "changes": stable}})
        return
    print_table([{"": kind, **kinds[kind]} for kind in kinds], ["", *_COUNTED])
    told = ", ".join(f"{number} {name}" for name, number in changes.items())
    say(f"Contract changes: {told}.")
    if dry_run:
        say("Nothing was changed: this was a dry run.")


def import_files(
    app: App, files: list[Path], mapping: Path | None, now: datetime, *, dry_run: bool
) -> dict[str, dict[str, int]]:
    """Load, check and import files; ProblemsError lists everything wrong with them."""
    mappings = app.home.path / "mappings"
    importing = Importing(app.rulebook, app.defaults, mappings, app.policy)
    named = _mapping_file(app, mapping) if mapping else None
    with progress() as bar:
        reading = bar.add_task("Checking", total=None)
        loaded = importing.load(
            app.store, files, named, now, lambda n: bar.update(reading, completed=n)
        )
        print_problems(loaded.problems)
        total = sum(loaded.counts.values())
        bar.update(reading, total=total, completed=total)
        writing = bar.add_task("Importing", total=total)
        return import_book.import_book(
            app.store,
            app.rulebook,
            loaded.rows,
            app.defaults,
            now,
            dry_run=dry_run,
            progress=lambda n: bar.update(writing, completed=n),
        )


def _mapping_file(app: App, mapping: Path) -> Path:
    """The mapping given, or the home's of that name."""
    if mapping.exists():
        return mapping
    named = app.home.path / "mappings" / mapping.with_suffix(".yaml").name
    return named if named.exists() else mapping


def export(
    file: Annotated[Path, typer.Argument(help="A .csv or .xlsx file to write.")],
    what: Annotated[
        What,
        typer.Option(
            "--what",
            help="changes (the list), or for .xlsx: book (every kind of row).",
        ),
    ] = What.CHANGES,
    by: AsSeenBy = SOMEBODY,
    home: Home = DEFAULT_HOME,
    now: Now = None,
) -> None:
    """Write the list of upcoming changes, or the whole book, for a spreadsheet."""
    with open_at(home, now) as (app, moment):
        actor = acting(app, by)
        today = local_day(moment, app.settings.vendor.time_zone)
        columns = [column.name for column in COLUMNS]
        sheets: dict[str, tuple[list[str], Any]] = {}
        if what is What.BOOK:
            actor.must(Action.EXPORT_BOOK, NOBODYS, "book", str(file))
            sheets = export_book.sheets(app.store)
        else:
            question = Question(today, moment)
            rows = list_changes(app.store, app.rulebook, question, actor).rows
            listed = [[_cell(name, row[name]) for name in columns] for row in rows]
            sheets["changes"] = (columns, listed)
        _write(file, what, sheets)
    say(f"{file}: {', '.join(sheets)}")


def _cell(name: str, value: Any) -> Any:
    """An amount is a number to a spreadsheet, and text to everybody else."""
    return Decimal(value) if name in AMOUNTS and value is not None else value


def _write(file: Path, what: What, sheets: dict[str, tuple[list[str], Any]]) -> None:
    suffix = file.suffix.lower()
    if suffix == ".xlsx":
        write_workbook(file, sheets)
    elif suffix == ".csv" and what in sheets:
        header, rows = sheets[what]
        write_csv(file, header, rows)
    else:
        raise TacitError(
            f"{file.name}: the list goes to .csv or .xlsx, a book to .xlsx"
        )


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("import")(import_)
    app.command("export")(export)
