"""Small books on disk; a test states only what it is about."""

from pathlib import Path

from engine.domain.problems import Problem
from engine.store.book_files.loading import LoadedBook, load_book

CONTRACT = {
    "code": "K-1",
    "customer": "brulerie",
    "product": "Suite",
    "started_on": "2026-01-31",
    "commitment_months": "12",
    "automatic_renewal": "yes",
}


def contract_csv(*rows: dict[str, str], separator: str = ",") -> str:
    """The text of a contracts file; each row names only what is not as usual."""
    complete = [CONTRACT | row for row in rows or ({},)]
    lines = [separator.join(row) for row in (complete[0], *map(dict.values, complete))]
    return "\n".join(lines) + "\n"


def a_file(
    folder: Path, text: str, name: str = "contracts.csv", encoding: str = "utf-8"
) -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def loaded(folder: Path, text: str, name: str = "contracts.csv") -> LoadedBook:
    return load_book([a_file(folder, text, name)])


def only(problems: tuple[Problem, ...]) -> Problem:
    assert len(problems) == 1, [each.line_of_text() for each in problems]
    return problems[0]


def place(problem: Problem) -> tuple[int, int]:
    return problem.line, problem.column
