"""The shipped rules, and what becomes of them with one file replaced."""

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

from engine.domain.problems import Problem
from engine.domain.rulebook import compile_rulebook
from engine.domain.ruleset import Rulebook
from notifiers.rendering import Templates

RULES = Path(__file__).parents[2] / "rules"
BAD = Path(__file__).with_name("bad")


def rule_files() -> dict[str, str]:
    return {file.name: file.read_text() for file in sorted(RULES.glob("*.yaml"))}


@cache
def messages() -> Mapping[str, frozenset[str]]:
    """The shipped templates and whom each is written for."""
    templates = Templates()
    return {
        name: frozenset(str(audience) for audience in templates.audiences(name))
        for name in templates.messages()
    }


@lru_cache(maxsize=500)
def compiled(
    text: str, file: str = "renewal.yaml"
) -> tuple[Rulebook | None, list[Problem]]:
    """The shipped rules with one file replaced."""
    return compile_rulebook({**rule_files(), file: text}, messages())


def a_rule_file(*changes: tuple[str, str]) -> str:
    """A short renewal.yaml without a mistake, with some of its text replaced."""
    text = Path(__file__).with_name("good.yaml").read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def said(problem: Problem) -> str:
    """A problem as the bad files expect it."""
    hint = f" ({problem.hint})" if problem.hint else ""
    place = f"{problem.line}:{problem.column}"
    return f"{place} {problem.severity} {problem.message}{hint}"
