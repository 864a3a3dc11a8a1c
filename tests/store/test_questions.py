"""Questions to the list: narrowed, sorted, counted and cut, on both databases."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from config.permissions import SHIPPED, load_policy
from engine.domain.access import (
    Action,
    Actor,
    Membership,
    Role,
    Side,
    actor_of,
    operator,
)
from engine.domain.errors import NotFoundError, TacitError
from engine.domain.listing import SORTS, Deadlines, Question, QuestionError
from engine.domain.ruleset import Rulebook
from engine.services.deadline_counts import DeadlineCounts
from engine.services.fire_event import fire_event
from engine.services.list_changes import Listing, list_changes, look_ahead
from engine.services.take_up_rules import take_up
from engine.store.unit_of_work import Store
from tests.support.books import (
    a_contract,
    a_customer,
    a_partner,
    a_person,
    at,
    imported,
)

NOW = at("2026-12-01T10:00")
ON = NOW.date()
NAMES = ("Zénith", "Brûlerie", "atelier", "Écume", "Mercure", "Lune", "Orion")


def a_long_book() -> list[Any]:
    """Seven customers, whose renewals start a day after one another."""
    book = [
        a_partner("nord", owns_conversations=True, point_of_contact=None),
        a_partner("sud", point_of_contact=None),
    ]
    for number, name in enumerate(NAMES, start=1):
        code = f"c{number}"
        partner = {1: "nord", 2: "sud"}.get(number)
        person = f"{code}.contact"
        book += [
            a_customer(code, name=name, partner=partner, hub_id=str(900 + number)),
            a_person(person, customer=code, name=f"Contact {9 - number}"),
            a_contract(
                f"K-{number}",
                customer=code,
                started_on=date(2026, 2, number),
                currency="EUR",
                mrr=1_000 * (10 - number),
            ),
        ]
    return book


def ask(
    store: Store, rulebook: Rulebook, actor: Actor | None = None, **values: Any
) -> Listing:
    question = Question(**{"on": ON, "now": NOW, **values})
    return list_changes(store, rulebook, question, actor or operator())


def customers(listing: Listing) -> list[str]:
    return [row["customer_id"] for row in listing.rows]


def somebody(side: Side, id_: int | None, *actions: Action) -> Actor:
    role = Role("some", frozenset({side}), frozenset(actions))
    return Actor("x", "X", (Membership(side, id_, (role,)),))


@pytest.mark.req("REN-12")
@pytest.mark.parametrize("search", ["brulerie", "Brûlerie", "BRÛL", "contact 7 brul"])
def test_a_customer_is_found_with_and_without_accents(
    store: Store, rulebook: Rulebook, search: str
) -> None:
    imported(store, rulebook, a_long_book(), NOW)

    assert customers(ask(store, rulebook, search=search)) == ["c2"]


@pytest.mark.req("REN-12")
def test_a_search_follows_every_edit_of_what_finds_a_customer(
    store: Store, rulebook: Rulebook
) -> None:
    imported(store, rulebook, a_long_book(), NOW)
    edited = [
        a_customer("c1", name="Neuve", hub_id="4242", partner="nord"),
        a_person("c2.contact", customer="c3", name="Partie Ailleurs"),
        a_contract("K-4", customer="c5", started_on=date(2026, 2, 4)),
    ]
    imported(store, rulebook, edited, NOW)
    found = {
        search: customers(ask(store, rulebook, search=search))
        for search in ("zenith", "neuve", "4242", "ailleurs", "K-4")
    }

    assert found == {
        "zenith": [],
        "neuve": ["c1"],
        "4242": ["c1"],
        "ailleurs": ["c3"],
        "K-4": ["c5", "c5"],
    }
    assert customers(ask(store, rulebook, customer="c5")) == ["c5", "c5"]


@pytest.mark.req("REN-11")
@pytest.mark.parametrize("sort", SORTS)
def test_pages_by_cursor_hold_each_change_once_in_any_order(
    store: Store, rulebook: Rulebook, sort: str
) -> None:
    imported(store, rulebook, a_long_book(), NOW)
    for descending in (False, True):
        whole = ask(store, rulebook, sort=sort, descending=descending)
        pages, after = [], None
        while True:
            page = ask(
                store, rulebook, sort=sort, descending=descending, limit=2, after=after
            )
            pages += [row["id"] for row in page.rows]
            assert page.total == whole.total == len(NAMES)
            after = page.next
            if after is None:
                break

        assert pages == [row["id"] for row in whole.rows]


@pytest.mark.req("REN-11")
def test_names_are_sorted_without_case_and_accents(
    store: Store, rulebook: Rulebook
) -> None:
    imported(store, rulebook, a_long_book(), NOW)

    listed = ask(store, rulebook, sort="customer")

    assert [row["customer"] for row in listed.rows] == [
        "atelier", "Brûlerie", "Écume", "Lune", "Mercure", "Orion", "Zénith",
    ]  # fmt: skip


@pytest.mark.req("REN-11")
def test_a_cursor_stays_where_it_was_while_rows_come_and_go(
    store: Store, rulebook: Rulebook
) -> None:
    imported(store, rulebook, a_long_book(), NOW)
    first = ask(store, rulebook, limit=3)
    early = a_contract("K-0", customer="c7", started_on=date(2026, 1, 20))
    ended = a_contract(
        "K-2", customer="c2", started_on=date(2026, 2, 2), ended_on=date(2026, 11, 1)
    )
    imported(store, rulebook, [early, ended], NOW)

    second = ask(store, rulebook, limit=3, after=first.next)

    assert customers(first) == ["c1", "c2", "c3"]
    assert customers(second) == ["c4", "c5", "c6"]


FILTERS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a state": ({"states": frozenset({"renewed"})}, []),
    "several states": (
        {"states": frozenset({"pending", "renewed"}), "limit": 2},
        ["c1", "c2"],
    ),
    "a type": ({"types": frozenset({"email_overage"})}, []),
    "told by the partner": ({"owner": "partner"}, ["c1"]),
    "told by the vendor": ({"owner": "vendor", "limit": 2}, ["c2", "c3"]),
    "a partner": ({"partner": "sud"}, ["c2"]),
    "a customer": ({"customer": "c6"}, ["c6"]),
    "a first deadline": ({"deadline_from": date(2026, 12, 23)}, ["c6", "c7"]),
    "a last deadline": ({"deadline_to": date(2026, 12, 19)}, ["c1", "c2"]),
    "one day": (
        {"deadline_from": date(2026, 12, 20), "deadline_to": date(2026, 12, 20)},
        ["c3"],
    ),
    "a page further on": ({"limit": 2, "offset": 5}, ["c6", "c7"]),
    "a page beyond the end": ({"limit": 2, "offset": 50}, []),
}


@pytest.mark.req("REN-2", "REN-8", "REN-11")
@pytest.mark.parametrize(("asked", "expected"), FILTERS.values(), ids=list(FILTERS))
def test_the_list_is_narrowed(
    store: Store, rulebook: Rulebook, asked: dict[str, Any], expected: list[str]
) -> None:
    imported(store, rulebook, a_long_book(), NOW)

    assert customers(ask(store, rulebook, **asked)) == expected


@pytest.mark.req("REN-8")
def test_the_owner_that_is_filtered_by_is_the_one_that_is_shown(
    store: Store, rulebook: Rulebook
) -> None:
    imported(store, rulebook, a_long_book(), NOW)
    with store.begin() as unit:
        rows = {row.contract_code: row for row in unit.changes.all()}
        unit.changes.set_owner(rows["K-1"].id, "vendor")
        unit.changes.set_owner(rows["K-2"].id, "partner")
        unit.changes.set_owner(rows["K-3"].id, "partner")  # nobody is there to own it
        unit.commit()

    for owner in ("vendor", "partner"):
        listed = ask(store, rulebook, owner=owner)
        assert {row["owner"] for row in listed.rows} == {owner}
    assert customers(ask(store, rulebook, owner="partner")) == ["c2"]


@pytest.mark.req("REN-2")
def test_what_needs_a_person_can_be_asked_for_alone(
    store: Store, rulebook: Rulebook
) -> None:
    imported(store, rulebook, a_long_book(), NOW)
    with store.engine.begin() as connection:
        held = "UPDATE changes SET attention = 'look' WHERE code LIKE 'K-3%'"
        connection.execute(text(held))
    later: dict[str, Any] = {"on": date(2027, 6, 1)}

    assert customers(ask(store, rulebook, needs_person=True)) == ["c3"]
    assert customers(ask(store, rulebook, needs_person=True, **later)) == ["c3"]
    assert customers(ask(store, rulebook, **later)) == ["c3"]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a state": (
        {"states": frozenset({"pendin"})},
        'there is no state "pendin" (did you mean "pending"?)',
    ),
    "a type": ({"types": frozenset({"x"})}, 'there is no type "x" (known: '),
    "an owner": ({"owner": "us"}, 'there is no owner "us"'),
    "a sort": ({"sort": "colour"}, 'there is no sort "colour"'),
    "a cursor": ({"after": "!!"}, "this is no cursor of the list"),
    "a long cursor": ({"after": "W1tbW1tb" * 9}, "this is no cursor of the list"),
    "a search": ({"search": "x" * 201}, "a search has at most 200 characters"),
    "days": (
        {"deadline_from": date(2027, 1, 2), "deadline_to": date(2027, 1, 1)},
        "before they begin on 2027-01-02",
    ),
    "no rows": ({"limit": 0}, "a page has at least one row"),
    "an offset": ({"offset": -1}, "no row is there"),
}


@pytest.mark.parametrize(("asked", "said"), WRONG.values(), ids=list(WRONG))
def test_what_cannot_be_answered_is_refused_with_what_can(
    store: Store, rulebook: Rulebook, asked: dict[str, Any], said: str
) -> None:
    with pytest.raises(QuestionError) as refusal:
        ask(store, rulebook, **asked)

    assert said in str(refusal.value)


def test_a_cursor_of_another_order_is_refused(store: Store, rulebook: Rulebook) -> None:
    imported(store, rulebook, a_long_book(), NOW)
    cursor = ask(store, rulebook, limit=1, sort="deadline").next

    with pytest.raises(TacitError, match="sorted otherwise"):
        ask(store, rulebook, limit=1, sort="type", after=cursor)


@pytest.mark.req("REN-11")
def test_somebody_sees_what_is_theirs_and_no_amount_that_is_not(
    store: Store, rulebook: Rulebook
) -> None:
    imported(store, rulebook, a_long_book(), NOW)
    with store.begin(read_only=True) as unit:
        nord = unit.book.one("partners", "nord")["id"]
        c5 = unit.book.one("customers", "c5")["id"]
    blind = somebody(Side.PARTNER, nord, Action.SEE_CHANGES, Action.SEE_PARTNERS)
    sighted = somebody(Side.CUSTOMER, c5, Action.SEE_CHANGES, Action.SEE_AMOUNTS)

    [hidden] = ask(store, rulebook, blind).rows
    [shown] = ask(store, rulebook, sighted, sort="mrr").rows

    assert (hidden["customer_id"], hidden["mrr"]) == ("c1", None)
    assert (shown["customer_id"], shown["mrr"]) == ("c5", "50.00")
    with pytest.raises(QuestionError):
        ask(store, rulebook, blind, sort="mrr")
    for others in ({"partner": "sud"}, {"customer": "c5"}):
        with pytest.raises(NotFoundError):
            ask(store, rulebook, blind, **others)


@pytest.mark.req("REN-2")
def test_deadlines_are_counted_by_day_and_state(
    store: Store, rulebook: Rulebook
) -> None:
    imported(store, rulebook, a_long_book(), NOW)
    fire_event(store, rulebook, "K-2.R20270202", "accept", the_contact(store), NOW)
    counts, question, day = DeadlineCounts(), Question(ON, NOW), date(2026, 12, 23)

    def look(asked: Question) -> tuple[Listing, Deadlines]:
        return look_ahead(store, rulebook, asked, operator(), counts)

    _, deadlines = look(question)
    searched = replace(question, search="lune", deadline_to=day)
    found, narrowed = look(searched)
    late = replace(searched, deadline_from=day + timedelta(days=1), deadline_to=None)
    none, unchanged = look(late)

    assert len(deadlines) == len(NAMES)
    assert deadlines[date(2026, 12, 19)] == {"renewed": 1}
    assert narrowed == unchanged == {day: {"pending": 1}}
    assert (found.total, len(found.rows)) == (1, 1)
    assert (none.total, len(none.rows)) == (0, 0)


@pytest.mark.req("REN-2")
def test_counts_that_are_kept_follow_every_write(
    store: Store, rulebook: Rulebook
) -> None:
    imported(store, rulebook, a_long_book(), NOW)
    counts, question = DeadlineCounts(), Question(ON, NOW, search="c2.contact")

    def look() -> tuple[int, list[dict[str, int]]]:
        found, days = look_ahead(store, rulebook, question, operator(), counts)
        return found.total, [dict(each) for each in days.values()]

    before, again = look(), look()
    fire_event(store, rulebook, "K-2.R20270202", "accept", the_contact(store), NOW)
    accepted = look()
    moved = a_person("c2.contact", customer="c3", email="other@example.com")
    imported(store, rulebook, [moved], NOW)

    assert before == again == (1, [{"pending": 1}])
    assert accepted == (1, [{"renewed": 1}])
    assert look() == (0, [])


def the_contact(store: Store) -> Actor:
    """The primary contact of the customer c2, who may answer."""
    with store.begin(read_only=True) as unit:
        person = unit.book.person("c2.contact")
    return actor_of(load_policy(SHIPPED), person, is_primary_contact=True)


@pytest.mark.req("REN-17")
def test_a_database_of_before_is_filled_when_rules_are_taken_up(
    store: Store, rulebook: Rulebook
) -> None:
    imported(store, rulebook, a_long_book(), NOW)
    take_up(store, rulebook, NOW)
    before = ask(store, rulebook, sort="deadline").rows
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE changes SET deadline_on = NULL"))
        connection.execute(text("UPDATE customers SET search = '', sorts_as = ''"))

    take_up(store, rulebook, NOW)

    assert ask(store, rulebook, sort="deadline").rows == before
    assert customers(ask(store, rulebook, search="brulerie", sort="customer")) == ["c2"]
