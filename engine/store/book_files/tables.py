"""A table: one CSV file or one sheet, with its header and its rows still in the file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from engine.domain.parsing import column_name
from engine.domain.problems import Problem
from engine.store.book_files.complaints import Complaints

Record = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Table:
    """What was found in one place; `records` reads its rows, as often as asked.

    `names` are what may tell its content: a sheet's name, a file's stem. `line` is the
    header's. A record is its line (in a sheet its row) and its cells. `first_column`
    is where a sheet's cells begin, since people leave margins.
    """

    file: str
    names: tuple[str, ...]
    header: tuple[str, ...]
    line: int
    records: Callable[[Complaints], Iterator[Record]]
    sheet: str = ""
    first_column: int = 1

    @property
    def columns(self) -> tuple[str, ...]:
        """The header as it is compared with the names of fields."""
        return tuple(column_name(cell) for cell in self.header)

    def place_of(self, column: str) -> int:
        """The number of a column in the file, counting from 1."""
        return self.columns.index(column) + self.first_column

    def problem(self, line: int, column: int, message: str, hint: str = "") -> Problem:
        """A problem with one cell of this table."""
        return cell_problem(
            self.file, line, column, message=message, hint=hint, sheet=self.sheet
        )


class RawRow(NamedTuple):
    """One row as the file has it: its cells' text by column, not yet understood."""

    line: int
    cells: dict[str, str]


def raw_rows(table: Table, complaints: Complaints) -> Iterator[RawRow]:
    """The rows that have as many cells as the header; complains about the others."""
    names = table.columns
    width = len(names)
    for line, cells in table.records(complaints):
        if len(cells) == width:
            yield RawRow(line, dict(zip(names, cells, strict=True)))
        else:
            complaints.add(_wrong_width(table, line, len(cells)))


def cell_problem(
    file: str, line: int, column: int, *, message: str, hint: str = "", sheet: str = ""
) -> Problem:
    """A problem with one cell; in a workbook it is named as people see it there."""
    if sheet:
        message = f'sheet "{sheet}", cell {letters(column)}{line}: {message}'
    return Problem(file, line, column, message, hint)


def letters(column: int) -> str:
    """A column's letters in a spreadsheet: 1 is A, 27 is AA."""
    text = ""
    while column:
        column, place = divmod(column - 1, 26)
        text = chr(ord("A") + place) + text
    return text


def _wrong_width(table: Table, line: int, found: int) -> Problem:
    width = len(table.header)
    message = f"the row has {found} cells where the header has {width}"
    if found > width:
        hint = "a cell with a separator in it needs quotes around it"
        return table.problem(line, width + 1, message, hint)
    return table.problem(line, found, message, "an empty cell keeps its separator")
