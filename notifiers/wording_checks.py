"""Codes that rules use and nobody has put into words: letters would show them raw."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.domain.problems import Problem, Severity
from engine.domain.rule_checks import tellings
from engine.domain.ruleset import Rulebook, Ruleset
from notifiers.wording import Wording


def missing_words(
    rulebook: Rulebook, wordings: Iterable[Wording], own: Path
) -> list[Problem]:
    """A warning for each code without words; `own` is the folder to write them in."""
    codes = dict.fromkeys(
        code for ruleset in rulebook.machines.values() for code in _codes(ruleset)
    )
    return [
        Problem(
            str(own / f"{wording.language}.yaml"),
            1,
            1,
            f'letters have no words for "{code}" of the rules',
            f'add {section}: {{{code}: "…"}}',
            Severity.WARNING,
        )
        for wording in wordings
        for section, code in codes
        if code not in wording.section(section)
    ]


def _codes(ruleset: Ruleset) -> Iterator[tuple[str, str]]:
    """The codes that templates write with `label`, by their section of the wording."""
    yield "types", ruleset.name
    for name, state in ruleset.states.items():
        yield "states", name
        yield from (("events", event) for event in state.on)
    yield from (("messages", telling.message) for _, _, telling in tellings(ruleset))
