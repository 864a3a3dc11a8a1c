from datetime import date, datetime
from typing import Any

import pytest

from engine.domain.access import operator
from engine.domain.listing import Question
from engine.domain.records import ChangeRow, ChangeUpdate
from engine.domain.ruleset import Rulebook
from engine.services.list_changes import Listed, list_changes
from engine.store.unit_of_work import Store
from tests.support.books import (
    a_contract,
    a_customer,
    a_partner,
    a_person,
    a_small_book,
    at,
    imported,
    with_rows,
)

JUNE = at("2026-06-01")
BOOK = [
    a_partner(),
    a_person("nord.poc", partner="nord"),
    a_customer("acme", name="Acme Bicycles", domain="acme.example", hub_id="4711"),
    a_person("acme.contact", customer="acme", name="Inès Marchand"),
    a_contract("K-1"),
    a_customer(
        "bolt", name="Bolt 100% SARL", domain="bolt_one.example", partner="nord"
    ),
    a_person("bolt.contact", customer="bolt", email="odd\\name@bolt.example"),
    a_contract("K-2", customer="bolt"),
    a_customer("coral", name="Éditions du Corail", hub_id="47_1"),
    a_person("coral.contact", customer="coral"),
    a_contract("K-3", customer="coral", commitment_months=1),
]
IN_WINDOW = date(2026, 12, 1)


def _list(
    store: Store, rulebook: Rulebook, on: date, now: datetime, **values: Any
) -> list[Listed]:
    return list_changes(store, rulebook, Question(on, now, **values), operator()).rows


def listed(store: Store, rulebook: Rulebook, on: date, **values: str) -> list[str]:
    found = _list(store, rulebook, on, JUNE, **values)
    return [f"{row['customer_id']} {row['renewal_start']}" for row in found]


WINDOW = {
    "the day before it opens": (date(2026, 10, 31), False),
    "120 days before": (date(2026, 11, 1), True),
    "the day before renewal start": (date(2027, 2, 28), True),
    "renewal start": (date(2027, 3, 1), False),
}


@pytest.mark.req("REN-2", "REN-11")
@pytest.mark.parametrize(("on", "is_listed"), WINDOW.values(), ids=list(WINDOW))
def test_a_change_is_listed_until_its_renewal_start_has_come(
    store: Store, rulebook: Rulebook, on: date, is_listed: bool
) -> None:
    imported(store, rulebook, a_small_book(), JUNE)

    found = listed(store, rulebook, on)

    assert found == (["acme 2027-03-01"] if is_listed else [])


@pytest.mark.req("REN-1", "REN-2")
def test_a_monthly_contract_is_listed_from_twenty_days_before(
    store: Store, rulebook: Rulebook
) -> None:
    monthly = a_small_book(commitment_months=1)
    imported(store, rulebook, monthly, at("2026-06-02"))

    assert listed(store, rulebook, date(2026, 6, 10)) == []
    assert listed(store, rulebook, date(2026, 6, 11)) == ["acme 2026-07-01"]


@pytest.mark.req("REN-2")
def test_a_change_that_needs_a_person_stays_listed(
    store: Store, rulebook: Rulebook
) -> None:
    nobody = a_customer(primary_contact=None)
    imported(store, rulebook, with_rows(a_small_book(), nobody), at("2027-02-20"))
    row = _list(store, rulebook, date(2027, 2, 25), JUNE)[0]
    with store.begin() as unit:
        [change] = unit.changes.all()
        changed = {"attention": "somebody decides"}
        unit.changes.apply([_held(change, changed)])
        unit.commit()

    later = _list(store, rulebook, date(2028, 1, 1), JUNE)

    assert row["attention"] is None
    assert [each["attention"] for each in later] == ["somebody decides"]


@pytest.mark.req("REN-2")
@pytest.mark.parametrize(
    ("now", "is_listed"),
    [(at("2027-02-28"), False), (at("2027-03-02"), True)],
    ids=["before it has begun", "once it has begun"],
)
def test_a_change_that_the_clock_left_lying_is_listed(
    store: Store, rulebook: Rulebook, now: datetime, is_listed: bool
) -> None:
    imported(store, rulebook, a_small_book(), JUNE)

    found = _list(store, rulebook, date(2027, 3, 2), now)

    assert [row["overdue"] for row in found] == ([True] if is_listed else [])


@pytest.mark.req("REN-2")
def test_a_closed_change_is_not_listed(store: Store, rulebook: Rulebook) -> None:
    imported(store, rulebook, a_small_book(), JUNE)
    ended = with_rows(a_small_book(), a_contract(ended_on=date(2026, 11, 1)))

    imported(store, rulebook, ended, at("2026-11-01"))

    assert listed(store, rulebook, IN_WINDOW) == []


SEARCHES = {
    "a part of the name": ("bicyc", ["acme"]),
    "the name in capitals": ("ACME", ["acme"]),
    "an accented name in small letters": ("éditions", ["coral"]),
    "a name whose accents are in capitals": ("INÈS", ["acme"]),
    "the domain": ("acme.exam", ["acme"]),
    "the hub id": ("4711", ["acme"]),
    "a part of a hub id": ("47", ["acme", "coral"]),
    "the customer's code": ("bolt", ["bolt"]),
    "the contract's code": ("K-3", ["coral"]),
    "the contact's name": ("inès", ["acme"]),
    "the contact's address": ("coral.contact@", ["coral"]),
    "a percent sign": ("%", ["bolt"]),
    "a percent sign in a name": ("100% s", ["bolt"]),
    "an underscore": ("_", ["bolt", "coral"]),
    "a hub id with an underscore": ("47_1", ["coral"]),
    "a backslash": ("odd\\name", ["bolt"]),
    "a quote": ("'", []),
    "what nobody is called": ("nobody", []),
}


@pytest.mark.req("REN-12")
@pytest.mark.parametrize(("search", "expected"), SEARCHES.values(), ids=list(SEARCHES))
def test_a_search_finds_customers_by_what_identifies_them(
    store: Store, rulebook: Rulebook, search: str, expected: list[str]
) -> None:
    imported(store, rulebook, BOOK, at("2027-02-10"))

    found = listed(store, rulebook, date(2027, 2, 15), search=search)

    assert sorted({each.split()[0] for each in found}) == expected


@pytest.mark.req("REN-14")
def test_a_partners_list_holds_its_own_customers_only(
    store: Store, rulebook: Rulebook
) -> None:
    imported(store, rulebook, BOOK, JUNE)
    before = listed(store, rulebook, IN_WINDOW, partner="nord")

    left = a_customer("bolt", name="Bolt", partner=None)
    imported(store, rulebook, [left], at("2026-11-15"))

    assert before == ["bolt 2027-03-01"]
    assert listed(store, rulebook, IN_WINDOW, partner="nord") == []
    assert "bolt 2027-03-01" in listed(store, rulebook, IN_WINDOW)


@pytest.mark.req("REN-11")
def test_the_list_shows_the_earliest_renewal_first(
    store: Store, rulebook: Rulebook
) -> None:
    imported(store, rulebook, BOOK, at("2027-02-10"))

    found = listed(store, rulebook, date(2027, 2, 15))

    assert found == ["acme 2027-03-01", "bolt 2027-03-01", "coral 2027-03-01"]


def _held(change: ChangeRow, values: dict[str, str]) -> ChangeUpdate:
    return ChangeUpdate(
        change.id,
        change.version,
        change.version + 1,
        change.state,
        change.handled_until,
        change.notice_out_at,
        change.next_due_at,
        values["attention"],
        change.closed_at,
        "rules",
        change.head,
    )
