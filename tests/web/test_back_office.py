"""The back office: whoever may adds and changes rows, and the trail says who did."""

import json
import re
from typing import Any

import pytest

from engine.domain.access import Action
from engine.domain.book import KINDS
from engine.domain.parsing import LANGUAGES
from engine.services.read_rows import EDITS, SEES
from tests.support.books import a_person, some_usage
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
from tests.web.routes import routes_of
from web.back_office.words import CHOICES, HINTS, TITLES


@pytest.fixture
def served(served: Served) -> Served:
    """Two partners with a customer each, and people of every kind."""
    served.book.imports(two_partners(), NOW)
    served.clock.now = NOW
    return served


def trail(served: Served, kind: str, code: str) -> list[dict[str, Any]]:
    """What the trail of a row says was set, and by whom."""
    with served.site.store.begin(read_only=True) as unit:
        subject = {"people": "person"}.get(kind, kind.removesuffix("s"))
        id_ = unit.book.ids(kind)[code]
        return [json.loads(entry.body) for entry in unit.audit.chain(subject, id_)]


def test_signing_in_is_no_edit_of_a_persons_row(served: Served) -> None:
    served.book.imports([a_person("acme.second", customer="acme")], NOW)
    for _ in range(12):
        served.signed_in("acme.second")

    page = served.signed_in("ops").get(path_of("people", "acme.second")).text

    edits = page[page.index("Last edits") :]
    assert edits.count("<time") == 1
    assert "added this row" in edits


def test_usage_that_came_in_stands_among_the_edits_of_its_contract(
    served: Served,
) -> None:
    served.book.imports([some_usage("K-1", "2026-11", contacts=12)], NOW)

    page = served.signed_in("ops").get(path_of("contracts", "K-1")).text

    assert re.search(r"<strong>a file</strong>\s+changed: Usage", page)


@pytest.mark.req("OPS-4")
def test_an_edit_is_written_and_the_trail_says_who_made_it(served: Served) -> None:
    ops = served.signed_in("ops")

    page = saved(ops, "customers", "acme", name="Acme SA", hub_id="77")

    assert "acme is saved." in page.text
    assert held(served, "customers", "acme")["name"] == "Acme SA"
    assert trail(served, "customers", "acme")[-1] == {
        "by": "ops",
        "set": {"name": "Acme SA", "hub_id": "77"},
    }
    assert served.book.flaws() == []
    page = ops.get(path_of("customers", "acme"))
    assert re.search(r"<strong>ops</strong>\s+changed: Name, Hub ID", page.text)
    assert re.search(r"<strong>a file</strong>\s+added this row", page.text)
    moved = saved(ops, "customers", "acme", partner="").text
    assert re.search(r"<strong>ops</strong>\s+changed: Partner", moved)
    owner = served.signed_in("owner").get(path_of("customers", "acme"))
    assert "Last edits" not in owner.text


@pytest.mark.req("OPS-4")
def test_a_row_of_each_kind_is_added_in_its_adders_name(served: Served) -> None:
    ops = served.signed_in("ops")
    rows = {
        "partners": {"code": "est", "name": "Est"},
        "customers": {"code": "bolt", "name": "Bolt", "partner": "est"},
        "people": {"code": "bolt.user", "name": "Bolt User", "customer": "bolt"},
        "sites": {"code": "bolt.hq", "name": "Head office", "customer": "bolt"},
        "contracts": {
            "code": "K-3",
            "customer": "bolt",
            "product": "Suite",
            "started_on": "2026-03-01",
            "commitment_months": "12",
            "automatic_renewal": "yes",
            "mrr": "1200.50",
        },
    }

    for kind, values in rows.items():
        page = added(ops, kind, **values)
        assert f"{values['code']} is saved." in page.text
        assert trail(served, kind, values["code"])[0]["by"] == "ops"
    page = added(ops, "usage", contract="K-3", month="2026-11", contacts="12")

    assert "K-3/2026-11 is saved." in page.text
    assert trail(served, "contracts", "K-3")[-1]["by"] == "ops"
    assert held(served, "contracts", "K-3")["mrr"] == 120_050
    assert held(served, "customers", "bolt")["time_zone"] == "Europe/Paris"
    assert served.book.change("K-3.R20270301").state == "pending"
    assert served.book.flaws() == []


def test_every_mistake_of_a_row_is_named_beside_its_field(served: Served) -> None:
    page = added(
        served.signed_in("ops"),
        "contracts",
        code="K 9",
        customer="nobody",
        started_on="01/02/2026",
        commitment_months="0",
        automatic_renewal="perhaps",
        currency="euro",
        mrr="1,200",
    )

    assert page.status_code == 422
    assert wrong(page).keys() == {
        "code", "customer", "product", "started_on", "commitment_months",
        "automatic_renewal", "currency", "mrr",
    }  # fmt: skip
    assert 'value="01/02/2026"' in page.text
    assert "Write a day as 2026-10-31." in page.text


def test_a_code_is_nobody_elses_in_whatever_letters(served: Served) -> None:
    ops = served.signed_in("ops")

    for code in ("acme", "ACME"):
        assert wrong(added(ops, "customers", code=code, name="X")).keys() == {"code"}
    again = added(ops, "usage", contract="K-1", month="2026-11", contacts="1")
    assert wrong(again).keys() == {"month"}


@pytest.mark.req("REN-9")
def test_a_contact_is_one_of_the_customers_own_people(served: Served) -> None:
    ops = served.signed_in("ops")

    page = ops.get(path_of("customers", "acme"))
    assert 'value="usr"' in page.text
    assert "other.contact" not in page.text
    refused = saved(ops, "customers", "acme", primary_contact="other.contact")
    assert wrong(refused).keys() == {"primary_contact"}
    saved(ops, "customers", "acme", primary_contact="usr")
    assert held(served, "customers", "acme")["primary_contact"] == "usr"


@pytest.mark.req("REN-9")
def test_somebody_who_is_a_contact_does_not_go_elsewhere(served: Served) -> None:
    ops = served.signed_in("ops")

    gone = saved(ops, "people", "acme.contact", customer="other")
    point = saved(ops, "people", "nord.poc", partner="sud")

    assert wrong(gone).keys() == {"customer"}
    assert wrong(point).keys() == {"partner"}


def test_what_a_field_holds_is_cleared_where_it_may_be(served: Served) -> None:
    ops = served.signed_in("ops")
    saved(ops, "contracts", "K-1", ended_on="2027-02-01")
    assert str(held(served, "contracts", "K-1")["ended_on"]) == "2027-02-01"

    saved(ops, "contracts", "K-1", ended_on="", contact_limit="")

    found = held(served, "contracts", "K-1")
    assert (found["ended_on"], found["contact_limit"]) == (None, None)
    assert served.book.change().closed_at is None
    assert served.book.flaws() == []


def test_plans_follow_an_edit_and_the_page_says_so(served: Served) -> None:
    page = saved(served.signed_in("ops"), "contracts", "K-1", automatic_renewal="no")

    assert "K-1 is saved. What follows: planned again: 1." in page.text
    assert "ops" in {entry["by"] for entry in served.book.trail() if "by" in entry}


def test_who_saw_a_row_as_it_was_is_shown_what_it_is(served: Served) -> None:
    ops = served.signed_in("ops")
    path = path_of("customers", "acme")
    found = re.search(r'name="seen" value="(\w+)"', ops.get(path).text)
    assert found is not None
    saved(ops, "customers", "acme", name="Acme SA")

    late = ops.post(path, seen=found[1], name="Acme Ltd")

    assert late.status_code == 409
    assert "Somebody changed this row" in late.text
    assert 'value="Acme SA"' in late.text
    assert held(served, "customers", "acme")["name"] == "Acme SA"


def test_nothing_is_written_where_nothing_is_another(served: Served) -> None:
    ops = served.signed_in("ops")
    before = served.book.contents()

    page = saved(ops, "customers", "acme", name="Acme")

    assert "Nothing was changed." in page.text
    assert served.book.contents() == before


def test_a_search_knows_no_accents_and_counts(served: Served) -> None:
    ops = served.signed_in("ops")

    page = ops.get("/back-office/customers?search=brulerie")

    assert re.search(r'id="count">\s*1\s*<', page.text)
    assert "Brûlerie" in page.text
    assert "Nothing here holds “%”" in ops.get("/back-office/people?search=%25").text
    assert "K-2" in ops.get("/back-office/contracts?search=BRULERIE").text


def test_a_long_table_comes_in_pages(served: Served) -> None:
    served.book.imports([a_person(f"p{n:03}") for n in range(120)], NOW)
    ops = served.signed_in("ops")

    first, second = (
        ops.get(f"/back-office/people?search=example.com&page={n}").text for n in (1, 2)
    )

    assert "p020" in first
    assert "p020" not in second
    assert "p060" in second
    assert "search=example.com&amp;page=3" in second
    for odd in ("0", "-4", "1000000000"):
        assert ops.get(f"/back-office/people?page={odd}").status_code == 200
    assert "The table ends" in ops.get("/back-office/people?page=99").text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("people/rows/%00", 404),
        ("usage/rows/K-1/%00", 404),
        ("usage/rows/K-1", 404),
        ("people?search=%00", 200),
        ("people?page=99999999999999999999", 200),
        ("people?page=x", 422),
        ("nothing", 404),
    ],
)
def test_an_odd_address_is_answered_as_such(
    served: Served, path: str, status: int
) -> None:
    page = served.signed_in("ops").get(f"/back-office/{path}")

    assert page.status_code == status


def test_nothing_is_deleted(served: Served) -> None:
    routes = [one for one in routes_of(served.app) if "/back-office" in one.path]

    assert {route.method for route in routes} == {"GET", "POST"}
    ops = served.signed_in("ops")
    assert ops.client.delete(path_of("people", "usr")).status_code == 405


def test_each_table_needs_what_its_rows_need(served: Served) -> None:
    needs = {
        one.name: one.needs
        for one in routes_of(served.app)
        if "/back-office" in one.path
    }

    for kind in KINDS:
        assert needs[f"GET /back-office/{kind}"] == (SEES[kind],)
        assert needs[f"GET /back-office/{kind}/rows/{{code:path}}"] == (SEES[kind],)
        for name in ("GET {}/new", "POST {}/new", "POST {}/rows/{{code:path}}"):
            assert needs[name.format(f"/back-office/{kind}")] == (EDITS[kind],)
    unlinks = needs.pop("POST /back-office/people/unlink/{code:path}")
    assert unlinks == (Action.MANAGE_ACCOUNTS,)
    assert len(needs) == 1 + 5 * len(KINDS)


def test_every_field_has_a_title_and_every_choice_is_one(served: Served) -> None:
    for kind in KINDS.values():
        for each in kind.fields:
            assert each.name in TITLES
            for choice in CHOICES.get(each.name, ()):
                each.parse(choice)
    assert HINTS.keys() <= TITLES.keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mistake_is_said_in_the_readers_language(
    served: Served, language: str
) -> None:
    ops = served.signed_in("ops")
    ops.client.cookies.set("tacit_language", language, domain="127.0.0.1")

    page = added(ops, "customers", code="x y", name="")

    said = wrong(page)["name"]
    assert said.startswith({"en": "Fill this in", "fr": "À remplir"}[language])
