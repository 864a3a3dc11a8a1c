"""Workbooks (.xlsx, .xls, .ods) as tables, one a sheet."""

import itertools
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
)

from engine.domain.problems import Problem
from engine.store.book_files.complaints import Complaints
from engine.store.book_files.tables import Record, Table

SUFFIXES: Final = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})
_EXACT: Final = 10**15

Cell = int | float | str | bool | time | date | datetime | timedelta


def open_workbook(path: Path, complaints: Complaints) -> list[Table]:
    """The sheets that hold anything; a workbook that cannot be read is a complaint."""
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            sheets = [
                book.get_sheet_by_name(sheet.name)
                for sheet in book.sheets_metadata
                if sheet.typ == SheetTypeEnum.WorkSheet
            ]
    except CalamineError as error:
        hint = "is it a workbook, and without a password?"
        complaints.add(Problem(str(path), 1, 1, f"cannot be read: {error}", hint))
        return []
    filled = [sheet for sheet in sheets if any(_records(sheet))]
    if not filled:
        complaints.add(Problem(str(path), 1, 1, "the workbook is empty"))
    # The only sheet of a file is often called Sheet1; the file's name says more.
    stem = (path.stem,) if len(filled) == 1 else ()
    return [_table(path, sheet, stem) for sheet in filled]


def _table(path: Path, sheet: CalamineSheet, stem: tuple[str, ...]) -> Table:
    line, header = next(_records(sheet))
    _, margin = sheet.start or (0, 0)

    def rows(_: Complaints) -> Iterator[Record]:
        return itertools.islice(_records(sheet), 1, None)

    return Table(
        str(path),
        (sheet.name, *stem),
        tuple(header),
        line,
        rows,
        sheet=sheet.name,
        first_column=margin + 1,
    )


def _records(sheet: CalamineSheet) -> Iterator[Record]:
    for line, cells in enumerate(sheet.iter_rows(), start=1):
        texts = [_text(cell) for cell in cells]
        if any(texts):
            yield line, texts


def _text(cell: Cell) -> str:
    """The cell as a person would have written it in a CSV file."""
    match cell:
        case str():
            return cell.strip()
        case bool():
            return "yes" if cell else "no"
        case float():
            return _number(cell)
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case _:
            return str(cell)


def _number(cell: float) -> str:
    """Whole numbers without a point, and the 15 digits that a spreadsheet keeps."""
    if cell.is_integer() and abs(cell) < _EXACT:
        return str(int(cell))
    return format(cell, ".15g")
