"""Writes books and lists as CSV and as workbooks that people can open safely."""

import contextlib
import csv
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

import xlsxwriter
from xlsxwriter.exceptions import XlsxFileError

from engine.domain.book import Cell
from engine.domain.errors import TacitError
from engine.store.book_files.formulas import neutralised

Rows = Iterable[Sequence[Cell]]

MAX_SHEET_ROWS: Final = 1_048_576
# Spreadsheets count days from 1900 and believe that it was a leap year.
_FIRST_SHEET_DAY: Final = date(1900, 3, 1)
_WORKBOOK_OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_date_format": "yyyy-mm-dd",
}


class SheetTooLongError(TacitError):
    """Raised when a sheet cannot hold all the rows; XlsxWriter would drop the rest."""

    def __init__(self, name: str, max_rows: int) -> None:
        super().__init__(
            f'sheet "{name}" would have more than {max_rows:,} rows; '
            "export to CSV instead"
        )


def write_list(path: Path, title: str, header: Sequence[str], rows: Rows) -> None:
    """Writes one table as what the file's name says: .csv or .xlsx."""
    suffix = path.suffix.lower()
    if suffix == ".xlsx":
        write_workbook(path, {title: (header, rows)})
    elif suffix == ".csv":
        write_csv(path, header, rows)
    else:
        raise TacitError(f"{path.name}: a list goes to .csv or .xlsx")


def write_csv(path: Path, header: Sequence[str], rows: Rows) -> None:
    """Writes a CSV file in UTF-8, whole or not at all.

    Text that a spreadsheet would run as a formula gets an apostrophe before it, which
    reading the file takes off again.
    """
    with (
        _replacing(path) as draft,
        draft.open("w", encoding="utf-8", newline="") as stream,
    ):
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows([_csv_cell(cell) for cell in row] for row in rows)


def write_workbook(
    path: Path,
    sheets: Mapping[str, tuple[Sequence[str], Rows]],
    *,
    max_rows: int = MAX_SHEET_ROWS,
) -> None:
    """Writes an .xlsx file, a sheet a name, whole or not at all.

    Days and numbers are written as such; text is never taken for a formula. Raises
    SheetTooLongError rather than leave rows out.
    """
    with (
        _replacing(path) as draft,
        # XlsxWriter leaves its own drafts behind where it fails.
        tempfile.TemporaryDirectory() as drafts,
        xlsxwriter.Workbook(
            str(draft), {**_WORKBOOK_OPTIONS, "tmpdir": drafts}
        ) as book,
    ):
        bold = book.add_format({"bold": True})
        amount = book.add_format({"num_format": "0.00"})
        for name, (header, rows) in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            sheet.write_row(0, 0, header, bold)
            for number, row in enumerate(rows, start=1):
                if number >= max_rows:
                    raise SheetTooLongError(name, max_rows)
                _write_row(sheet, number, row, amount)


def _write_row(
    sheet: xlsxwriter.worksheet.Worksheet,
    number: int,
    row: Sequence[Cell],
    amount: xlsxwriter.format.Format,
) -> None:
    for column, cell in enumerate(row):
        match cell:
            case None | "":
                continue
            case Decimal():
                sheet.write_number(number, column, cell, amount)
            case date() if cell >= _FIRST_SHEET_DAY:
                sheet.write_datetime(number, column, cell)
            case bool():
                sheet.write_boolean(number, column, cell)
            case int():
                sheet.write_number(number, column, cell)
            case _:
                sheet.write_string(number, column, str(cell))


def _csv_cell(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case str():
            return neutralised(cell)
        case date():
            return cell.isoformat()
        case _:
            return format(cell, "f" if isinstance(cell, Decimal) else "d")


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A draft beside the file that takes its place only when all went well."""
    if path.is_dir() or not path.name:
        raise TacitError(f"cannot write {path}: it is a folder")
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        draft.touch()
        yield draft
        draft.replace(path)
    except (OSError, XlsxFileError) as error:
        # XlsxWriter wraps what the system said.
        cause = error.args[0] if isinstance(error, XlsxFileError) else error
        reason = getattr(cause, "strerror", cause)
        raise TacitError(f"cannot write {path}: {reason}") from None
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()
