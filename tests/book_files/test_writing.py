"""What is exported comes back as it was, and no spreadsheet runs it."""

import tempfile
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from engine.domain.book import CONTRACTS, PEOPLE, Cell, Kind, Value, as_cell
from engine.store.book_files.formulas import neutralised, restored
from engine.store.book_files.loading import load_book
from engine.store.book_files.writing import (
    SheetTooLongError,
    write_csv,
    write_workbook,
)
from tests.book_files.builders import loaded

pytestmark = pytest.mark.req("OPS-1")

codes = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:@+-]{0,20}", fullmatch=True)
texts = (
    st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), max_size=60)
    .map(str.strip)
    .filter(bool)
)
formulas = st.builds(
    str.__add__, st.sampled_from(["=", "+", "-", "@", "'=", "''@"]), texts
)
days = st.dates(date(1970, 1, 1), date(2199, 12, 31))

contracts: st.SearchStrategy[dict[str, Value]] = st.fixed_dictionaries(
    {
        "code": codes,
        "customer": codes,
        "product": texts | formulas,
        "started_on": days,
        "commitment_months": st.integers(1, 1200),
        "automatic_renewal": st.booleans(),
        "billing_months": st.integers(1, 1200),
        "starter": st.booleans(),
        "contact_limit": st.none() | st.integers(0, 999_999_999),
        "currency": st.none() | st.sampled_from(["EUR", "USD"]),
        "mrr": st.none() | st.integers(-(10**12), 10**12),
        "new_mrr": st.none(),
        "ended_on": st.none() | days,
    }
)
books = st.lists(contracts, min_size=1, max_size=5, unique_by=lambda row: row["code"])


def cells_of(kind: Kind, rows: Sequence[dict[str, Value]]) -> list[list[Cell]]:
    return [
        [as_cell(field, row.get(field.name)) for field in kind.fields] for row in rows
    ]


@settings(deadline=None, max_examples=40)
@given(books)
def test_a_book_exported_as_csv_is_imported_unchanged(
    rows: list[dict[str, Value]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "contracts.csv"
        write_csv(path, CONTRACTS.names, cells_of(CONTRACTS, rows))

        book = load_book([path])

        assert [row.values for row in book.rows] == rows
        assert book.problems == ()


@settings(deadline=None, max_examples=40)
@given(books)
def test_a_book_exported_as_a_workbook_is_imported_unchanged(
    rows: list[dict[str, Value]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "book.xlsx"
        sheet = (CONTRACTS.names, cells_of(CONTRACTS, rows))
        write_workbook(path, {"contracts": sheet})

        book = load_book([path])

        assert [row.values for row in book.rows] == rows
        assert book.problems == ()


@settings(deadline=None)
@given(st.text())
def test_the_mark_on_a_formula_is_taken_off_exactly(text: str) -> None:
    assert restored(neutralised(text)) == text
    assert neutralised(text)[:1] not in set("=+-@\t\r\n")


def test_text_that_a_spreadsheet_would_run_is_marked_and_numbers_are_not(
    tmp_path: Path,
) -> None:
    path = tmp_path / "list.csv"
    row: list[Cell] = [
        '=HYPERLINK("x")',
        "+1",
        "-1",
        "@a",
        "plain",
        -5,
        Decimal("-5.50"),
        None,
    ]
    write_csv(path, list("abcdefgh"), [row])

    line = path.read_text().splitlines()[1]

    assert line == """\"'=HYPERLINK(""x"")",'+1,'-1,'@a,plain,-5,-5.50,"""


def test_roles_are_joined_as_the_reader_splits_them(tmp_path: Path) -> None:
    values: dict[str, Value] = {
        "code": "ops",
        "name": "Ops",
        "roles": ("operations", "sales"),
    }
    write_csv(tmp_path / "people.csv", PEOPLE.names, cells_of(PEOPLE, [values]))

    (row,) = load_book([tmp_path / "people.csv"]).rows

    assert row.values["roles"] == ("operations", "sales")


def test_a_workbook_holds_real_days_and_numbers(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    row: list[Cell] = [
        date(2026, 1, 31),
        Decimal("12.50"),
        3,
        True,
        "text",
        None,
        date(1850, 1, 1),
    ]
    write_workbook(path, {"list": (list("abcdefg"), [row])})

    with CalamineWorkbook.from_path(str(path)) as book:
        cells = book.get_sheet_by_name("list").to_python()[1]

    assert cells == [date(2026, 1, 31), 12.5, 3.0, True, "text", "", "1850-01-01"]


def test_an_export_that_fails_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    write_csv(path, ["a"], [["old"]])

    def failing() -> Iterator[list[Cell]]:
        yield ["new"]
        raise RuntimeError("the disk is on fire")

    with pytest.raises(RuntimeError, match="on fire"):
        write_csv(path, ["a"], failing())

    assert path.read_text() == "a\nold\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_sheet_too_long_is_refused_and_not_cut(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    rows: list[list[Cell]] = [[number] for number in range(3)]

    with pytest.raises(SheetTooLongError, match="export to CSV"):
        write_workbook(path, {"list": (["a"], rows)}, max_rows=3)

    assert list(tmp_path.iterdir()) == []


def test_an_apostrophe_that_is_part_of_a_name_stays(tmp_path: Path) -> None:
    (row,) = loaded(tmp_path, "code,name\na,'t Hooft\n", "partners.csv").rows

    assert row.values["name"] == "'t Hooft"
