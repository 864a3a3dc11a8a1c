"""Relays that stall, channels that are closed, and records that cannot be made."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from engine.domain.errors import (
    ChannelUnavailableError,
    PermanentDeliveryError,
    TransientDeliveryError,
)
from engine.domain.letters import Letter, Receipt
from engine.domain.retry import RetryPolicy
from engine.domain.ruleset import Rulebook
from notifiers.recording import RecordingChannel
from tests.services.test_delivery import BOTH, CUSTOMER, minutes_later, tries
from tests.support.books import (
    a_contract,
    a_partner,
    a_person,
    a_small_book,
    at,
    with_rows,
)
from tests.support.channels import Meddling
from tests.support.installation import Installation

JUNE, LISTED = at("2026-06-01"), at("2026-11-01T08:00")
PARTNER = "nord.poc"
RETRY = RetryPolicy(3, timedelta(minutes=1), timedelta(minutes=3))


@pytest.fixture
def rulebook(rulebook: Rulebook) -> Rulebook:
    """Rules by which each message is a letter of its own."""
    return replace(rulebook, routing=replace(rulebook.routing, digest=None))


class Closed(RecordingChannel):
    """Takes nothing until it is opened; `asked` counts who tried."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.open = False

    def send(self, letter: Letter) -> Receipt:
        self.asked += 1
        if not self.open:
            raise ChannelUnavailableError("signed out", retry_after=300)
        return super().send(letter)


def owned_by_the_partner(tacit: Installation, contracts: int) -> None:
    book = with_rows(a_small_book(), a_partner(owns_conversations=True))
    tacit.imports([*book, *(a_contract(f"C-{n}") for n in range(contracts))], JUNE)
    tacit.tick(LISTED)


@pytest.mark.req("BOT-2")
def test_a_closed_channel_is_asked_once_a_pass_and_costs_no_message_a_try(
    tacit: Installation,
) -> None:
    rows = with_rows(BOTH, *(a_contract(f"C-{n}") for n in range(9)))
    tacit.imports(rows, JUNE)
    tacit.tick(LISTED)
    slack = Closed()

    tacit.relay(LISTED, slack=slack, workers=1)
    asked = slack.asked
    tacit.relay(minutes_later(4), slack=slack, workers=1)
    slack.open = True
    tacit.relay(minutes_later(5), slack=slack, workers=1)

    assert asked == 1
    assert len(slack.letters) == 10
    assert {copy[1:] for copy in tries(tacit)} == {("sent", 1, 0)}
    assert {row["status"] for row in tacit.messages()} == {"sent"}


@pytest.mark.req("BOT-2")
def test_what_waits_for_a_closed_channel_says_so(tacit: Installation) -> None:
    tacit.imports(BOTH, JUNE)
    tacit.tick(LISTED)

    tacit.relay(LISTED, slack=Closed())

    [waiting] = tacit.messages()
    assert (waiting["status"], waiting["reason"]) == ("queued", "signed out")
    assert tries(tacit) == [("email", "sent", 1, 0), ("slack", "retry", 0, 0)]


@pytest.mark.req("REN-14", "REN-10")
def test_a_message_whose_turn_comes_late_goes_to_who_is_its_reader_by_then(
    tacit: Installation,
) -> None:
    owned_by_the_partner(tacit, contracts=2)
    now = LISTED

    def stall(_: Letter) -> None:
        nonlocal now
        if now == LISTED:
            now = minutes_later(2)
            tacit.edit(now).association("acme", None)

    slow = Meddling(stall)
    tacit.relay_with(tacit.delivering(email=slow, workers=1), lambda: now)

    readers = [letter.key.split("/")[-2] for letter in slow.letters]
    assert readers == [PARTNER, *[CUSTOMER] * 3]
    assert tacit.flaws() == []


@pytest.mark.req("BOT-2")
def test_a_turn_that_did_not_come_is_no_try(tacit: Installation) -> None:
    tacit.imports([*BOTH, a_contract("C-1")], JUNE)
    tacit.tick(LISTED)
    now = LISTED

    def stall(_: Letter) -> None:
        nonlocal now
        now = max(now, minutes_later(2))

    relay = tacit.delivering(email=Meddling(stall), workers=1)
    tacit.relay_with(relay, lambda: now)

    assert {copy[1:] for copy in tries(tacit)} == {("sent", 1, 0)}


@pytest.mark.req("BOT-2", "REN-18")
def test_a_message_that_ends_its_process_each_time_is_held(
    tacit: Installation,
) -> None:
    tacit.imports(with_rows(BOTH, a_person(CUSTOMER, customer="acme")), JUNE)
    tacit.tick(LISTED)

    class Deadly(RecordingChannel):
        def send(self, letter: Letter) -> Receipt:
            if letter.address.startswith(CUSTOMER):
                raise SystemExit
            return super().send(letter)

    now = LISTED
    for _ in range(RETRY.attempts):
        with pytest.raises(SystemExit):
            tacit.relay(now, email=Deadly(), retry=RETRY)
        now += timedelta(minutes=6)
    tacit.relay(now, email=Deadly(), retry=RETRY)

    [held] = tacit.messages("held")
    assert held["reason"] == "3 tries, the last of which ended without an answer"
    assert tries(tacit)[0] == ("email", "failed", 3, 3)
    assert tacit.kinds()[-2:] == ["undelivered", "sent"]
    assert tacit.flaws() == []


@pytest.mark.req("BOT-2")
def test_what_failed_for_good_is_not_tried_again_beside_its_sibling(
    tacit: Installation,
) -> None:
    tacit.imports(BOTH, JUNE)
    tacit.tick(LISTED)
    refuses = RecordingChannel([PermanentDeliveryError("no such account")] * 9)
    down = RecordingChannel([TransientDeliveryError("it is down")])

    tacit.relay(LISTED, email=down, slack=refuses)
    told_at_once = [letter.address for letter in down.letters]
    tacit.relay(minutes_later(1), slack=refuses)

    assert tries(tacit)[:2] == [("email", "sent", 2, 0), ("slack", "failed", 1, 0)]
    assert told_at_once == ["ops@example.com"]
    assert tacit.told_to("ops") == []
    [held] = tacit.messages("held")
    assert held["reason"] == "no such account"


@pytest.mark.req("BOT-2")
def test_a_release_tries_what_had_failed_for_good(tacit: Installation) -> None:
    tacit.imports(BOTH, JUNE)
    tacit.tick(LISTED)
    refuses = RecordingChannel([PermanentDeliveryError("no such account")])
    tacit.relay(LISTED, slack=refuses)

    tacit.releases([], minutes_later(9))
    tacit.relay(minutes_later(9))

    assert tries(tacit)[:2] == [("email", "sent", 1, 0), ("slack", "sent", 1, 0)]
    assert {row["status"] for row in tacit.messages()} == {"sent"}
    [edited] = [each for each in tacit.trail() if each["kind"] == "edited"]
    assert (edited["by"], edited["set"]) == (
        "somebody",
        {"held_messages": "released"},
    )
    assert tacit.flaws() == []


@pytest.mark.req("BOT-2")
def test_what_one_reader_has_is_not_called_undeliverable(tacit: Installation) -> None:
    tacit.imports(a_small_book(), JUNE)
    tacit.tick(LISTED)
    fails_once = Meddling(lambda _: None)

    class FailsForThePartner(RecordingChannel):
        def send(self, letter: Letter) -> Receipt:
            if letter.address.startswith(PARTNER):
                raise TransientDeliveryError("it is down")
            return super().send(letter)

    tacit.relay(LISTED, email=FailsForThePartner())
    tacit.execute("UPDATE customers SET primary_contact_id = NULL")
    tacit.relay(minutes_later(1), email=fails_once)

    assert [row["status"] for row in tacit.messages()] == ["sent"]
    assert fails_once.letters == []
    assert "undelivered" not in tacit.kinds()


@pytest.mark.req("BOT-2")
def test_what_a_server_puts_between_its_words_keeps_nothing_from_being_recorded(
    tacit: Installation,
) -> None:
    tacit.imports(BOTH, JUNE)
    tacit.tick(LISTED)
    rude = RecordingChannel([PermanentDeliveryError("no\x00such\x1b[31m user" * 99)])

    tacit.relay(LISTED, slack=rude)

    [held] = tacit.messages("held")
    assert held["reason"].startswith("no such [31m user")
    assert len(held["reason"]) == 500


@pytest.mark.req("BOT-2")
def test_one_message_that_cannot_be_recorded_spares_the_others(
    tacit: Installation,
) -> None:
    rows = with_rows(BOTH, a_person(CUSTOMER, customer="acme"))
    tacit.imports([*rows, *(a_contract(f"C-{n}") for n in range(5))], JUNE)
    tacit.tick(LISTED)

    class Unrecordable(RecordingChannel):
        def send(self, letter: Letter) -> Receipt:
            receipt = super().send(letter)
            poison = "no text, but half of a character: \ud800"
            return Receipt(poison) if "C-3" in letter.key else receipt

    email = Unrecordable()
    with pytest.raises(Exception, match=r"surrogate|UTF-8|encode"):
        tacit.relay(LISTED, email=email)
    tacit.relay(minutes_later(6))

    sent_twice = {one.key for one in email.letters} & {
        one.key for one in tacit.email.letters
    }
    assert [key.split(".")[0] for key in sent_twice] == ["C-3"]
    assert {copy[1] for copy in tries(tacit)} == {"sent"}


def test_the_clock_of_a_relay_may_stand_still(tacit: Installation) -> None:
    tacit.imports([*BOTH, *(a_contract(f"C-{n}") for n in range(30))], JUNE)
    tacit.tick(LISTED)
    frozen: datetime = LISTED

    tacit.relay_with(tacit.delivering(batch=3, workers=3), lambda: frozen)

    assert len(tacit.told()) == 2 * 31
