import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from engine.domain.errors import TacitError
from engine.domain.outcome import RefusalReason
from engine.domain.ruleset import Rulebook
from engine.services.advance_clock import advance_clock
from engine.services.relay_outbox import relay_outbox
from engine.services.seal_audit import seal
from tests.support.books import a_contract, a_small_book, at
from tests.support.installation import Installation

CUSTOMER = "acme.contact"


@pytest.fixture
def rulebook(rulebook: Rulebook) -> Rulebook:
    """Rules by which each message is a letter of its own."""
    return replace(rulebook, routing=replace(rulebook.routing, digest=None))


@pytest.mark.req("OPS-2", "RULE-10")
def test_after_sixty_days_of_downtime_what_fell_due_is_told_once(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    tacit.runs(at("2026-11-01T08:00"), at("2026-11-05"))

    tacit.runs(at("2027-01-05"), at("2027-01-09"))

    assert tacit.told_to(CUSTOMER) == ["renewal_notice"] * 2
    [_, late] = [each for each in tacit.trail() if each["kind"] == "reminder"]
    assert late["due_at"].startswith("2026-12-31")
    assert len(late["stands_for"]) == 1


@pytest.mark.req("OPS-2")
def test_what_fell_due_is_done_in_due_order(tacit: Installation) -> None:
    months = [3, 1, 2]
    rows = [a_contract(f"C-{month}", started_on=_first(month)) for month in months]
    tacit.imports([*a_small_book(), *rows], at("2025-06-01"))

    tacit.tick(at("2027-06-01"))

    changes = tacit.rows(
        "SELECT code FROM audit JOIN changes ON changes.id = subject_id "
        "WHERE kind = 'held' AND code LIKE 'C%' ORDER BY audit.id"
    )
    assert [row["code"][:3] for row in changes] == ["C-1", "C-2", "C-3"]


@pytest.mark.req("OPS-2", "REN-15", "RULE-10")
def test_a_term_that_passed_untold_meanwhile_waits_for_a_person(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(commitment_months=1), at("2026-03-02"))
    tacit.runs(at("2026-03-10"), at("2026-03-25"))

    tacit.runs(at("2026-07-10"), at("2026-09-10"))

    rows = tacit.rows("SELECT code, state, attention FROM changes ORDER BY code")
    april, may = rows
    assert (april["code"][-8:], april["state"]) == ("20260401", "renewed")
    assert (may["code"][-8:], may["state"]) == ("20260501", "pending")
    assert may["attention"]
    assert tacit.flaws() == []


@pytest.mark.req("OPS-2")
def test_a_second_tick_at_the_same_time_does_nothing(tacit: Installation) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    now = at("2026-11-01T08:00")
    tacit.passes(now)
    before = tacit.contents()

    tacit.passes(now)

    assert tacit.contents() == before


@pytest.mark.req("OPS-2")
def test_a_clock_that_was_set_back_repeats_nothing(tacit: Installation) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    tacit.passes(at("2026-12-01T08:00"))

    for day in range(30):
        tacit.passes(at("2026-11-01T08:00") + timedelta(days=day))

    assert tacit.told_to(CUSTOMER) == ["renewal_notice"]


@pytest.mark.req("OPS-3", "BOT-2")
def test_two_clocks_and_two_relays_at_once_do_nothing_twice(
    tacit: Installation,
) -> None:
    rows = [*a_small_book(), *(a_contract(f"C-{n}") for n in range(40))]
    tacit.imports(rows, at("2026-06-01"))
    now = at("2026-11-01T08:00")
    relay = tacit.delivering(batch=10, record_every=5)

    def run_a_clock(_: int) -> None:
        for _attempt in range(20):
            try:
                advance_clock(tacit.store, tacit.rulebook, now, batch=7)
                relay_outbox(tacit.store, tacit.rulebook, relay, lambda: now)
                seal(tacit.store, now)
            except TacitError as error:
                # What lost against another clock is tried again at the next tick.
                sys.stderr.write(f"{error}\n")

    with ThreadPoolExecutor(4) as clocks:
        list(clocks.map(run_a_clock, range(4)))

    keys = [letter.key for letter in tacit.letters()]
    assert len(keys) == len(set(keys)) == 2 * 41
    assert [row["status"] for row in tacit.messages()] == ["sent"] * 41
    assert tacit.flaws() == []


def _first(month: int) -> object:
    return at(f"2026-{month:02}-01").date()


@pytest.mark.req("OPS-2", "REN-18")
def test_a_change_in_a_state_that_the_rules_lost_stops_nobody_else(
    tacit: Installation,
) -> None:
    tacit.imports([*a_small_book(), a_contract("K-2")], at("2026-06-01"))
    tacit.execute("UPDATE changes SET state = 'gone' WHERE code LIKE 'K-1.%'")

    tacit.passes(at("2026-11-01T08:00"))
    tacit.passes(at("2026-11-01T12:00"))

    assert tacit.told_to(CUSTOMER) == ["renewal_notice"]
    assert tacit.change().attention == 'the rules have no state "gone"'
    assert tacit.kinds() == ["opened", "held"]
    refused = tacit.fire("accept", CUSTOMER, at("2026-11-02")).refusal
    assert refused is not None
    assert refused.reason is RefusalReason.NOT_POSSIBLE
