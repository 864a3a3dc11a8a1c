"""The back office shows and changes what one's roles grant, and nothing else."""

import re

import pytest

from tests.web.back_office_forms import (
    NOW,
    added,
    held,
    path_of,
    saved,
    two_partners,
    wrong,
)
from tests.web.conftest import Served


@pytest.fixture
def served(served: Served) -> Served:
    """Two partners with a customer each, and people of every kind."""
    served.book.imports(two_partners(), NOW)
    served.clock.now = NOW
    return served


SEEN = [
    ("ops", "customers", {"acme", "other"}),
    ("fin", "customers", {"acme", "other"}),
    ("boss", "customers", {"acme"}),
    ("owner", "customers", {"acme"}),
    ("boss", "partners", {"nord"}),
    ("boss", "contracts", {"K-1"}),
    (
        "boss",
        "people",
        {"nord.poc", "boss", "member", "acme.contact", "owner", "admin", "usr"},
    ),
    ("owner", "people", {"acme.contact", "owner", "admin", "usr"}),
]


@pytest.mark.parametrize(("person", "kind", "codes"), SEEN)
def test_a_table_has_ones_own_rows_only(
    served: Served, person: str, kind: str, codes: set[str]
) -> None:
    page = served.signed_in(person).get(f"/back-office/{kind}")

    found = re.findall(
        rf'class="row" href="/back-office/{kind}/rows/([^"]+)"', page.text
    )
    assert set(found) == codes


@pytest.mark.parametrize(
    ("person", "path"),
    [
        ("usr", "/back-office"),
        ("usr", "/back-office/people"),
        ("owner", "/back-office/partners"),
        ("fin", "/back-office/people/new"),
        ("boss", "/back-office/customers/new"),
        ("member", "/back-office/people/new"),
    ],
)
def test_a_page_that_no_role_grants_is_refused(
    served: Served, person: str, path: str
) -> None:
    assert served.signed_in(person).get(path).status_code == 403


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("people", "other.contact"),
        ("people", "ops"),
        ("customers", "other"),
        ("partners", "sud"),
        ("contracts", "K-2"),
        ("usage", "K-2/2026-11"),
    ],
)
def test_another_organisations_row_is_as_if_it_were_not_there(
    served: Served, kind: str, code: str
) -> None:
    boss = served.signed_in("boss")
    nothing = "zzz/2026-11" if kind == "usage" else "zzz"

    theirs, none = (boss.get(path_of(kind, one)) for one in (code, nothing))

    assert theirs.status_code == none.status_code == 404
    assert theirs.text.replace(code, "") == none.text.replace(nothing, "")
    if kind == "people":
        told = boss.post(path_of(kind, code), name="Mine")
        untold = boss.post(path_of(kind, nothing), name="Mine")
        assert told.status_code == untold.status_code == 404
        assert told.text.replace(code, "") == untold.text.replace(nothing, "")


def test_another_organisations_code_is_an_unknown_one_in_a_field(
    served: Served,
) -> None:
    boss = served.signed_in("boss")

    theirs = added(boss, "people", code="x", name="X", customer="other")
    none = added(boss, "people", code="x", name="X", customer="zzz")

    assert wrong(theirs) == {"customer": "There is no “other” that you may see."}
    assert wrong(none) == {"customer": "There is no “zzz” that you may see."}


def test_who_may_look_only_is_shown_facts_and_no_form(served: Served) -> None:
    member = served.signed_in("member")

    page = member.get(path_of("people", "usr"))

    assert "You may look at this, and not change it." in page.text
    assert "row-form" not in page.text
    assert member.post(path_of("people", "usr"), name="X").status_code == 403
    boss = served.signed_in("boss")
    assert boss.post(path_of("customers", "acme"), name="X").status_code == 403


def test_a_form_without_its_token_changes_nothing(served: Served) -> None:
    ops = served.signed_in("ops")
    before = served.book.contents()

    for path in (path_of("people", "usr"), "/back-office/people/new"):
        refused = ops.client.post(path, data={"name": "X", "code": "x"})
        assert refused.status_code == 403

    assert served.book.contents() == before


GIVEN = [
    ("ops", {"customer": "acme"}, "customer_owner", True),
    ("ops", {}, "operations", True),
    ("ops", {"partner": "nord"}, "operations", False),
    ("boss", {"partner": "nord"}, "partner_administrator", True),
    ("boss", {"customer": "acme"}, "subscription_management", True),
    ("boss", {"customer": "acme"}, "customer_owner", False),
    ("boss", {"partner": "nord"}, "operations", False),
    ("boss", {"partner": "nord"}, "no_such_role", False),
    ("owner", {"customer": "acme"}, "billing_administrator", True),
    ("owner", {"customer": "acme"}, "customer_owner", False),
    ("admin", {"customer": "acme"}, "user", False),
]


@pytest.mark.parametrize(("by", "place", "role", "may"), GIVEN)
def test_a_role_is_given_and_taken_by_who_may(
    served: Served, by: str, place: dict[str, str], role: str, may: bool
) -> None:
    values = {"code": "new.one", "name": "New", "roles_asked": "1", **place}
    browser = served.signed_in(by)

    given = added(browser, "people", **values, roles=role)

    if not may:
        assert wrong(given).keys() == {"roles"}
        return
    assert held(served, "people", "new.one")["roles"] == role
    saved(browser, "people", "new.one", roles_asked="1")
    assert held(served, "people", "new.one")["roles"] == ""


def test_a_role_that_one_may_not_take_stays(served: Served) -> None:
    saved(served.signed_in("admin"), "people", "owner", roles_asked="1", name="Boss")

    found = held(served, "people", "owner")
    assert (found["name"], found["roles"]) == ("Boss", "customer_owner")


@pytest.mark.parametrize("by", ["boss", "owner"])
def test_nobody_puts_people_outside_their_own_organisation(
    served: Served, by: str
) -> None:
    browser = served.signed_in(by)

    nobodys = added(browser, "people", code="x", name="X")
    moved = saved(browser, "people", "usr", customer="", roles_asked="1", roles="user")

    assert wrong(nobodys).keys() == {"customer", "partner"}
    assert "customer" in wrong(moved)


def test_who_moves_takes_no_role_along(served: Served) -> None:
    ops = served.signed_in("ops")

    kept = saved(
        ops, "people", "usr", customer="", partner="nord", roles_asked="1", roles="user"
    )
    dropped = saved(ops, "people", "usr", customer="", partner="nord", roles_asked="1")

    assert wrong(kept).keys() == {"roles"}
    assert dropped.status_code == 200
    assert held(served, "people", "usr")["partner"] == "nord"


@pytest.mark.parametrize(
    ("by", "whom", "may"),
    [
        ("admin", "usr", True),
        ("admin", "admin", True),
        ("admin", "owner", False),
        ("admin", "acme.contact", False),
        ("owner", "acme.contact", True),
        ("boss", "acme.contact", True),
        ("boss", "owner", False),
    ],
)
def test_nobody_becomes_somebody_who_may_do_more_by_their_address(
    served: Served, by: str, whom: str, may: bool
) -> None:
    page = saved(served.signed_in(by), "people", whom, email="new@example.com")

    assert wrong(page).keys() == (set() if may else {"email"})


@pytest.mark.parametrize("by", ["ops", "boss"])
def test_nobody_loses_their_own_right_to_edit_people_by_accident(
    served: Served, by: str
) -> None:
    browser = served.signed_in(by)

    page = saved(browser, "people", by, roles_asked="1")

    assert wrong(page).keys() == {"roles"}
    assert held(served, "people", by)["roles"] != ""


def test_amounts_are_shown_to_those_alone_who_may_see_them(served: Served) -> None:
    assert "1234.00" in served.signed_in("fin").get(path_of("contracts", "K-1")).text
    admin = served.signed_in("admin").get(path_of("contracts", "K-1"))
    assert "1234" not in admin.text


def test_nobody_becomes_somebody_who_may_give_roles_that_they_may_not(
    served: Served,
) -> None:
    # Who owns a customer makes billing administrators there; its partner does not.
    page = saved(served.signed_in("boss"), "people", "owner", email="boss@example.com")

    assert wrong(page).keys() == {"email"}
    assert held(served, "people", "owner")["email"] == "owner@example.com"
