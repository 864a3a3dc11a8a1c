"""Clocks that stop, and clocks that run twice."""

from datetime import datetime, timedelta

import pytest

from engine.domain.ruleset import Rulebook
from engine.store.unit_of_work import Store
from notifiers.rendering import Templates
from tests.faults.child import Step
from tests.faults.conftest import NewBook, Nursery
from tests.support.books import a_contract, a_customer, a_person, at
from tests.support.installation import Installation
from tests.support.invariants import Ledger, broken_invariants

CUSTOMER = "acme.contact"
BOOK = [
    a_customer(),
    a_person(CUSTOMER, customer="acme"),
    a_person("ops", roles=("operations",)),
    a_contract(),
]
#: Midnights in Paris: the end of day 45, and of day 44, before 1 March 2027.
DAY_45_ENDS, DAY_44_ENDS = at("2027-01-15T23:00"), at("2027-01-16T23:00")
DOWN = {
    "across day 45": (at("2027-01-14T12:00"), at("2027-01-16T12:00")),
    "across days 45 and 44": (at("2027-01-14T12:00"), at("2027-01-18T12:00")),
    "from the last notice to the start": (at("2027-01-01"), at("2027-02-28")),
    "over the last reminder": (at("2027-01-14T07:00"), at("2027-01-15T12:00")),
}


@pytest.fixture
def tacit(store: Store, rulebook: Rulebook, templates: Templates) -> Installation:
    installation = Installation(store, rulebook, templates)
    installation.imports(BOOK, at("2026-06-01"))
    return installation


@pytest.mark.req("OPS-2", "REN-4", "REN-7")
@pytest.mark.parametrize(("stops", "starts"), DOWN.values(), ids=list(DOWN))
def test_a_customer_who_was_told_is_renewed_after_a_clock_that_was_down(
    tacit: Installation, stops: datetime, starts: datetime
) -> None:
    tacit.runs(at("2026-11-01T08:00"), stops)

    tacit.runs(starts, starts + timedelta(days=20))

    change = tacit.change()
    assert change.state == "renewed"
    [renewed] = tacit.rows("SELECT at FROM audit WHERE kind = 'transition'")
    assert str(renewed["at"])[:10] == str(max(starts, DAY_45_ENDS))[:10]
    ledger = Ledger(keys=[letter.key for letter in tacit.letters()])
    now = starts + timedelta(days=19)
    assert broken_invariants(tacit.store.engine, now, ledger, drained=False) == []


@pytest.mark.req("OPS-2", "REN-6")
def test_a_cancellation_counts_to_the_end_of_day_45_though_the_clock_is_down(
    tacit: Installation,
) -> None:
    tacit.runs(at("2026-11-01T08:00"), at("2027-01-14T12:00"))

    last_moment = DAY_45_ENDS - timedelta(microseconds=1)
    fired = tacit.fire("request_cancellation", CUSTOMER, last_moment)
    tacit.runs(DAY_44_ENDS, at("2027-03-02"))

    assert fired.refusal is None
    assert tacit.change().state == "cancellation_requested"
    assert tacit.change().ended_on is not None


@pytest.mark.req("OPS-2", "REN-6")
def test_a_cancellation_after_day_45_is_too_late_though_the_clock_is_down(
    tacit: Installation,
) -> None:
    tacit.runs(at("2026-11-01T08:00"), at("2027-01-14T12:00"))

    fired = tacit.fire("request_cancellation", CUSTOMER, DAY_45_ENDS)

    assert fired.refusal is not None
    assert str(fired.refusal.values["deadline"]) == "2027-01-15"


@pytest.mark.req("OPS-2", "RULE-10")
def test_a_clock_that_was_down_since_before_the_first_notice_tells_first(
    tacit: Installation,
) -> None:
    back = at("2027-01-18T12:00")

    tacit.runs(back, at("2027-01-25T23:00"))
    told, waiting = tacit.told_to(CUSTOMER), tacit.change().state
    tacit.runs(at("2027-01-25T23:00"), at("2027-01-27"))

    assert told == ["last_call"]
    assert waiting == "pending"
    assert tacit.change().state == "renewed"


def a_day_of(passes: int) -> list[Step]:
    return [["pass", "2026-11-01T08:00+00:00"]] * passes


@pytest.mark.req("OPS-3", "BOT-2")
def test_four_processes_on_one_database_do_nothing_twice(
    new_book: NewBook, nursery: Nursery
) -> None:
    nursery.forget()
    url = new_book()

    lives = nursery.live_together([nursery.order(url, a_day_of(5))] * 4)
    nursery.live(url, a_day_of(1))

    store = Store.open(url)
    now = at("2026-11-01T08:00")
    broken = broken_invariants(store.engine, now, nursery.ledger())
    copies = nursery.ledger().copies()
    store.close()
    assert {life["signal"] for life in lives} == {0}
    assert broken == []
    assert set(copies.values()) == {1}


@pytest.mark.req("OPS-3", "BOT-2")
def test_a_process_that_is_killed_beside_another_does_no_harm(
    new_book: NewBook, nursery: Nursery
) -> None:
    nursery.forget()
    url = new_book()
    deaths = [12, 23, 31, 0]

    lives = nursery.live_together(
        [nursery.order(url, a_day_of(5), die_at) for die_at in deaths]
    )
    later: list[Step] = [[*a_day_of(1)[0][:1], "2026-11-01T12:00+00:00"]] * 2
    nursery.live(url, later)

    store = Store.open(url)
    now = at("2026-11-01T12:00")
    broken = broken_invariants(store.engine, now, nursery.ledger())
    store.close()
    assert 9 in {life["signal"] for life in lives}
    assert broken == []
