"""Reminders that are due for one reader at one time come as one letter."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from engine.domain.ruleset import Digest, Rulebook
from engine.domain.wishes import DELIVERY
from tests.support.books import (
    a_contract,
    a_customer,
    a_partner,
    a_person,
    a_small_book,
    at,
    with_rows,
)
from tests.support.channels import a_channel_that_is_down
from tests.support.installation import Installation, Told

CUSTOMER, PARTNER = "acme.contact", "nord.poc"
LISTED = at("2026-11-01T08:00")
SECOND = "K-2.R20270301"


def two_contracts(tacit: Installation) -> None:
    """One customer with two contracts that renew on one day."""
    rows = with_rows(a_small_book(), a_contract("K-2"))
    tacit.imports(rows, at("2026-06-01"))


@pytest.mark.req("BOT-7")
def test_two_reminders_on_one_day_are_one_letter_with_answers_of_their_own(
    tacit: Installation,
) -> None:
    two_contracts(tacit)

    tacit.tick(LISTED)
    tacit.relay(
        LISTED, answer_at=lambda prompt, _, event: f"https://x/{prompt}/{event}"
    )

    letters = {letter.address: letter for letter in tacit.letters()}
    assert len(tacit.letters()) == len(letters) == 2
    mine = letters["acme.contact@example.com"]
    assert mine.rendered.subject.startswith("2 changes to your contracts")
    prompts = [tacit.prompts()[0].id, tacit.prompts(SECOND)[0].id]
    for shape in (mine.rendered.text, mine.rendered.html):
        assert shape.count("renews on") == 2
        for prompt in prompts:
            assert f"https://x/{prompt}/accept" in shape
    assert "https://x/" not in letters["nord.poc@example.com"].rendered.html
    assert [m["status"] for m in tacit.messages()] == ["sent", "sent"]
    assert tacit.change().notice_out_at == tacit.change(SECOND).notice_out_at == LISTED
    assert tacit.flaws() == []


@pytest.mark.req("BOT-7")
def test_what_is_urgent_comes_by_itself(tacit: Installation) -> None:
    two_contracts(tacit)

    tacit.runs(LISTED, at("2027-01-12"))

    keys = [one.key for one in tacit.letters() if one.address.startswith(CUSTOMER)]
    assert [key.startswith("digest/") for key in keys] == [True] * 3 + [False] * 2


@pytest.mark.req("BOT-7", "BOT-2")
def test_a_digest_that_failed_comes_again_as_it_was_and_nothing_joins_it(
    tacit: Installation,
) -> None:
    two_contracts(tacit)
    tacit.tick(LISTED)
    tacit.relay(LISTED, email=a_channel_that_is_down())
    later = LISTED + timedelta(minutes=5)
    tacit.imports([a_contract("K-3", started_on=date(2026, 3, 1))], later)
    tacit.tick(later)

    tacit.relay(later)

    mine = [one for one in tacit.letters() if one.address.startswith(CUSTOMER)]
    together = [one for one in mine if one.key.startswith("digest/")]
    assert len(together) == 1
    assert together[0].rendered.subject.startswith("2 changes")
    assert len({one.key for one in tacit.letters()}) == len(tacit.letters())
    assert tacit.flaws() == []


@pytest.mark.req("BOT-7", "BOT-3")
def test_what_was_answered_before_the_next_try_is_left_out_of_it(
    tacit: Installation,
) -> None:
    two_contracts(tacit)
    tacit.tick(LISTED)
    tacit.relay(LISTED, email=a_channel_that_is_down())

    tacit.fire("accept", "ops", LISTED + timedelta(minutes=1))
    tacit.relay(LISTED + timedelta(minutes=5))

    told = [one for one in tacit.told() if one.person == CUSTOMER]
    assert Told("renewal_notice", CUSTOMER, "email") in told
    assert tacit.messages()[0]["status"] == "dropped"


@pytest.mark.req("BOT-7")
def test_those_that_a_batch_leaves_out_join_it(tacit: Installation) -> None:
    rows = [a_contract(f"K-{number}") for number in range(2, 12)]
    tacit.imports([*a_small_book(), *rows], at("2026-06-01"))
    tacit.tick(LISTED)

    tacit.relay(LISTED, batch=3)

    assert len(tacit.letters()) == 2
    assert len(tacit.told()) == 22


@pytest.mark.req("BOT-7")
def test_who_wants_one_message_a_day_has_it_at_their_hour(tacit: Installation) -> None:
    others = [
        a_customer("far", partner="nord", time_zone="America/Los_Angeles"),
        a_person("far.contact", customer="far"),
        a_contract("K-9", customer="far"),
    ]
    rows = with_rows(a_small_book(), a_partner(owns_conversations=True))
    tacit.imports([*rows, *others], at("2026-06-01"))
    with tacit.store.begin() as unit:
        wishes = '{"zone": "Europe/Paris", "digest_at": "18:30"}'
        unit.accounts.prefer(unit.book.person(PARTNER).id, DELIVERY, wishes)
        unit.commit()

    tacit.runs(at("2026-10-31T12:00"), at("2026-11-03"))

    [letter] = tacit.letters()
    assert letter.rendered.subject == "2 changes to tell your clients about"
    assert {told.person for told in tacit.told()} == {PARTNER}
    assert tacit.flaws() == []


@pytest.mark.req("BOT-7")
def test_a_digest_too_long_to_be_read_is_several(
    tacit: Installation, rulebook: Rulebook
) -> None:
    rows = [a_contract(f"K-{number}") for number in range(2, 6)]
    tacit.imports([*a_small_book(), *rows], at("2026-06-01"))
    tacit.tick(LISTED)
    short = replace(rulebook.routing, digest=Digest(2, 2))
    tacit.rulebook = replace(rulebook, routing=short)

    tacit.relay(LISTED)

    mine = [one.key for one in tacit.letters() if one.address.startswith(CUSTOMER)]
    assert [key.startswith("digest/") for key in sorted(mine)] == [False, True, True]
    assert len(set(mine)) == 3
    assert len(tacit.told()) == 10
