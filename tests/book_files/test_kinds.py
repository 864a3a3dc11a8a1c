"""Which rows a file holds: told by its name, else by its header, else asked."""

from pathlib import Path

import pytest

from engine.store.book_files.loading import load_book
from tests.book_files.builders import a_file, contract_csv, loaded, only


@pytest.mark.parametrize(
    "name",
    ["contracts.csv", "2026-contracts.csv", "Contracts (1).CSV", "export.csv"],
)
def test_the_name_tells_the_kind_and_else_the_header(tmp_path: Path, name: str) -> None:
    assert loaded(tmp_path, contract_csv(), name).counts == {"contracts": 1}


def test_a_name_of_two_kinds_leaves_it_to_the_header(tmp_path: Path) -> None:
    book = loaded(tmp_path, contract_csv(), "customers and contracts.csv")

    assert book.counts == {"contracts": 1}


@pytest.mark.req("OPS-1")
def test_columns_that_fit_several_kinds_are_a_problem_naming_the_choice(
    tmp_path: Path,
) -> None:
    book = loaded(tmp_path, "code,name,customer\nx,X,brulerie\n", "export.csv")

    problem = only(book.problems)
    assert problem.message == "the columns could be those of people or sites"
    assert problem.hint == "name the file after its rows, such as people"


def test_columns_that_fit_no_kind_are_a_problem_too(tmp_path: Path) -> None:
    problem = only(loaded(tmp_path, "a,b\n1,2\n", "export.csv").problems)

    assert "partners, customers, people, sites, contracts or usage" in problem.message


@pytest.mark.req("OPS-1")
def test_rows_come_in_the_order_in_which_they_can_refer(tmp_path: Path) -> None:
    a_file(tmp_path, contract_csv(), "a-contracts.csv")
    a_file(tmp_path, "code,name\nbrulerie,Brûlerie\n", "b-customers.csv")
    a_file(tmp_path, "code,name\natelier,Atelier\n", "c-partners.csv")
    a_file(tmp_path, "not a book", "README.md")

    book = load_book([tmp_path])

    assert [row.kind for row in book.rows] == ["partners", "customers", "contracts"]


def test_progress_is_told_now_and_then(tmp_path: Path) -> None:
    rows = ({"code": f"K-{number}"} for number in range(10_001))
    told: list[int] = []

    load_book([a_file(tmp_path, contract_csv(*rows))], on_progress=told.append)

    assert told == [5_000, 10_000]
