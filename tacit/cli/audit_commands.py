"""`tacit audit …`: the trail holds, and it gives the present state."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from engine.domain.access import Action
from engine.domain.audit import Flaw
from engine.domain.place import NOBODYS
from engine.services import seal_audit, verify_audit
from engine.services.archive_audit import archive_audit
from engine.services.replay_audit import replay_audit
from engine.store.archive_files import ArchiveFile
from tacit.cli.options import DEFAULT_HOME, SOMEBODY, By, Home, Json, Now
from tacit.cli.output import print_json, progress, say, shown
from tacit.cli.session import acting, open_app, open_at
from tacit.clock import parse_time
from tacit.kept_rules import rules_ever_used

app = typer.Typer(no_args_is_help=True, help="The append-only audit trail.")


Archives = Annotated[
    list[Path] | None,
    typer.Option(
        "--archive",
        help="An archive of the trail; give every one, in any order, each after its "
        "own --archive.",
    ),
]


@app.command("verify")
def verify(
    archive: Archives = None, home: Home = DEFAULT_HOME, as_json: Json = False
) -> None:
    """Check that every chain and every seal holds. Exit code 1 where one does not."""
    with open_app(home) as opened, _counting("Entries") as advance:
        counted, flaws = verify_audit.verify(opened.store, _files(archive), advance)
    _report(counted, "entries", flaws, as_json)


@app.command("replay")
def replay(
    archive: Archives = None, home: Home = DEFAULT_HOME, as_json: Json = False
) -> None:
    """Replay the trail and compare with the present. Exit code 1 where they differ.

    It starts from the checkpoints of what was archived, or with --archive, from the
    first entry.
    """
    with open_app(home) as opened, _counting("Entries") as advance:
        rules = rules_ever_used(opened)
        counted, flaws = replay_audit(opened.store, rules, _files(archive), advance)
    _report(counted, "changes", flaws, as_json)


@app.command("archive")
def archive(
    file: Annotated[
        Path, typer.Argument(help="A new file; compressed if its name ends in .gz.")
    ],
    before: Annotated[
        str | None,
        typer.Option("--before", help="Only what was sealed before this day."),
    ] = None,
    by: By = SOMEBODY,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Move the sealed part of the trail out of the database, into a file.

    The file is read back and checked before anything is removed. Keep it: with it,
    verify and replay go back to the first entry.
    """
    until = parse_time(before) if before else None
    with open_at(home, now) as (opened, moment), _counting("Lines") as advance:
        actor = acting(opened, by)
        actor.must(Action.SEE_TRAIL, NOBODYS, "audit trail", str(file))
        done = archive_audit(
            opened.store, ArchiveFile(file), actor.code, moment, until, advance
        )
    if as_json:
        print_json(asdict(done))
    else:
        say(f"{done.entries} entries up to {shown(done.sealed_at)} are in {done.file}")


@app.command("seal")
def seal(home: Home = DEFAULT_HOME, now: Now = None) -> None:
    """Seal what was written since the last seal; `tacit run` does it periodically."""
    with open_at(home, now) as (opened, moment):
        entries = seal_audit.seal(opened.store, moment)
    say(f"sealed {entries} entries" if entries else "nothing new to seal")


def _report(counted: int, what: str, flaws: list[Flaw], as_json: bool) -> None:
    if as_json:
        print_json({what: counted, "flaws": flaws})
    else:
        for flaw in flaws:
            say(f"{flaw.subject}: {flaw.message}")
        say(f"{counted} {what} checked, {len(flaws) or 'no'} flaws.")
    if flaws:
        raise typer.Exit(1)


def _files(paths: list[Path] | None) -> list[ArchiveFile]:
    return [ArchiveFile(path) for path in paths or ()]


@contextmanager
def _counting(what: str) -> Iterator[Callable[[int], None]]:
    """A bar that shows how many were done."""
    with progress() as bar:
        task = bar.add_task(what, total=None)
        yield lambda number: bar.advance(task, number)
