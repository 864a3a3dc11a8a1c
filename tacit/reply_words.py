"""The vocabularies by which replies are read: a home's own, or those that are shipped."""

from pathlib import Path
from typing import Final

from engine.domain.errors import ProblemsError
from engine.domain.parsing import LANGUAGES
from engine.domain.problems import Problem, Severity
from engine.domain.replies import Vocabulary
from engine.domain.replies.compiler import compile_vocabulary
from engine.domain.ruleset import Rulebook
from engine.domain.yaml_text import Source

FOLDER: Final = "replies"
_SHIPPED: Final = Path(__file__).parents[1] / "rules" / FOLDER


def vocabularies(rules: Path, rulebook: Rulebook) -> list[Vocabulary]:
    """One a language; ProblemsError where one cannot be used."""
    events = {
        event
        for ruleset in rulebook.machines.values()
        for state in ruleset.states.values()
        for event in state.on
    }
    found: list[Vocabulary] = []
    problems: list[Problem] = []
    for language in LANGUAGES:
        file = _file(rules, language)
        source = Source(str(file), file.read_text(encoding="utf-8"))
        vocabulary, wrong = compile_vocabulary(source, events)
        problems += [one for one in wrong if one.severity is Severity.ERROR]
        if vocabulary is not None:
            found.append(vocabulary)
    if problems:
        raise ProblemsError(problems)
    return found


def _file(rules: Path, language: str) -> Path:
    own = rules / FOLDER / f"{language}.yaml"
    return own if own.exists() else _SHIPPED / own.name
