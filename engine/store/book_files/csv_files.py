"""CSV files as tables, whatever their separator and encoding."""

import csv
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.domain.errors import TacitError
from engine.domain.problems import Problem, Severity
from engine.store.book_files.complaints import Complaints
from engine.store.book_files.encodings import (
    Encoding,
    UnreadableTextError,
    encoding_of,
)
from engine.store.book_files.formulas import restored
from engine.store.book_files.tables import Record, Table

SUFFIXES: Final = frozenset({".csv", ".tsv"})
_SEPARATORS: Final = (",", ";", "\t")


class FileChangedError(TacitError):
    """Raised when a file is no longer the one whose rows were checked."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} changed while it was read; import it again")


@dataclass(frozen=True, slots=True)
class _CsvFile:
    """A file whose dialect is known."""

    path: Path
    encoding: Encoding
    separator: str
    stamp: tuple[int, int]

    def lines(self) -> Iterator[str]:
        if _stamp(self.path) != self.stamp:
            raise FileChangedError(self.path)
        with self.path.open(encoding=self.encoding.name, newline="") as stream:
            yield from stream

    def records(self, complaints: Complaints) -> Iterator[Record]:
        """Every record that is not blank; stops at the first whose quotes are broken.

        After that nobody can say which line belongs to which cell.
        """
        reader = csv.reader(self.lines(), delimiter=self.separator, strict=True)
        line = 1
        try:
            for cells in reader:
                if any(cells):
                    yield line, _clean(cells)
                line = reader.line_num + 1
        except csv.Error as error:
            complaints.add(_broken_quotes(self, line, error))

    def header(self, complaints: Complaints) -> Record:
        """The first record; without cells if there is none that can be used."""
        broken = Complaints()
        line, cells = next(self.records(broken), (1, []))
        problem = next(iter(broken.all()), None) or _unusable(self.path, line, cells)
        if problem is None:
            return line, cells
        complaints.add(problem)
        return line, []

    def rows(self, complaints: Complaints) -> Iterator[Record]:
        """The records below the header."""
        records = itertools.islice(self.records(complaints), 1, None)
        return self._without_nul(records, complaints)

    def _without_nul(
        self, records: Iterator[Record], complaints: Complaints
    ) -> Iterator[Record]:
        if not self.encoding.has_nul:
            return records
        return (record for record in records if not self._has_nul(record, complaints))

    def _has_nul(self, record: Record, complaints: Complaints) -> bool:
        line, cells = record
        column = next((n for n, cell in enumerate(cells, 1) if "\0" in cell), None)
        if column:
            message = "the cell has a NUL character in it"
            complaints.add(Problem(str(self.path), line, column, message))
        return column is not None


def open_csv(path: Path, complaints: Complaints) -> Table | None:
    """The table in a CSV file, or None with the reason among the complaints."""
    stamp = _stamp(path)
    try:
        encoding = encoding_of(path)
    except UnreadableTextError as error:
        complaints.add(Problem(str(path), error.line, 1, error.reason, error.hint))
        return None
    found = _CsvFile(path, encoding, _separator(path, encoding), stamp)
    line, header = found.header(complaints)
    if not header:
        return None
    if encoding.assumed:
        complaints.add(_assumption(path))
    return Table(str(path), (path.stem,), tuple(header), line, found.rows)


def _clean(cells: list[str]) -> list[str]:
    """The cells without margins, and without the mark that exports put on formulas."""
    texts = [*map(str.strip, cells)]
    # Few rows have an apostrophe at all: one search spares them a look at each cell.
    return [*map(restored, texts)] if "'" in "".join(texts) else texts


def _unusable(path: Path, line: int, header: list[str]) -> Problem | None:
    if not header:
        hint = "the first line names the columns"
        return Problem(str(path), 1, 1, "the file is empty", hint)
    if any("\0" in cell for cell in header):
        hint = "a UTF-16 file without its mark? Save it as CSV UTF-8"
        return Problem(str(path), line, 1, "the header has NUL characters in it", hint)
    return None


def _assumption(path: Path) -> Problem:
    message = "the file is no UTF-8 text and was read as Windows-1252"
    hint = "check a name with an accent, or save the file as CSV UTF-8"
    return Problem(str(path), 1, 1, message, hint, Severity.WARNING)


def _separator(path: Path, encoding: Encoding) -> str:
    """The separator that cuts the header into most cells; a comma if none does."""
    with path.open(encoding=encoding.name, newline="") as stream:
        line = next((line for line in stream if line.strip()), "")
    return max(_SEPARATORS, key=lambda mark: _count_of_cells(line, mark))


def _count_of_cells(line: str, separator: str) -> int:
    return len(next(csv.reader([line], delimiter=separator), []))


def _broken_quotes(file: _CsvFile, line: int, error: csv.Error) -> Problem:
    if "expected after" in str(error):
        message = "a quote inside a quoted cell is not doubled"
    else:
        message = "a quote is opened and never closed"
    text = next(itertools.islice(file.lines(), line - 1, None), "")
    column = _column_of_quote(text, file.separator)
    hint = "nothing was read from this line on"
    return Problem(str(file.path), line, column, message, hint)


def _column_of_quote(line: str, separator: str) -> int:
    """The cell that breaks a line: the first that no separator ends properly."""
    pieces = line.split(separator)
    for count in range(1, len(pieces) + 1):
        start = separator.join(pieces[:count])
        try:
            next(csv.reader([start], delimiter=separator, strict=True), None)
        except csv.Error as error:
            if "expected after" in str(error):
                return _count_of_cells(start, separator)
    return _count_of_cells(line, separator)


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns
