"""Workbooks, with their real dates, their numbers and their margins."""

import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path

import pytest
import xlsxwriter

from engine.store.book_files.loading import load_book
from engine.store.book_files.tables import letters
from engine.store.book_files.writing import write_workbook
from tests.book_files.builders import CONTRACT, only, place

pytestmark = pytest.mark.req("OPS-1")

TEXT_CELL = 'office:value-type="string"'
OPEN_DOCUMENT = "urn:oasis:names:tc:opendocument:xmlns"


def a_workbook(
    path: Path,
    *sheets: tuple[str, Sequence[Sequence[object]]],
    dates_as: str = "yyyy-mm-dd",
) -> Path:
    """A workbook whose cells are written as their Python types."""
    book = xlsxwriter.Workbook(str(path), {"default_date_format": dates_as})
    for name, rows in sheets:
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    book.close()
    return path


def open_document(name: str, rows: list[list[tuple[str, str]]]) -> str:
    """The smallest OpenDocument sheet; a cell is its attributes and its text."""
    lines = (
        "".join(
            f"<table:table-cell {attributes or TEXT_CELL}>"
            f"<text:p>{text}</text:p></table:table-cell>"
            for attributes, text in row
        )
        for row in rows
    )
    body = "".join(f"<table:table-row>{line}</table:table-row>" for line in lines)
    return (
        f'<office:document-content xmlns:office="{OPEN_DOCUMENT}:office:1.0" '
        f'xmlns:table="{OPEN_DOCUMENT}:table:1.0" '
        f'xmlns:text="{OPEN_DOCUMENT}:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="{name}">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )


def test_sheets_are_named_after_their_kinds(tmp_path: Path) -> None:
    contract = [*CONTRACT.values()]
    path = a_workbook(
        tmp_path / "book.xlsx",
        ("Contracts", [[*CONTRACT], contract]),
        ("2026 customers", [["code", "name"], ["brulerie", "Brûlerie"]]),
        ("Sheet3", []),
    )

    book = load_book([path])

    assert book.problems == ()
    assert book.counts == {"customers": 1, "contracts": 1}


@pytest.mark.parametrize("name", ["contracts.xlsx", "export.xlsx"])
def test_a_single_sheet_is_told_by_its_file_or_its_header(
    tmp_path: Path, name: str
) -> None:
    rows = [[*CONTRACT], [*CONTRACT.values()]]

    book = load_book([a_workbook(tmp_path / name, ("Sheet1", rows))])

    assert book.counts == {"contracts": 1}


def test_real_dates_numbers_and_booleans_are_understood(tmp_path: Path) -> None:
    header = [*CONTRACT, "mrr", "contact_limit"]
    cells = ["K-1", "c", "Suite", date(2026, 1, 31), 12.0, True, 1200.1 * 3, 5000.0]
    rows: list[Sequence[object]] = [header, cells]
    path = a_workbook(tmp_path / "contracts.xlsx", ("Sheet1", rows))

    (row,) = load_book([path]).rows

    assert row.values["started_on"] == date(2026, 1, 31)
    assert row.values["commitment_months"] == 12
    assert row.values["automatic_renewal"] is True
    assert row.values["mrr"] == 360_030
    assert row.values["contact_limit"] == 5000


def test_a_month_that_the_spreadsheet_made_a_date_stays_a_month(tmp_path: Path) -> None:
    rows: list[Sequence[object]] = [
        ["contract", "month"],
        ["K-1", date(2026, 10, 1)],
    ]

    (row,) = load_book([a_workbook(tmp_path / "usage.xlsx", ("S", rows))]).rows

    assert row.values["month"] == "2026-10"


def test_a_day_shown_with_midnight_is_a_day(tmp_path: Path) -> None:
    cells: dict[str, object] = {**CONTRACT, "started_on": date(2026, 10, 1)}
    rows: list[Sequence[object]] = [[*cells], [*cells.values()]]
    path = tmp_path / "contracts.xlsx"
    a_workbook(path, ("Sheet1", rows), dates_as="yyyy-mm-dd hh:mm")

    (row,) = load_book([path]).rows

    assert row.values["started_on"] == date(2026, 10, 1)


def test_a_bad_cell_is_named_as_the_spreadsheet_names_it(tmp_path: Path) -> None:
    bad = CONTRACT | {"started_on": "01/02/2026"}
    rows = [[], [*CONTRACT], [], [*bad.values()]]

    problem = only(
        load_book([a_workbook(tmp_path / "b.xlsx", ("contracts", rows))]).problems
    )

    assert place(problem) == (4, 4)
    assert problem.message == (
        'sheet "contracts", cell D4: started_on "01/02/2026" '
        "is not a date written YYYY-MM-DD"
    )


def test_a_margin_on_the_left_moves_the_letters(tmp_path: Path) -> None:
    rows = [["", *CONTRACT], ["", *(CONTRACT | {"code": "K 1"}).values()]]

    problem = only(
        load_book([a_workbook(tmp_path / "b.xlsx", ("contracts", rows))]).problems
    )

    assert "cell B2" in problem.message
    assert place(problem) == (2, 2)


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (datetime(2026, 1, 31, 9, 30), "2026-01-31 09:30:00"),  # noqa: DTZ001 - a cell has no zone
        (time(9, 30), "09:30:00"),
        (1.5, '"1.5"'),
        (1e300, '"1e+300"'),
    ],
)
def test_a_cell_of_another_type_is_shown_as_it_reads(
    tmp_path: Path, cell: object, shown: str
) -> None:
    cells: dict[str, object] = {**CONTRACT, "started_on": cell}
    rows: list[Sequence[object]] = [[*CONTRACT], [*cells.values()]]

    problem = only(
        load_book([a_workbook(tmp_path / "b.xlsx", ("contracts", rows))]).problems
    )

    assert shown in problem.message


def test_a_duplicate_in_a_sheet_names_both_rows(tmp_path: Path) -> None:
    rows = [["code", "name"], ["a", "A"], ["a", "B"]]

    problem = only(
        load_book([a_workbook(tmp_path / "b.xlsx", ("partners", rows))]).problems
    )

    assert problem.message == (
        'sheet "partners", cell A3: partners have code "a" already on line 2'
    )


@pytest.mark.parametrize("rows", [[], [[" "]]], ids=["nothing", "only a space"])
def test_an_empty_workbook_is_a_problem(
    tmp_path: Path, rows: list[list[object]]
) -> None:
    path = a_workbook(tmp_path / "b.xlsx", ("contracts", rows))

    assert only(load_book([path]).problems).message == "the workbook is empty"


def test_what_is_no_workbook_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "contracts.xlsx"
    path.write_bytes(b"code;customer\n")

    problem = only(load_book([path]).problems)

    assert problem.message.startswith("cannot be read")
    assert "password" in problem.hint


def test_a_workbook_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    problem = only(load_book([tmp_path / "contracts.ods"]).problems)

    assert problem.message.startswith("cannot be opened")


def test_open_document_sheets_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "usage.ods"
    month = 'office:value-type="date" office:date-value="2026-10-01T00:00:00"'
    rows = [[("", "contract"), ("", "month")], [("", "K-1"), (month, "October")]]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", open_document("usage", rows))

    (row,) = load_book([path]).rows

    assert row.values == {"contract": "K-1", "month": "2026-10"}


def test_text_is_never_written_as_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "partners.xlsx"
    write_workbook(path, {"partners": (["code", "name"], [["a", "=1+1"]])})

    (row,) = load_book([path]).rows

    assert row.values["name"] == "=1+1"


def test_columns_are_lettered_past_z() -> None:
    assert [letters(number) for number in (1, 26, 27, 52, 703)] == [
        "A",
        "Z",
        "AA",
        "AZ",
        "AAA",
    ]
