"""Files that cannot be what they claim: refused with the place and the remedy."""

from pathlib import Path

import pytest

from engine.store.book_files.complaints import LIMIT
from engine.store.book_files.csv_files import FileChangedError
from engine.store.book_files.loading import load_book
from tests.book_files.builders import a_file, contract_csv, loaded, only, place

pytestmark = pytest.mark.req("OPS-1")


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff", ",,,\n"])
def test_an_empty_file_is_a_problem(tmp_path: Path, text: str) -> None:
    problem = only(loaded(tmp_path, text).problems)

    assert problem.message == "the file is empty"


def test_a_quote_that_is_never_closed_is_found_where_it_opens(tmp_path: Path) -> None:
    rows = ({"code": "K-1"}, {"code": "K-2", "product": '"Suite'}, {"code": "K-3"})

    book = loaded(tmp_path, contract_csv(*rows))

    assert place(only(book.problems)) == (3, 3)
    assert only(book.problems).message == "a quote is opened and never closed"
    assert [row.values["code"] for row in book.rows] == ["K-1"]


def test_an_open_quote_does_not_swallow_a_long_file(tmp_path: Path) -> None:
    rows = ({"product": '"Suite'}, *({"code": f"K-{n}"} for n in range(5_000)))

    problem = only(loaded(tmp_path, contract_csv(*rows)).problems)

    assert place(problem) == (2, 3)


def test_a_quote_that_is_not_doubled_names_its_cell(tmp_path: Path) -> None:
    text = contract_csv({"customer": '"a,b"', "product": '"Suite "Pro""'})

    problem = only(loaded(tmp_path, text).problems)

    assert place(problem) == (2, 3)
    assert problem.message == "a quote inside a quoted cell is not doubled"


def test_broken_quotes_in_the_header_are_no_empty_file(tmp_path: Path) -> None:
    problem = only(loaded(tmp_path, 'code,"customer\n').problems)

    assert place(problem) == (1, 2)
    assert problem.message == "a quote is opened and never closed"


def test_a_row_too_long_is_shown_at_its_first_cell_too_many(tmp_path: Path) -> None:
    problem = only(loaded(tmp_path, contract_csv({"product": "Suite, Pro"})).problems)

    assert place(problem) == (2, 7)
    assert problem.message == "the row has 7 cells where the header has 6"
    assert "quotes" in problem.hint


def test_a_row_too_short_is_shown_at_its_last_cell(tmp_path: Path) -> None:
    problem = only(loaded(tmp_path, contract_csv() + "K-2,brulerie\n").problems)

    assert place(problem) == (3, 2)
    assert problem.message == "the row has 2 cells where the header has 6"


def test_a_nul_character_is_a_problem_of_its_cell(tmp_path: Path) -> None:
    text = contract_csv({"code": "K-1"}, {"code": "K-2", "product": "Su\0ite"})

    book = loaded(tmp_path, text)

    assert place(only(book.problems)) == (3, 3)
    assert [row.values["code"] for row in book.rows] == ["K-1"]


def test_utf_16_without_its_mark_is_recognised_by_its_nuls(tmp_path: Path) -> None:
    problem = only(
        load_book([a_file(tmp_path, contract_csv(), encoding="utf-16-le")]).problems
    )

    assert "UTF-16" in problem.hint


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (b"code\nK-1\n\x81\n", 3, "not UTF-8 or Windows-1252"),
        (b"\xef\xbb\xbfcode\n\xff\n", 2, "not UTF-8"),
        ("code\nK".encode("utf-16") + b"\x00", 2, "not UTF-16"),
        (b"x" * 3_000_000, 1, "without a line break"),
    ],
    ids=["no encoding", "broken UTF-8", "broken UTF-16", "one endless line"],
)
def test_bytes_that_are_no_text_are_refused(
    tmp_path: Path, content: bytes, line: int, said: str
) -> None:
    path = tmp_path / "contracts.csv"
    path.write_bytes(content)

    problem = only(load_book([path]).problems)

    assert problem.line == line
    assert said in problem.message


def test_a_missing_column_names_the_one_that_was_meant(tmp_path: Path) -> None:
    text = contract_csv().replace("started_on", "start_on")

    found = {each.message: each.hint for each in loaded(tmp_path, text).problems}

    assert found == {
        'no column "started_on"': 'did you mean "start_on"?',
        'unknown column "start_on"': 'did you mean "started_on"?',
    }


def test_a_column_that_is_there_twice_is_shown_the_second_time(tmp_path: Path) -> None:
    text = "code,name,NAME\natelier,Atelier,Atelier\n"

    problem = only(loaded(tmp_path, text, "partners.csv").problems)

    assert place(problem) == (1, 3)
    assert problem.message == 'the column "NAME" is there twice'


def test_a_column_needs_a_name(tmp_path: Path) -> None:
    problem = only(loaded(tmp_path, "code,name,\na,b,c\n", "partners.csv").problems)

    assert place(problem) == (1, 3)
    assert problem.message == "a column without a name"


def test_a_duplicate_key_names_both_lines(tmp_path: Path) -> None:
    text = contract_csv({"product": "First"}, {"code": "K-2"}, {"product": "Second"})

    book = loaded(tmp_path, text)

    problem = only(book.problems)
    assert place(problem) == (4, 1)
    assert problem.message == 'contracts have code "K-1" already on line 2'
    assert [row.values["product"] for row in book.rows] == ["First", "Suite"]


def test_a_key_of_two_fields_is_a_duplicate_only_as_a_whole(tmp_path: Path) -> None:
    text = "contract,month,contacts\nK-1,2026-09,1\nK-1,2026-10,1\nK-1,2026-09,2\n"

    problem = only(loaded(tmp_path, text, "usage.csv").problems)

    assert problem.message == (
        'usage have contract "K-1" and month "2026-09" already on line 2'
    )


def test_a_duplicate_in_another_file_names_that_file(tmp_path: Path) -> None:
    first = a_file(tmp_path, contract_csv(), "contracts-1.csv")
    second = a_file(tmp_path, contract_csv(), "contracts-2.csv")

    problem = only(load_book([first, second]).problems)

    assert problem.file == str(second)
    assert f"line 2 of {first}" in problem.message


def test_a_hundred_thousand_mistakes_are_not_all_told(tmp_path: Path) -> None:
    rows = ({"code": f"K-{n}", "started_on": "soon"} for n in range(LIMIT + 50))

    problems = loaded(tmp_path, contract_csv(*rows)).problems

    assert len(problems) == LIMIT + 1
    assert problems[-1].message == "and 50 more problems, from here on"
    assert problems[-1].line == LIMIT + 2


def test_what_is_not_there_or_no_book_is_a_problem(tmp_path: Path) -> None:
    missing, picture = load_book(
        [tmp_path / "contracts.csv", tmp_path / "contracts.png"]
    ).problems

    assert "No such file" in missing.message
    assert ".xlsx" in picture.hint


def test_a_file_changed_after_its_check_is_not_read(tmp_path: Path) -> None:
    book = loaded(tmp_path, contract_csv())
    a_file(tmp_path, contract_csv({}, {"code": "K-2"}))

    with pytest.raises(FileChangedError, match="changed while it was read"):
        list(book.rows)
