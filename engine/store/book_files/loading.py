"""Loads a book: files and perhaps a mapping in, typed rows and problems out."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.domain.book import KINDS, Row, Value
from engine.domain.mapping import BookMapping
from engine.domain.problems import Problem, Severity
from engine.store.book_files import csv_files, workbooks
from engine.store.book_files.complaints import Complaints, quoted
from engine.store.book_files.kinds import header_fits, kind_of
from engine.store.book_files.row_makers import (
    RowMaker,
    mapped_maker,
    native_maker,
)
from engine.store.book_files.tables import Table, cell_problem, raw_rows

PROGRESS_EVERY: Final = 5_000

Progress = Callable[[int], None]
Makers = tuple[RowMaker, ...]
Key = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class LoadedBook:
    """What the files hold, checked from end to end.

    `rows` are the good rows in the order of KINDS. They are not kept: each iteration
    reads the files again, and raises FileChangedError if they are no longer the ones
    that were checked. References between rows are for `check_references`.
    """

    rows: Iterable[Row]
    problems: tuple[Problem, ...]
    counts: Mapping[str, int]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that make the book unfit; the others are only worth a look."""
        return tuple(
            problem for problem in self.problems if problem.severity is Severity.ERROR
        )


def load_book(
    paths: Iterable[Path],
    mapping: BookMapping | None = None,
    on_progress: Progress | None = None,
) -> LoadedBook:
    """Reads and checks every row of the files; a folder stands for what is in it.

    Bad content is never raised but reported, by line and column. `on_progress` is
    told now and then how many rows have been checked.
    """
    complaints = Complaints()
    sources = tuple(_sources(paths, mapping, complaints))
    also = mapping.also if mapping else ()
    counts: Counter[str] = Counter()
    rows = _unique(_chained(also, sources, complaints), complaints)
    for number, row in enumerate(rows, start=1):
        counts[row.kind] += 1
        if on_progress and number % PROGRESS_EVERY == 0:
            on_progress(number)
    return LoadedBook(_BookRows(also, sources), complaints.all(), counts)


@dataclass(frozen=True, slots=True)
class _BookRows:
    """The good rows of files already checked, grouped by kind."""

    also: tuple[Row, ...]
    sources: tuple[Makers, ...]

    def __iter__(self) -> Iterator[Row]:
        for name in KINDS:
            also = tuple(row for row in self.also if row.kind == name)
            sources = (
                tuple(maker for maker in makers if maker.kind.name == name)
                for makers in self.sources
            )
            told_already = Complaints()
            rows = _chained(also, filter(None, sources), told_already)
            yield from _unique(rows, told_already)


def _chained(
    also: Iterable[Row], sources: Iterable[Makers], complaints: Complaints
) -> Iterator[Row]:
    yield from also
    for makers in sources:
        for raw in raw_rows(makers[0].table, complaints):
            for maker in makers:
                row = maker.make(raw, complaints)
                if row is not None:
                    yield row


def _unique(rows: Iterable[Row], complaints: Complaints) -> Iterator[Row]:
    """The rows whose key has not been seen in this book; complains about the others."""
    seen: dict[str, dict[Key, tuple[str, int]]] = {name: {} for name in KINDS}
    keys = {kind.name: kind.key for kind in KINDS.values()}
    for row in rows:
        values = row.values
        key = tuple([values[name] for name in keys[row.kind]])
        place = (row.file, row.line)
        first = seen[row.kind].setdefault(key, place)
        if first is place:
            yield row
        else:
            complaints.add(_duplicate(row, keys[row.kind], first))


def _duplicate(row: Row, key: Sequence[str], first: tuple[str, int]) -> Problem:
    file, line = first
    shown = " and ".join(f"{name} {quoted(str(row.values[name]))}" for name in key)
    where = f"line {line}" if file == row.file else f"line {line} of {file}"
    return cell_problem(
        row.file,
        row.line,
        row.columns.get(key[0], 1),
        message=f"{row.kind} have {shown} already on {where}",
        hint="keep one of the two",
        sheet=row.sheet,
    )


def _sources(
    paths: Iterable[Path], mapping: BookMapping | None, complaints: Complaints
) -> Iterator[Makers]:
    for table in _tables(paths, complaints):
        if mapping:
            makers = _mapped(table, mapping, complaints)
        else:
            makers = _native(table, complaints)
        if makers:
            yield makers


def _tables(paths: Iterable[Path], complaints: Complaints) -> Iterator[Table]:
    for path in _files(paths, complaints):
        try:
            yield from _opened(path, complaints)
        except OSError as error:
            message = f"cannot be opened: {error.strerror or error}"
            complaints.add(Problem(str(path), 1, 1, message))


def _opened(path: Path, complaints: Complaints) -> list[Table]:
    if path.suffix.casefold() in workbooks.SUFFIXES:
        return workbooks.open_workbook(path, complaints)
    table = csv_files.open_csv(path, complaints)
    return [table] if table else []


def _files(paths: Iterable[Path], complaints: Complaints) -> Iterator[Path]:
    known = csv_files.SUFFIXES | workbooks.SUFFIXES
    for path in paths:
        if path.is_dir():
            yield from (
                each
                for each in sorted(path.iterdir())
                if each.suffix.casefold() in known
            )
        elif path.suffix.casefold() in known:
            yield path
        else:
            hint = f"known: {', '.join(sorted(known))}"
            complaints.add(Problem(str(path), 1, 1, "no kind of book file", hint))


def _native(table: Table, complaints: Complaints) -> Makers:
    kind = kind_of(table, complaints)
    if kind is None or not header_fits(
        table, complaints, needed=kind.required, known=kind.names
    ):
        return ()
    return (native_maker(kind, table),)


def _mapped(table: Table, mapping: BookMapping, complaints: Complaints) -> Makers:
    source = mapping.source_of(table.names)
    if source is None:
        patterns = ", ".join(source.pattern for source in mapping.sources)
        message = f'the mapping {mapping.file} says nothing of "{table.names[0]}"'
        hint = f"it reads {patterns}"
        complaints.add(table.problem(table.line, table.first_column, message, hint))
        return ()
    if not header_fits(table, complaints, needed=source.columns):
        return ()
    return tuple(
        mapped_maker(make, source.choice, mapping, table) for make in source.makes
    )
