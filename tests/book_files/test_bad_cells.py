"""Cells that another reader would take for something else."""

from pathlib import Path

import pytest

from tests.book_files.builders import CONTRACT, contract_csv, loaded, only, place

pytestmark = pytest.mark.req("OPS-1")

BAD_CELLS = [
    ("started_on", "01/02/2026", "is not a date written YYYY-MM-DD"),
    ("started_on", "20260102", "is not a date written YYYY-MM-DD"),
    ("started_on", "2026-W05-1", "is not a date written YYYY-MM-DD"),
    ("started_on", "2026-02-30", "is a day that the calendar does not have"),
    ("started_on", "", "is empty, and every row needs it"),
    ("commitment_months", "1_000", "is not a whole number from 1 to 1200"),
    ("commitment_months", "١٢", "is not a whole number from 1 to 1200"),
    ("commitment_months", "0", "is not a whole number from 1 to 1200"),
    ("automatic_renewal", "maybe", "is neither yes nor no"),
    ("mrr", '"1,000.00"', "is not an amount such as 1200 or 1200.50"),
    ("mrr", "NaN", "is not an amount such as 1200 or 1200.50"),
    ("mrr", "١٢٠٠", "is not an amount such as 1200 or 1200.50"),
    ("mrr", "1_000", "is not an amount such as 1200 or 1200.50"),
    ("mrr", "1e999", "is not an amount such as 1200 or 1200.50"),
    ("contact_limit", "-5", "is not a whole number without signs or separators"),
    ("currency", "euro", "is not a currency code of three capital letters"),
    ("code", "K 1", "is not an identifier"),
    ("product", "x" * 201, "is longer than 200 characters"),
]


@pytest.mark.parametrize(("field", "cell", "reason"), BAD_CELLS)
def test_a_bad_cell_is_refused_by_line_column_value_and_reason(
    tmp_path: Path, field: str, cell: str, reason: str
) -> None:
    good = {"code": "K-0", field: ""} if field not in CONTRACT else {"code": "K-0"}
    text = contract_csv(good, {field: cell})

    problem = only(loaded(tmp_path, text).problems)

    assert place(problem) == (3, [*(CONTRACT | {field: ""})].index(field) + 1)
    assert problem.message.startswith(field)
    assert cell.strip('"')[:60] in problem.message
    assert reason in problem.message


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("people.csv", "code,name,email\nana,Ana,Ana <a@x.example>\n", "mail address"),
        ("people.csv", "code,name,language\nana,Ana,de\n", "is not one of en, fr"),
        ("people.csv", "code,name,channel\nana,Ana,fax\n", "email, slack, both"),
        ("customers.csv", "code,name,time_zone\na,A,Paris\n", "time zone name"),
        ("customers.csv", "code,name,time_zone\na,A,../Paris\n", "time zone name"),
        ("usage.csv", "contract,month\nK-1,2026-13\n", "is not a month"),
    ],
)
def test_fields_of_the_other_kinds_say_what_they_want(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    assert said in only(loaded(tmp_path, text, name).problems).message


def test_every_bad_cell_of_a_row_is_told(tmp_path: Path) -> None:
    text = contract_csv({"started_on": "soon", "commitment_months": "some"})

    problems = loaded(tmp_path, text).problems

    assert [place(problem) for problem in problems] == [(2, 4), (2, 5)]


def test_a_good_row_is_read_with_its_types(tmp_path: Path) -> None:
    text = contract_csv({"mrr": "1200.5", "ended_on": "", "starter": ""})

    (row,) = loaded(tmp_path, text).rows

    assert row.values["mrr"] == 120_050
    assert row.values["commitment_months"] == 12
    assert row.values["automatic_renewal"] is True
    assert row.values["ended_on"] is None
    assert row.line == 2


def test_an_empty_cell_is_the_default_and_an_absent_column_is_absent(
    tmp_path: Path,
) -> None:
    (row,) = loaded(tmp_path, contract_csv({"starter": ""})).rows

    assert row.values["starter"] is False
    assert "billing_months" not in row.values
