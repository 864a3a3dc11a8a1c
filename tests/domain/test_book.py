"""The book's declaration, its mappings, and the problems found in them."""

from datetime import date

import pytest

from engine.domain import mapping, parsing
from engine.domain.book import KINDS, Field
from engine.domain.errors import NotFoundError, ProblemsError
from engine.domain.mapping import (
    BookMapping,
    Choice,
    Condition,
    Make,
    Recipe,
    SourceMapping,
    template,
)
from engine.domain.problems import Problem, Severity, did_you_mean, nearest
from engine.domain.records import Counts

TODAY = date(2026, 11, 22)
CHURNED = Condition({"status": frozenset({"churned"})})


def a_recipe(text: str = "{name}", **values: object) -> Recipe:
    return Recipe(template(text), **values)  # type: ignore[arg-type]


def test_a_kind_knows_its_fields() -> None:
    contracts = KINDS["contracts"]

    assert contracts.required == (
        "code",
        "customer",
        "product",
        "started_on",
        "commitment_months",
        "automatic_renewal",
    )
    assert contracts.names[:2] == ("code", "customer")
    assert contracts.field("mrr").is_money
    assert not Field("name", parsing.text, "as people write it").is_money


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{name}", "Inès Marchand"),
        ("C-{ id | upper }", "C-AB"),
        ("{name|slug}@{id|lower}", "in-s-marchand@ab"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_a_template_joins_columns(text: str, filled: str) -> None:
    cells = {"name": "Inès Marchand", "id": "Ab"}

    assert template(text).fill(cells) == filled


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{name", "has a brace that does not close"),
        ("{{name}}", "has a brace that does not close"),
        ("{}", "has braces without a column"),
        ("{name|shout}", 'has no filter "shout"'),
    ],
)
def test_a_template_that_cannot_be_read_says_why(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        template(text)


def test_a_template_names_its_columns_as_they_are_compared() -> None:
    assert template("{First Name} {last-name}").columns == ("first_name", "last_name")


@pytest.mark.parametrize(
    ("choice", "status", "taken"),
    [
        (mapping.EVERY_ROW, "churned", True),
        (Choice(when=CHURNED), "Churned", True),
        (Choice(when=CHURNED), "active", False),
        (Choice(unless=CHURNED), "churned", False),
        (Choice(unless=CHURNED), "active", True),
    ],
)
def test_a_choice_takes_rows(choice: Choice, status: str, taken: bool) -> None:
    assert choice.takes({"status": status}) == taken


@pytest.mark.parametrize(
    ("recipe", "text"),
    [
        (a_recipe(), "Basic"),
        (a_recipe(table={"basic": "yes"}), "yes"),
        (a_recipe(table={}, otherwise="no"), "no"),
        (a_recipe("", table={}), ""),
        (a_recipe(choice=Choice(when=CHURNED)), ""),
        (a_recipe("{day}", only_until_today=True), ""),
        (a_recipe("2026-11-22", only_until_today=True), "2026-11-22"),
        (a_recipe(only_until_today=True), "Basic"),
    ],
    ids=[
        "as it is",
        "looked up",
        "in no line of the table",
        "nothing to look up",
        "another row's",
        "a day to come",
        "today",
        "no day at all",
    ],
)
def test_a_recipe_makes_a_fields_text(recipe: Recipe, text: str) -> None:
    cells = {"name": "Basic", "status": "active", "day": "2026-11-23"}

    assert recipe.text(cells, TODAY) == text


def test_a_value_without_a_line_in_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match='has no line for "Basic"'):
        a_recipe(table={}).text({"name": "Basic"}, TODAY)


def test_a_mapping_knows_which_columns_a_source_needs() -> None:
    make = Make(
        KINDS["customers"],
        {"name": a_recipe(choice=Choice(when=CHURNED))},
        Choice(unless=Condition({"plan": frozenset({"test"})})),
    )

    source = SourceMapping("accounts*", (make,))

    assert source.columns == {"name", "status", "plan"}


def test_a_mapping_finds_the_source_of_a_file_or_sheet() -> None:
    accounts = SourceMapping("accounts*.csv", ())
    book = BookMapping("map.yaml", TODAY, (accounts,))

    assert book.source_of(["Sheet1", "Accounts-2026.CSV"]) is accounts
    assert book.source_of(["plans.csv"]) is None


def test_a_problem_is_shown_with_its_line() -> None:
    problem = Problem(
        "renewal.yaml", 3, 7, "unknown state", "add it", source="  to: gone", length=4
    )

    assert problem.with_source().splitlines() == [
        "renewal.yaml:3:7  error  unknown state (add it)",
        "    3 |   to: gone",
        "              ^^^^",
    ]


def test_a_problem_without_its_line_is_one_line() -> None:
    problem = Problem("a.yaml", 1, 1, "is empty", severity=Severity.WARNING)

    assert problem.with_source() == "a.yaml:1:1  warning  is empty"
    assert problem.as_json() == {
        "file": "a.yaml",
        "line": 1,
        "column": 1,
        "message": "is empty",
        "hint": "",
        "severity": "warning",
    }


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("pendng", ["pending", "renewed"], 'did you mean "pending"?'),
        ("zzz", ["renewed", "pending"], "known: pending, renewed"),
        ("zzz", [], ""),
    ],
)
def test_a_hint_names_the_nearest_spelling_or_all(
    word: str, known: list[str], hint: str
) -> None:
    assert did_you_mean(word, known) == hint


def test_nothing_near_is_no_spelling() -> None:
    assert nearest("zzz", ["pending"]) is None


def test_errors_write_their_own_sentences() -> None:
    problem = Problem("a.yaml", 1, 1, "is empty")

    assert str(NotFoundError("person", "ines")) == 'no person "ines"'
    assert str(NotFoundError("person", "ins", "ines")).endswith("(did you mean ines?)")
    assert str(ProblemsError([problem, problem])).count("is empty") == 2


def test_counts_add_up_by_name() -> None:
    counts = Counts({"due": 1}).plus({"due": 2, "held": 1})

    assert counts.numbers == {"due": 3, "held": 1}
