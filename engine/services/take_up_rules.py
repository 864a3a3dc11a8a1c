"""Takes rules up: checks them against the changes there are, and keeps their texts."""

from collections.abc import Iterator
from datetime import datetime

from engine.domain import yaml_text
from engine.domain.errors import ProblemsError
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.problems import Problem
from engine.domain.rule_compiler import content_version
from engine.domain.ruleset import Rulebook, Ruleset
from engine.domain.yaml_text import Source


def take_up(store: Storage, rulebook: Rulebook, now: datetime) -> None:
    """Keep the texts of rules, so that a trail can be read when they have changed.

    ProblemsError where changes are in states that the rules do not have. Nothing is
    written, nor are changes counted, where these rules are the last that were new.
    """
    versions = {file: content_version(text) for file, text in rulebook.files.items()}
    with store.begin(read_only=True) as unit:
        kept = unit.book.rule_versions()
        newest = dict(kept).values()
        if set(versions.values()) <= set(newest):
            return
        problems = list(lost_states(unit, rulebook))
    if problems:
        raise ProblemsError(problems)
    known = {version for _, version in kept}
    texts = {
        version: (file, rulebook.files[file])
        for file, version in versions.items()
        if version not in known
    }
    if texts:
        with store.begin() as unit:
            unit.book.remember_rules(texts, now)
            unit.commit()


def lost_states(unit: UnitOfWork, rulebook: Rulebook) -> Iterator[Problem]:
    """Every state in which open changes are and which their rules do not have."""
    for (type_, state), count in unit.changes.states_in_use().items():
        ruleset = rulebook.machines[type_]
        if state not in ruleset.states:
            yield _lost(rulebook, ruleset, state, count)


def _lost(rulebook: Rulebook, ruleset: Ruleset, state: str, count: int) -> Problem:
    source = next(
        Source(file, text)
        for file, text in rulebook.files.items()
        if content_version(text) == ruleset.version
    )
    mark = yaml_text.find_key(yaml_text.read(source), ("states",))
    changes = "change is" if count == 1 else "changes are"
    message = f'{count} {changes} in state "{state}", which is not here any more'
    hint = "keep it, with a way out, until no change is in it"
    return source.problem(mark, message, hint)
