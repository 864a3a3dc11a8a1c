"""CSV as programs and people really write it."""

from pathlib import Path

import pytest

from engine.domain.problems import Severity
from engine.store.book_files.loading import load_book
from tests.book_files.builders import a_file, contract_csv, loaded, only, place


@pytest.mark.req("OPS-1")
@pytest.mark.parametrize("separator", [",", ";", "\t"], ids=["comma", "semi", "tab"])
def test_the_separator_is_told_from_the_header(tmp_path: Path, separator: str) -> None:
    book = loaded(tmp_path, contract_csv({"code": "K-9"}, separator=separator))

    assert [row.values["code"] for row in book.rows] == ["K-9"]
    assert book.problems == ()


@pytest.mark.req("OPS-1")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_name_with_an_accent_survives_each_unicode_encoding(
    tmp_path: Path, encoding: str
) -> None:
    text = contract_csv({"product": "Café € — 東京"})

    book = load_book([a_file(tmp_path, text, encoding=encoding)])

    assert [row.values["product"] for row in book.rows] == ["Café € — 東京"]
    assert book.problems == ()


@pytest.mark.req("OPS-1")
def test_windows_1252_is_read_and_reported_as_an_assumption(tmp_path: Path) -> None:
    text = contract_csv({"product": "Café à 5 €"})

    book = load_book([a_file(tmp_path, text, encoding="cp1252")])

    assert [row.values["product"] for row in book.rows] == ["Café à 5 €"]
    assert only(book.problems).severity is Severity.WARNING
    assert "Windows-1252" in only(book.problems).message
    assert book.errors == ()


@pytest.mark.req("OPS-1")
def test_the_last_line_of_a_long_file_can_decide_its_encoding(tmp_path: Path) -> None:
    rows = [{"code": f"K-{number}"} for number in range(30_000)]
    text = contract_csv(*rows, {"code": "last", "product": "Café"})

    book = load_book([a_file(tmp_path, text, encoding="cp1252")])

    assert list(book.rows)[-1].values["product"] == "Café"


@pytest.mark.parametrize("header", ["Started On", " STARTED_ON ", "started-on"])
def test_a_header_in_another_case_or_spacing_just_works(
    tmp_path: Path, header: str
) -> None:
    text = contract_csv().replace("started_on", header)

    assert loaded(tmp_path, text).problems == ()


def test_windows_line_ends_and_blank_lines_do_not_matter(tmp_path: Path) -> None:
    text = contract_csv({"code": "K-1"}, {"code": "K-2"}).replace("\n", "\r\n\r\n")

    book = loaded(tmp_path, f"\r\n{text},,,,,\r\n")

    assert [(row.values["code"], row.line) for row in book.rows] == [
        ("K-1", 4),
        ("K-2", 6),
    ]
    assert book.problems == ()


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    text = contract_csv(
        {"code": "K-1", "product": '"two\nlines"'}, {"started_on": "soon"}
    )

    first, second = loaded(tmp_path, text).problems

    assert place(first) == (2, 3)
    assert "line break" in first.message
    assert r'"two\nlines"' in first.message
    assert place(second) == (4, 4)


def test_margins_of_cells_do_not_count(tmp_path: Path) -> None:
    book = loaded(tmp_path, contract_csv({"code": "  K-7 "}))

    assert [row.values["code"] for row in book.rows] == ["K-7"]


def test_the_no_break_spaces_of_french_typography_become_spaces(
    tmp_path: Path,
) -> None:
    book = loaded(tmp_path, contract_csv({"product": "Suite\u00a0Pro\u202f!"}))

    assert [row.values["product"] for row in book.rows] == ["Suite Pro !"]
