"""The page of today: what needs a person is there, with what settles it, until it is."""

import re
from html import unescape

import pytest

from tests.support.books import (
    a_customer,
    a_partner,
    a_person,
    a_small_book,
    at,
    some_usage,
    with_rows,
)
from tests.web.conftest import Served

EARLY = at("2026-10-01")


def today(served: Served, person: str = "ops") -> str:
    return unescape(served.signed_in(person).get("/today").text)


def with_clock(served: Served, now: str) -> None:
    served.clock.now = at(now)
    with served.book.store.begin() as unit:
        unit.book.beat("clock", served.clock.now)
        unit.commit()


def test_where_nothing_waits_the_page_is_calm(served: Served) -> None:
    served.book.imports(a_small_book(), EARLY)
    with_clock(served, "2026-10-01")

    page = today(served)

    assert "Nothing needs you today" in page
    assert 'class="waits"' not in page


@pytest.mark.req("REN-18")
def test_a_customer_without_a_contact_is_there_before_the_notice_is_due(
    served: Served,
) -> None:
    rows = with_rows(
        a_small_book(),
        a_customer(partner="nord", primary_contact=None),
        a_person("acme.second", customer="acme"),
    )
    served.book.imports(rows, EARLY)
    with_clock(served, "2026-10-15")
    page = today(served)
    [path] = set(re.findall(r'href="(/changes/[^"]+/actions/contact)"', page))

    served.book.edit(at("2026-10-15")).contact("acme", "acme.second")

    assert "Nobody to send to" in page
    assert "There is no primary contact." in page
    assert served.signed_in("ops").get(path).status_code == 200
    assert "Nothing needs you today" in today(served)


@pytest.mark.req("REN-18")
def test_a_contact_without_an_address_leads_to_the_form_of_that_person(
    served: Served,
) -> None:
    contact = a_person("acme.contact", customer="acme", email=None)
    served.book.imports(with_rows(a_small_book(), contact), EARLY)
    with_clock(served, "2026-10-15")

    page = today(served)

    assert "Acme Contact, the primary contact, has no address." in page
    assert 'href="/back-office/people/rows/acme.contact"' in page


@pytest.mark.req("REN-18")
def test_a_partner_who_tells_the_customer_needs_a_point_of_contact(
    served: Served,
) -> None:
    nobody = a_partner(owns_conversations=True, point_of_contact=None)
    served.book.imports(with_rows(a_small_book(), nobody), EARLY)
    with_clock(served, "2026-10-15")

    page = today(served)

    assert "Nord tells the customer, and has no point of contact." in page
    assert 'href="/back-office/partners/rows/nord"' in page


def test_who_is_told_later_than_the_page_looks_is_not_there_yet(
    served: Served,
) -> None:
    rows = with_rows(a_small_book(), a_customer(partner="nord", primary_contact=None))
    served.book.imports(rows, at("2026-08-01"))
    with_clock(served, "2026-08-01")

    assert "Nothing needs you today" in today(served)


@pytest.mark.req("REN-5")
def test_what_nobody_answered_by_its_date_waits_for_a_decision(served: Served) -> None:
    usage = some_usage("K-1", "2026-10", contacts=1_500)
    served.book.imports([*a_small_book(contact_limit=1_000), usage], at("2026-10-20"))
    served.book.runs(at("2026-10-20"), at("2026-11-10"))
    with_clock(served, "2026-11-10")

    page = today(served)

    assert "A person has to decide" in page
    assert 'href="/changes/K-1.T2026' in page


def test_a_deadline_that_is_near_is_there_until_it_is_answered(served: Served) -> None:
    served.book.imports(a_small_book(), EARLY)
    served.book.runs(EARLY, at("2027-01-12"))
    with_clock(served, "2027-01-12")
    page = today(served)

    served.book.fire("accept", "acme.contact", at("2027-01-12"))

    assert "Deadlines that are near, without an answer" in page
    assert "15 January 2027" in page
    assert "Deadlines that are near" not in today(served)


def test_a_message_that_is_held_is_there_with_its_remedy(served: Served) -> None:
    rows = with_rows(a_small_book(), a_customer(partner="nord", primary_contact=None))
    served.book.imports(rows, EARLY)
    served.book.runs(EARLY, at("2026-11-02"))
    with_clock(served, "2026-11-02")

    page = today(served)

    assert "Messages that are held" in page
    assert "The customer has no primary contact" in page


@pytest.mark.req("OPS-5")
def test_a_silent_clock_is_said_first(served: Served) -> None:
    served.book.imports(a_small_book(), EARLY)
    with_clock(served, "2026-10-01")
    served.clock.now = at("2026-10-01T00:11")

    assert "The clock is silent" in today(served)


def test_it_is_for_the_vendors_people_alone(served: Served) -> None:
    served.book.imports(a_small_book(), EARLY)

    for person in ("acme.contact", "nord.poc"):
        assert served.signed_in(person).get("/today").status_code == 403
