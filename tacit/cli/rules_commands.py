"""`tacit rules …`: check a folder of rules before anything runs on it."""

from pathlib import Path
from typing import Annotated, Final

import typer

from engine.domain.problems import Problem, Severity
from engine.domain.ruleset import Rulebook
from engine.store.database import DatabaseError, NoDatabaseError
from notifiers.rendering import Templates
from notifiers.template_files import SHIPPED_TEMPLATES
from tacit.bootstrap import App, check_rules
from tacit.cli.options import DEFAULT_HOME, Home, Json
from tacit.cli.output import print_json, print_problems, say
from tacit.cli.session import open_app
from tacit.home import Home as HomeFolder
from tacit.replies import events_of, load_vocabularies, reply_folders

app = typer.Typer(no_args_is_help=True, help="The rules that ops edit.")


#: From errors in the home's own folder.
_WHAT_FOLLOWS: Final = (
    "Until they are mended, commands that need the rules refuse to start; a running "
    "`tacit run` keeps those it started with."
)


@app.callback()
def _group() -> None:
    """The rules that ops edit."""


@app.command("check")
def check(
    folder: Annotated[
        Path | None, typer.Argument(help="A folder of rules; the home's if not given.")
    ] = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Check every rule file: all mistakes at once, each with its place and remedy.

    The home's own rules are also compared with the changes that it holds. Exit code 1
    where there are errors. Nothing is changed.
    """
    where = HomeFolder(home)
    has_home = where.settings_file.exists()
    templates = App(where).templates if has_home else Templates([SHIPPED_TEMPLATES])
    rulebook, problems = check_rules(folder or where.rules, templates)
    is_own = folder is None or folder.resolve() == where.rules.resolve()
    if rulebook is not None and is_own and has_home:
        lost = _states_lost(home, rulebook)
        problems, rulebook = problems + lost, None if lost else rulebook
    if rulebook is not None:
        problems = problems + App(where).words_missing(rulebook)
        replies = load_vocabularies(
            reply_folders(folder or where.rules), events_of(rulebook)
        )
        problems = problems + list(replies.problems)
        if any(one.severity is Severity.ERROR for one in replies.problems):
            rulebook = None
    if as_json:
        print_json([problem.as_json() for problem in problems])
    else:
        print_problems(problems, to_stderr=False)
        errors = sum(problem.severity is Severity.ERROR for problem in problems)
        if errors:
            plural = "error" if errors == 1 else "errors"
            say(f"{errors} {plural}. {_WHAT_FOLLOWS if is_own else ''}".rstrip())
        elif rulebook:
            say(f"{len(rulebook.files)} files, no errors. Version {rulebook.version}.")
    if rulebook is None:
        raise typer.Exit(1)


def _states_lost(home: Path, rulebook: Rulebook) -> list[Problem]:
    with open_app(home) as opened:
        try:
            return opened.states_lost(rulebook)
        except NoDatabaseError:
            return []
        except DatabaseError as error:
            typer.echo(f"Not compared with the changes there are: {error}", err=True)
            return []
