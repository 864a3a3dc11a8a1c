"""Takes rules up: checks them against the changes there are, and keeps their texts."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from engine.domain import agenda, yaml_text
from engine.domain.errors import ProblemsError
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.problems import Problem
from engine.domain.records import ChangeRow, Dates
from engine.domain.rule_compiler import content_version
from engine.domain.ruleset import Rulebook, Ruleset
from engine.domain.yaml_text import Source

PAGE: Final = 5_000


def take_up(store: Storage, rulebook: Rulebook, now: datetime) -> None:
    """Keep the texts of rules, and what the list derives from them.

    ProblemsError where changes are in states that the rules do not have. Nothing is
    written, nor are changes counted, where these rules are the last that were taken up.
    """
    versions = {file: content_version(text) for file, text in rulebook.files.items()}
    with store.begin(read_only=True) as unit:
        newest = set(dict(unit.book.rule_versions()).values())
        new = [file for file, version in versions.items() if version not in newest]
        stale = bool(new) or unit.changes.lacks_dates()
        unfindable = unit.search.missing()
        problems = list(lost_states(unit, rulebook)) if new else []
    if problems:
        raise ProblemsError(problems)
    if not (stale or unfindable):
        return
    with store.begin() as unit:
        if new:
            texts = {versions[file]: (file, rulebook.files[file]) for file in new}
            unit.book.remember_rules(texts, now)
        if stale:
            _derive_dates(unit, rulebook)
        if unfindable:
            unit.search.fill_missing()
        unit.commit()


def _derive_dates(unit: UnitOfWork, rulebook: Rulebook) -> None:
    """From when each open change is listed and until when it can be modified."""
    last = 0
    while page := unit.changes.dated_after(last, PAGE):
        last = page[-1][0].id
        derived = [(row.id, dates_of(rulebook, row), held) for row, held in page]
        moved = [(id_, dates) for id_, dates, held in derived if dates != held]
        unit.changes.set_dates(moved)


def dates_of(rulebook: Rulebook, row: ChangeRow) -> Dates:
    """What a change's rules say of the days that the list reads."""
    ruleset = rulebook.machines[row.type]
    subject = row.subject(ruleset)
    return Dates(
        agenda.listed_on(ruleset, subject), agenda.deadline_on(ruleset, subject)
    )


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
