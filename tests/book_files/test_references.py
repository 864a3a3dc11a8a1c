"""What rows refer to has to be there, and contacts have to be the customer's own."""

from collections.abc import Mapping

import pytest

from engine.domain.book import Row, Value
from engine.store.book_files.references import check_references
from tests.book_files.builders import only, place


def a_row(kind: str, line: int = 2, **values: Value) -> Row:
    columns = {name: number for number, name in enumerate(values, start=1)}
    return Row(kind, values, f"{kind}.csv", line, columns)


def test_what_is_neither_in_the_files_nor_held_is_a_problem() -> None:
    rows = [a_row("contracts", line=7, code="K-1", customer="nobody")]

    problem = only(check_references(rows, {}))

    assert place(problem) == (7, 2)
    assert problem.message == 'customer "nobody" is not among the customers'


@pytest.mark.parametrize(
    ("rows", "known"),
    [
        ([a_row("customers", code="brulerie")], {}),
        ([], {"customers": {"brulerie"}}),
    ],
    ids=["in the files", "held already"],
)
def test_what_is_there_can_be_referred_to(
    rows: list[Row], known: Mapping[str, set[str]]
) -> None:
    contract = a_row("contracts", code="K-1", customer="brulerie")

    assert check_references([*rows, contract], known) == ()


@pytest.mark.req("REN-9")
def test_a_primary_contact_is_one_of_the_customers_own_people() -> None:
    rows = [
        a_row("customers", code="brulerie", primary_contact="ana"),
        a_row("customers", line=3, code="azur", primary_contact="ana"),
        a_row("people", code="ana", customer="brulerie"),
    ]

    problem = only(check_references(rows, {}))

    assert place(problem) == (3, 2)
    assert problem.message == (
        'primary_contact "ana" is not one of the people of customer "azur"'
    )


@pytest.mark.req("REN-9")
@pytest.mark.parametrize(("whose", "problems"), [("brulerie", 0), ("azur", 1)])
def test_people_held_already_count_by_whose_they_are(whose: str, problems: int) -> None:
    rows = [a_row("customers", code="brulerie", primary_contact="ana")]

    found = check_references(rows, {"people": {"ana"}}, {"customer": {"ana": whose}})

    assert len(found) == problems


@pytest.mark.req("REN-9")
def test_the_files_have_the_last_word_on_whose_a_person_is() -> None:
    rows = [
        a_row("customers", code="brulerie", primary_contact="ana"),
        a_row("people", code="ana", customer=None),
    ]

    held = {"customer": {"ana": "brulerie"}}

    assert len(check_references(rows, {"people": {"ana"}}, held)) == 1


def test_a_point_of_contact_is_one_of_the_partners_own_people() -> None:
    rows = [
        a_row("partners", code="atelier", point_of_contact="zoe"),
        a_row("people", code="zoe", partner=None),
    ]

    assert "partner" in only(check_references(rows, {})).message


def test_somebody_unknown_is_told_once() -> None:
    rows = [a_row("customers", code="brulerie", primary_contact="ghost")]

    assert "not among the people" in only(check_references(rows, {})).message


def test_a_sheet_is_named_with_its_cell() -> None:
    row = Row(
        "sites", {"customer": "x", "code": "s"}, "b.xlsx", 3, {"customer": 2}, "S"
    )

    assert 'sheet "S", cell B3' in only(check_references([row], {})).message


@pytest.mark.req("OPS-1")
@pytest.mark.parametrize("known", [{}, {"contracts": {"K-1"}}], ids=["files", "book"])
def test_a_code_in_other_letters_is_no_other_code(
    known: Mapping[str, set[str]],
) -> None:
    rows = [a_row("customers", code="acme")]
    if not known:
        rows.append(a_row("contracts", code="K-1", customer="acme"))
    rows.append(a_row("contracts", line=9, code="k-1", customer="acme"))

    problem = only(check_references(rows, known))

    assert place(problem) == (9, 1)
    assert problem.message == 'code "k-1" is "K-1" in other letters'


ROLES = {
    "vendor": ["operations", "finance"],
    "partner": ["partner_member", "subscription_management"],
    "customer": ["customer_owner", "subscription_management"],
}


def test_a_role_that_there_is_not_is_shown_with_the_nearest() -> None:
    rows = [a_row("people", line=4, code="ana", roles=("finance", "operation"))]

    problem = only(check_references(rows, {}, None, ROLES))

    assert place(problem) == (4, 2)
    assert problem.message == (
        'role "operation" is not one that the vendor\'s people can be given'
    )
    assert problem.hint == 'did you mean "operations"?'


@pytest.mark.parametrize(
    ("values", "role", "problems"),
    [
        ({"customer": "acme"}, "customer_owner", 0),
        ({"customer": "acme"}, "operations", 1),
        ({"partner": "nord"}, "subscription_management", 0),
        ({"partner": "nord"}, "customer_owner", 1),
        ({"partner": "nord", "customer": "acme"}, "customer_owner", 0),
        ({}, "operations", 0),
        ({}, "subscription_management", 1),
    ],
)
def test_a_role_is_for_people_of_one_kind_of_organisation(
    values: dict[str, str], role: str, problems: int
) -> None:
    rows = [
        a_row("partners", code="nord"),
        a_row("customers", code="acme"),
        Row("people", {"code": "ana", "roles": (role,), **values}, "people.csv", 2),
    ]

    assert len(check_references(rows, {}, None, ROLES)) == problems


def test_whose_somebody_is_that_a_file_does_not_say_is_as_it_is_held() -> None:
    rows = [a_row("people", code="ana", roles=("customer_owner",))]
    held = {"customer": {"ana": "acme"}}

    assert check_references(rows, {"people": {"ana"}}, held, ROLES) == ()
