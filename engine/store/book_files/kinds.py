"""Tells which kind of rows a table holds, and whether its header will do."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from engine.domain.book import KINDS, Kind
from engine.domain.parsing import column_name
from engine.domain.problems import Problem, did_you_mean
from engine.store.book_files.complaints import Complaints, quoted
from engine.store.book_files.tables import Table


def kind_of(table: Table, complaints: Complaints) -> Kind | None:
    """The kind that a name says, else the one kind that the header fits."""
    for name in table.names:
        named = _named(name)
        if len(named) == 1:
            return named[0]
    fitting = _fitting(table.columns, KINDS.values())
    if len(fitting) == 1:
        return fitting[0]
    complaints.add(_unclear(table, fitting))
    return None


def header_fits(
    table: Table,
    complaints: Complaints,
    *,
    needed: Iterable[str],
    known: Collection[str] | None = None,
) -> bool:
    """Whether the header has every needed column, once, and no unknown one.

    Without `known`, columns that are not needed are nobody's business.
    """
    found = [*_missing(table, needed), *_repeated(table, known)]
    if known is not None:
        found += _unknown(table, known)
    for problem in sorted(found):
        complaints.add(problem)
    return not found


def _named(name: str) -> list[Kind]:
    """`2026-contracts.csv` names one kind, `customers and sites.csv` two."""
    words = set(re.split(r"[^a-z]+", name.casefold()))
    return [kind for kind in KINDS.values() if kind.name in words]


def _fitting(columns: Collection[str], kinds: Iterable[Kind]) -> list[Kind]:
    complete = [kind for kind in kinds if set(kind.required) <= set(columns)]
    closest = [kind for kind in complete if set(columns) <= set(kind.names)]
    return closest or complete


def _unclear(table: Table, fitting: list[Kind]) -> Problem:
    names = [kind.name for kind in fitting or KINDS.values()]
    choice = f"{', '.join(names[:-1])} or {names[-1]}"
    if fitting:
        message = f"the columns could be those of {choice}"
    else:
        message = f"neither the name nor the columns say whether these are {choice}"
    thing = "sheet" if table.sheet else "file"
    hint = f"name the {thing} after its rows, such as {names[0]}"
    return table.problem(table.line, table.first_column, message, hint)


def _missing(table: Table, needed: Iterable[str]) -> Iterator[Problem]:
    for name in sorted(set(needed).difference(table.columns)):
        hint = did_you_mean(name, table.columns)
        column = table.first_column + len(table.header) - 1
        yield table.problem(table.line, column, f'no column "{name}"', hint)


def _repeated(table: Table, known: Collection[str] | None) -> Iterator[Problem]:
    for name, count in Counter(table.columns).items():
        if count > 1 and (known is None or name in known):
            second = table.columns.index(name, table.columns.index(name) + 1)
            message = f"the column {quoted(table.header[second])} is there twice"
            yield table.problem(table.line, second + table.first_column, message)


def _unknown(table: Table, known: Collection[str]) -> Iterator[Problem]:
    for place, header in enumerate(table.header, table.first_column):
        name = column_name(header)
        if not name:
            yield table.problem(table.line, place, "a column without a name")
        elif name not in known:
            message = f"unknown column {quoted(header)}"
            hint = did_you_mean(name, known)
            yield table.problem(table.line, place, message, hint)
