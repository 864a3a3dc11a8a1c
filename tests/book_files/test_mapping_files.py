"""The mapping language: what it can say, and what it refuses."""

from datetime import date
from pathlib import Path

import pytest

from engine.domain.book import Row
from engine.domain.errors import ProblemsError
from engine.domain.mapping import BookMapping
from engine.domain.yaml_text import Source
from engine.store.book_files.loading import LoadedBook, load_book
from engine.store.book_files.mapping_files import load_mapping, read_mapping
from tests.book_files.builders import a_file, only, place

TODAY = date(2026, 10, 1)

MAPPING = """\
about: Reads the exports of a made-up system.
lists:
  strangers: [a-3, a-4]
sources:
  accounts*:
    leave_out_when: {Is Trial: TRUE}
    make:
      - kind: customers
        fields:
          code: "{account id|slug}"
          name: "{Name|upper}"
          language: {column: country, table: {FR: fr, NO: en}, otherwise: en}
          time_zone: {column: country, table: {FR: Europe/Paris, US: America/New_York}}
          primary_contact: {text: "{account id}-contact", unless: {account id: {in: strangers}}}
      - kind: people
        unless: {account id: {in: strangers}}
        when: {country: [FR, US]}
        fields:
          code: "{account id}-contact"
          name: Contact
          email: "contact@{account id|lower}.example"
also:
  people:
    - {code: ops, name: Ops, roles: operations, email: ops@acme.example}
"""
HEADER = "Account ID,Name,Country,Is Trial,Notes\n"


def mapped(text: str = MAPPING) -> BookMapping:
    return read_mapping(Source("map.yaml", text), TODAY)


def adapted(folder: Path, rows: str) -> LoadedBook:
    path = a_file(folder, HEADER + rows, "Accounts-2026.csv")
    return load_book([path], mapped())


def refused(text: str) -> list[str]:
    with pytest.raises(ProblemsError) as caught:
        mapped(text)
    return [problem.line_of_text() for problem in caught.value.problems]


def by_code(book: LoadedBook, code: str) -> Row:
    return next(row for row in book.rows if row.values["code"] == code)


@pytest.mark.req("OPS-1")
def test_one_source_row_makes_rows_of_several_kinds(tmp_path: Path) -> None:
    book = adapted(tmp_path, "A-1,Brûlerie,FR,false,\n")

    assert book.problems == ()
    assert [(row.kind, row.values["code"]) for row in book.rows] == [
        ("customers", "a-1"),
        ("people", "ops"),
        ("people", "A-1-contact"),
    ]
    customer = by_code(book, "a-1")
    assert customer.values["name"] == "BRÛLERIE"
    assert customer.values["time_zone"] == "Europe/Paris"
    assert customer.values["primary_contact"] == "A-1-contact"
    assert by_code(book, "A-1-contact").values["email"] == "contact@a-1.example"


@pytest.mark.req("OPS-1")
def test_rows_are_left_out_and_made_on_conditions(tmp_path: Path) -> None:
    rows = "A-1,Trial,FR,true,\nA-3,Stranger,US,,\nA-5,Elsewhere,,,\n"

    book = adapted(tmp_path, rows)

    assert book.counts == {"customers": 2, "people": 1}
    assert by_code(book, "a-3").values["primary_contact"] is None
    assert by_code(book, "a-5").values["time_zone"] is None
    assert by_code(book, "a-5").values["language"] == "en"


@pytest.mark.req("OPS-1")
def test_a_value_that_no_table_has_is_a_problem_of_its_cell(tmp_path: Path) -> None:
    problem = only(adapted(tmp_path, "A-1,Kumo,JP,,\n").problems)

    assert place(problem) == (2, 3)
    assert problem.message == (
        'Country has no line for "JP" in its table of the mapping'
    )
    assert problem.hint == "read as time_zone of customers"


@pytest.mark.req("OPS-1")
@pytest.mark.parametrize(
    ("cell", "ended"),
    [("2026-10-01", date(2026, 10, 1)), ("2026-10-02", None), ("", None)],
)
def test_a_day_to_come_can_be_read_as_unknown(
    tmp_path: Path, cell: str, ended: date | None
) -> None:
    book = load_book([a_file(tmp_path, f"id,end\nK-1,{cell}\n", "k.csv")], _ending())

    (row,) = book.rows
    assert row.values["ended_on"] == ended


def test_what_is_no_day_is_left_for_its_field_to_refuse(tmp_path: Path) -> None:
    path = a_file(tmp_path, "id,end\nK-1,soon\n", "k.csv")

    problem = only(load_book([path], _ending()).problems)

    assert problem.message == 'end "soon" is not a date written YYYY-MM-DD'


def test_a_column_that_the_mapping_reads_has_to_be_there(tmp_path: Path) -> None:
    path = a_file(tmp_path, "Account ID,Name,Contry,Is Trial\n", "accounts.csv")

    problem = only(load_book([path], mapped()).problems)

    assert problem.message == 'no column "country"'
    assert problem.hint == 'did you mean "contry"?'


def test_a_file_that_the_mapping_does_not_know_is_a_problem(tmp_path: Path) -> None:
    path = a_file(tmp_path, "a\n1\n", "invoices.csv")

    problem = only(load_book([path], mapped()).problems)

    assert problem.message == 'the mapping map.yaml says nothing of "invoices"'
    assert problem.hint == "it reads accounts*"


def test_a_refused_constant_of_a_row_blames_its_first_column(tmp_path: Path) -> None:
    book = load_book([a_file(tmp_path, "id,end\nK 1,\n", "k.csv")], _ending())

    assert place(only(book.problems)) == (2, 1)


def test_a_duplicate_of_a_row_that_the_mapping_adds_names_the_mapping(
    tmp_path: Path,
) -> None:
    text = MAPPING.replace('code: "{account id}-contact"', "code: ops")
    path = a_file(tmp_path, HEADER + "A-1,B,FR,,\n", "accounts.csv")

    problem = only(load_book([path], mapped(text)).problems)

    assert problem.message == 'people have code "ops" already on line 24 of map.yaml'
    assert place(problem) == (2, 1)


@pytest.mark.req("OPS-1")
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("sources:", "source:", '4:1  error  unknown key "source" (did you mean'),
        ("kind: people", "kind: peple", '15:15  error  unknown kind "peple" (did you'),
        ("name: Contact", "nane: Contact", '20:11  error  unknown key "nane" (did'),
        ("name: Contact", "email: x", 'duplicate key "email"'),
        ("{Name|upper}", "{Name|shout}", 'has no filter "shout"'),
        ("{Name|upper}", "{Name", "has a brace that does not close"),
        ("{Name|upper}", "{}", "has braces without a column"),
        ("{in: strangers}", "{in: stranger}", 'unknown list "stranger" (did you mean'),
        ("{in: strangers}", "{is: strangers}", 'unknown key "is"'),
        ("FR: fr", "FR: french", 'language "french" is not one of en, fr'),
        ("otherwise: en", "otherwise: de", 'language "de" is not one of en, fr'),
        ("ops@acme.example", "ops", 'email "ops" is not a plain mail address'),
        ("name: Ops, ", "", '"name" is missing here'),
        ("[FR, US]", "[[FR], US]", "this should be one value"),
        ("column: country, table: {FR: fr", "table: {FR: fr", '"column" or "text"'),
        ("{Is Trial: TRUE}", "TRUE", "this should hold names with values"),
        ("otherwise: en", "only_until_today: 3", "this should be true or false"),
        ("also:\n  people:", "also:\n  persons:", 'unknown kind "persons"'),
        ("    - {code: ops,", "    {code: ops,", "this should be a list"),
    ],
)
def test_a_mistake_is_found_when_the_mapping_is_read(
    old: str, new: str, said: str
) -> None:
    assert any(said in line for line in refused(MAPPING.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sources:\n  a:\n    make: [{fields: {}}]\n", '3:12  error  "kind"'),
        ("sources:\n  a: {leave_out_when: {b: c}}\n", '2:6  error  "make"'),
        ("about: Nothing.\n", '1:1  error  "sources"'),
    ],
)
def test_what_a_mapping_cannot_do_without_is_asked_for(text: str, said: str) -> None:
    assert refused(text) == [f"map.yaml:{said} is missing here"]


def test_all_mistakes_are_told_together_in_order() -> None:
    text = MAPPING.replace("kind: people", "kind: x").replace("about:", "abuot:")

    assert [line.split(":")[1] for line in refused(text)] == ["1", "15"]


def test_a_mapping_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    latin = a_file(tmp_path, "about: café", "m.yaml", encoding="cp1252")

    with pytest.raises(ProblemsError, match="not UTF-8"):
        load_mapping(latin, TODAY)
    with pytest.raises(ProblemsError, match="cannot be opened"):
        load_mapping(tmp_path / "none.yaml", TODAY)


def _ending() -> BookMapping:
    return mapped(
        """\
sources:
  k:
    make:
      - kind: contracts
        fields:
          code: "{id}"
          customer: c
          product: Suite
          started_on: 2026-01-01
          commitment_months: 12
          automatic_renewal: true
          billing_months: null
          ended_on: {column: end, only_until_today: true}
"""
    )
