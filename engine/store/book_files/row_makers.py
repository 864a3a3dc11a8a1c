"""Turns the text of one raw row into a typed row of the book."""

import functools
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from engine.domain.book import Field, Kind, Row, Value
from engine.domain.mapping import BookMapping, Cells, Choice, Make
from engine.domain.parsing import column_name
from engine.domain.problems import Problem
from engine.store.book_files.complaints import Complaints, quoted
from engine.store.book_files.tables import RawRow, Table

# Most cells repeat (a product, a day, a currency), and an answer remembered need not
# be worked out again. Codes do not repeat, hence a limit.
_REMEMBERED: Final = 4096

#: A field's name, how its text is found in a row, and how the text is read.
Step = tuple[str, Callable[[Cells], str], Callable[[str], Value]]


@dataclass(frozen=True, slots=True)
class FieldReader:
    """Where one field's text comes from, and how it is read."""

    field: Field
    header: str
    column: int
    text: Callable[[Cells], str]
    read: Callable[[str], Value]


@dataclass(frozen=True, slots=True)
class RowMaker:
    """Makes rows of one kind out of one table.

    `steps` are the readers once more, bare: they run for every cell of every row.
    """

    kind: Kind
    table: Table
    readers: tuple[FieldReader, ...]
    steps: tuple[Step, ...]
    columns: Mapping[str, int]
    choices: tuple[Choice, ...] = ()

    def make(self, raw: RawRow, complaints: Complaints) -> Row | None:
        """The typed row; None if none is made of this one, or if it is refused."""
        cells = raw.cells
        if not all(choice.takes(cells) for choice in self.choices):
            return None
        try:
            values = {name: read(text(cells)) for name, text, read in self.steps}
        except ValueError:
            self._complain(raw, complaints)
            return None
        return Row(
            self.kind.name,
            values,
            self.table.file,
            raw.line,
            self.columns,
            self.table.sheet,
        )

    def _complain(self, raw: RawRow, complaints: Complaints) -> None:
        """Reads the row again, cell by cell, to name every one that is wrong."""
        for each in self.readers:
            text = ""
            try:
                text = each.text(raw.cells)
                each.read(text)
            except ValueError as reason:
                complaints.add(self._problem(raw.line, each, text, reason))

    def _problem(
        self, line: int, reader: FieldReader, text: str, reason: ValueError
    ) -> Problem:
        cell = f" {quoted(text)}" if text else ""
        renamed = column_name(reader.header) != reader.field.name
        hint = f"read as {reader.field.name} of {self.kind.name}" if renamed else ""
        message = f"{reader.header}{cell} {reason}"
        return self.table.problem(line, reader.column, message, hint)


def native_maker(kind: Kind, table: Table) -> RowMaker:
    """For a table whose columns are the book's own fields."""
    readers = tuple(
        _reader(kind.field(name), table, name, operator.itemgetter(name))
        for name in table.columns
    )
    return _maker(kind, table, readers)


def mapped_maker(
    make: Make, choice: Choice, mapping: BookMapping, table: Table
) -> RowMaker:
    """For another system's table, of which the mapping says what to make."""
    readers = tuple(
        _reader(
            make.kind.field(name),
            table,
            next(iter(recipe.columns), ""),
            functools.partial(recipe.text, today=mapping.today),
        )
        for name, recipe in make.fields.items()
    )
    return _maker(make.kind, table, readers, (choice, make.choice))


def _maker(
    kind: Kind,
    table: Table,
    readers: tuple[FieldReader, ...],
    choices: tuple[Choice, ...] = (),
) -> RowMaker:
    steps = tuple((each.field.name, each.text, each.read) for each in readers)
    columns = {each.field.name: each.column for each in readers}
    return RowMaker(kind, table, readers, steps, columns, choices)


def _reader(
    field: Field, table: Table, column: str, text: Callable[[Cells], str]
) -> FieldReader:
    """A reader that blames `column`; a constant of a mapping has none to blame."""
    if not column:
        return FieldReader(field, field.name, table.first_column, text, _parser(field))
    place = table.place_of(column)
    header = table.header[place - table.first_column]
    return FieldReader(field, header, place, text, _parser(field))


def _parser(field: Field) -> Callable[[str], Value]:
    @functools.lru_cache(maxsize=_REMEMBERED)
    def read(cell: str) -> Value:
        if cell:
            return field.parse(cell)
        if field.required:
            raise ValueError("is empty, and every row needs it")
        return field.default

    return read
