"""`tacit replies …`: how answers are read, and the tests of the words for it."""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markup import escape
from rich.panel import Panel
from rich.text import Text

import rules
from engine.domain.errors import ProblemsError, TacitError
from engine.domain.problems import did_you_mean
from engine.domain.replies import Outcome, Verdict, unreached
from engine.domain.replies.vocabulary import Entry
from notifiers.incoming.parts import MAX_BYTES
from notifiers.rendering import Templates
from notifiers.template_files import SHIPPED_TEMPLATES
from tacit.bootstrap import App, check_rules
from tacit.cli.options import DEFAULT_HOME, Home, Json
from tacit.cli.output import counted, out, print_json, print_problems, print_table, say
from tacit.home import Home as HomeFolder
from tacit.home import shipped
from tacit.replies import (
    Answer,
    Vocabularies,
    events_of,
    load_vocabularies,
    read_answer,
    reply_folders,
)

app = typer.Typer(no_args_is_help=True, help="How answers are read.")

_SHOWN: Final = 400
_COLOURS: Final = {
    Verdict.EVENT: "green",
    Verdict.ASK_AGAIN: "yellow",
    Verdict.PERSON: "magenta",
    Verdict.IGNORED: "bright_black",
}


@app.callback()
def _group() -> None:
    """How answers are read."""


@app.command("test")
def run_tests(
    folder: Annotated[
        Path | None,
        typer.Argument(help="A folder of vocabularies; the home's if not given."),
    ] = None,
    list_unreached: Annotated[
        bool, typer.Option("--unreached", help="List the phrases that no test reaches.")
    ] = False,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Run the tests that the vocabularies carry; shows what differs.

    Exit code 1 where a test fails or a file is wrong. No database is needed.
    """
    if folder is not None and not folder.is_dir():
        raise TacitError(f"there is no folder {folder}")
    loaded, _ = _loaded(home, folder)
    missed = [
        (one.language, entry)
        for one in loaded.usable
        for entry in unreached(one, loaded.outcomes)
    ]
    failed = [one for one in loaded.outcomes if not one.holds]
    if as_json:
        print_json(_tests_as_json(loaded, missed))
    else:
        _print_tests(loaded, failed)
        _print_coverage(loaded, missed, listed=list_unreached)
    if loaded.problems:
        raise typer.Exit(1)


@app.command("read")
def read(
    file: Annotated[
        str, typer.Argument(help="A mail (.eml) or a text; - is standard input.")
    ],
    asks: Annotated[
        str, typer.Option("--asks", help="The events that are open, with commas.")
    ] = "accept,request_cancellation",
    language: Annotated[
        str | None,
        typer.Option("--language", help="The language the person was written to in."),
    ] = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Show step by step how a mail or a text is read, and what it answers.

    Nothing is saved, and nothing happens. No database is needed.
    """
    loaded, events = _loaded(home, None)
    vocabularies = loaded.checked()
    open_now = _events(asks, events)
    known = [one.language for one in vocabularies]
    if language is not None and language not in known:
        hint = did_you_mean(language, known)
        raise TacitError(f'no vocabulary for the language "{language}" ({hint})')
    raw = _bytes(file)
    mail = True if file.lower().endswith(".eml") else None
    answer = read_answer(vocabularies, raw, open_now, language, mail=mail)
    if as_json:
        print_json({**answer.as_json(), "asks": open_now})
    else:
        _print_answer(answer)


def _loaded(home: Path, folder: Path | None) -> tuple[Vocabularies, frozenset[str]]:
    """The vocabularies of a home, of a folder, or the shipped ones."""
    where = HomeFolder(home)
    has_home = where.settings_file.exists()
    templates = (
        App(where).template_names if has_home else Templates([SHIPPED_TEMPLATES])
    )
    own = where.rules if has_home else shipped(rules)
    rulebook, problems = check_rules(own, templates)
    if rulebook is None:
        raise ProblemsError(problems)
    events = events_of(rulebook)
    folders = reply_folders(own) if folder is None else [folder]
    return load_vocabularies(folders, events), events


def _events(asks: str, known: frozenset[str]) -> list[str]:
    named = [name.strip() for name in asks.split(",") if name.strip()]
    for name in named:
        if name not in known:
            raise TacitError(f'unknown event "{name}" ({did_you_mean(name, known)})')
    return named


def _bytes(file: str) -> bytes:
    """What is to be read, up to a little more than is ever looked at."""
    if file == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    path = Path(file)
    if path.is_dir():
        raise TacitError(f"{file} is a folder; name a mail or a text")
    with path.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)


def _tests_as_json(
    loaded: Vocabularies, missed: Sequence[tuple[str, Entry]]
) -> dict[str, object]:
    return {
        "tests": [outcome.as_json() for outcome in loaded.outcomes],
        "problems": [problem.as_json() for problem in loaded.problems],
        "unreached": [
            {"language": language, "phrase": entry.key} for language, entry in missed
        ]
        if loaded.outcomes
        else [],
    }


def _print_tests(loaded: Vocabularies, failed: Sequence[Outcome]) -> None:
    if not loaded.outcomes:
        print_problems(loaded.problems, to_stderr=False)
        return
    for one in failed:
        place = f"{one.file}:{one.example.mark.line}"
        out.print(f"[bold]{escape(place)}[/]  {escape(one.example.reply)}")
        out.print(f"  [red]- expected  {escape(one.example.expect)}[/]")
        out.print(f"  [green]+ got       {escape(one.got)}[/]")
        out.print(f"    because   {escape(one.reading.why)}")
        for step in one.reading.steps:
            out.print(f"              {escape(step.found)}")
    tests = counted(len(loaded.outcomes), "test")
    say(f"{tests}, {len(failed)} failed." if failed else f"{tests}, all as expected.")


def _print_coverage(
    loaded: Vocabularies, missed: Sequence[tuple[str, Entry]], *, listed: bool
) -> None:
    if not loaded.outcomes:
        return
    whole = Counter(
        (one.language, str(entry.kind))
        for one in loaded.usable
        for entry in one.entries
    )
    left = Counter((language, str(entry.kind)) for language, entry in missed)
    rows = [
        {"language": language, "phrases": kind, "all": number,
         "no_test_reaches": left[language, kind]}
        for (language, kind), number in whole.items()
    ]  # fmt: skip
    print_table(rows, ("language", "phrases", "all", "no_test_reaches"))
    if listed:
        for language, entry in missed:
            say(f"{language}  {entry.key}")


def _print_answer(answer: Answer) -> None:
    if answer.mail is not None:
        sender = answer.mail.sender
        out.print(f"[bold]From[/]     {escape(sender.address or sender.why)}")
        out.print(f"[bold]Subject[/]  {escape(answer.mail.subject)}")
        kind = str(answer.mail.kind).replace("_", " ")
        out.print(f"[bold]Kind[/]     {kind}: {escape(answer.mail.why)}")
    for cut in answer.reply.cuts:
        text = cut.text if len(cut.text) <= _SHOWN else f"{cut.text[:_SHOWN]} …"
        out.print(f"[bold]Cut[/]      {cut.what}")
        out.print(Text("\n".join(f"  - {line}" for line in text.splitlines()), "dim"))
    out.print(Panel(Text(answer.reply.text or "(nothing)"), title="The reply"))
    sentence = ""
    for step in answer.reading.steps:
        if step.sentence != sentence:
            sentence = step.sentence
            out.print(f"  {escape(sentence)}")
        out.print(f"    [cyan]→[/] {escape(step.found)}")
    reading = answer.reading
    verdict = str(reading.verdict).replace("_", " ")
    said = f"{verdict} {reading.event}" if reading.event else verdict
    colour = _COLOURS[reading.verdict]
    out.print(f"[bold {colour}]{said}[/]: {escape(reading.why)}")
