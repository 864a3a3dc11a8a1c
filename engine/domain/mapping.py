"""A mapping: how the rows of another system's export become rows of the book.

It holds data only. Templates join columns, tables look values up, conditions compare
cells with listed values; no text of a mapping is ever evaluated.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import Final

from engine.domain import parsing
from engine.domain.book import Kind, Row

Cells = Mapping[str, str]

_HOLE: Final = re.compile(r"\{([^{}]*)\}")


def _slug(text: str) -> str:
    """Lower case, with one hyphen for whatever a code or an address cannot hold."""
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")


FILTERS: Final[Mapping[str, Callable[[str], str]]] = {
    "lower": str.lower,
    "upper": str.upper,
    "slug": _slug,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """True of a row whose named columns all hold one of their listed values."""

    allowed: Mapping[str, frozenset[str]]

    def holds(self, cells: Cells) -> bool:
        return all(
            cells[column].casefold() in values
            for column, values in self.allowed.items()
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """Which rows something is done for; without conditions, for every row."""

    when: Condition | None = None
    unless: Condition | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        tests = (test for test in (self.when, self.unless) if test)
        return tuple(column for test in tests for column in test.allowed)

    def takes(self, cells: Cells) -> bool:
        if self.when and not self.when.holds(cells):
            return False
        return not (self.unless and self.unless.holds(cells))


EVERY_ROW: Final = Choice()


@dataclass(frozen=True, slots=True)
class Hole:
    """Where a column's cell goes in a template, and what is done to it first."""

    column: str
    filters: tuple[str, ...] = ()

    def fill(self, cells: Cells) -> str:
        text = cells[self.column]
        for name in self.filters:
            text = FILTERS[name](text)
        return text


@dataclass(frozen=True, slots=True)
class Template:
    """Text with holes, such as `contact@{account_id|lower}.example`."""

    parts: tuple[str | Hole, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(part.column for part in self.parts if isinstance(part, Hole))

    def fill(self, cells: Cells) -> str:
        return "".join(
            part if isinstance(part, str) else part.fill(cells) for part in self.parts
        )


def template(text: str) -> Template:
    """The template that a text writes; raises ValueError saying what is wrong."""
    pieces = _HOLE.split(text)
    if any(mark in piece for piece in pieces[::2] for mark in "{}"):
        raise ValueError("has a brace that does not close around a column")
    parts = (
        _hole(piece) if number % 2 else piece for number, piece in enumerate(pieces)
    )
    return Template(tuple(part for part in parts if part))


def _hole(text: str) -> Hole:
    column, *filters = (part.strip() for part in text.split("|"))
    if not column:
        raise ValueError("has braces without a column")
    for name in filters:
        if name not in FILTERS:
            raise ValueError(f'has no filter "{name}" (known: {", ".join(FILTERS)})')
    return Hole(parsing.column_name(column), tuple(filters))


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one field's text is made of the cells of a row.

    `table` is looked up without regard to case. With `only_until_today` a day to come
    is read as empty: a plan in the other system is not yet a fact of the book.
    """

    template: Template
    table: Mapping[str, str] | None = None
    otherwise: str | None = None
    only_until_today: bool = False
    choice: Choice = EVERY_ROW

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column it reads; the first is the one to blame for its text."""
        return (*self.template.columns, *self.choice.columns)

    def text(self, cells: Cells, today: date) -> str:
        """The field's text; raises ValueError if the table has no line for it."""
        if not self.choice.takes(cells):
            return ""
        text = self._looked_up(self.template.fill(cells))
        return "" if self.only_until_today and _is_after(text, today) else text

    def _looked_up(self, text: str) -> str:
        if self.table is None:
            return text
        found = self.table.get(text.casefold(), self.otherwise)
        if found is None and text:
            raise ValueError(f'has no line for "{text}" in its table of the mapping')
        return found or ""


@dataclass(frozen=True, slots=True)
class Make:
    """One row of one kind, made of each source row that it applies to."""

    kind: Kind
    fields: Mapping[str, Recipe]
    choice: Choice = EVERY_ROW

    @property
    def columns(self) -> frozenset[str]:
        used = {column for recipe in self.fields.values() for column in recipe.columns}
        return frozenset(used.union(self.choice.columns))


@dataclass(frozen=True, slots=True)
class SourceMapping:
    """What is made of the rows of the files, or sheets, that its pattern names."""

    pattern: str
    makes: tuple[Make, ...]
    choice: Choice = EVERY_ROW

    @property
    def columns(self) -> frozenset[str]:
        """Every column the source must have."""
        return frozenset(self.choice.columns).union(
            *(make.columns for make in self.makes)
        )

    def reads(self, name: str) -> bool:
        return fnmatchcase(name.casefold(), self.pattern.casefold())


@dataclass(frozen=True, slots=True)
class BookMapping:
    """A whole mapping file, as it stands on one day.

    `also` are rows that no export holds, such as the vendor's own people.
    """

    file: str
    today: date
    sources: tuple[SourceMapping, ...]
    also: tuple[Row, ...] = ()

    def source_of(self, names: Iterable[str]) -> SourceMapping | None:
        """The first source whose pattern fits a name of the file or sheet."""
        found = (
            source for name in names for source in self.sources if source.reads(name)
        )
        return next(found, None)


def _is_after(text: str, today: date) -> bool:
    """Whether the text is a day to come; what is no day is left for its field."""
    try:
        return parsing.day(text) > today
    except ValueError:
        return False
