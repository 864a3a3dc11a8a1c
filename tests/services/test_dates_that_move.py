from datetime import date
from typing import Any

import pytest

from engine.domain.book import Row
from engine.domain.errors import TransientDeliveryError
from engine.services.edit_book import EditError
from tests.support.books import (
    a_contract,
    a_customer,
    a_person,
    at,
)
from tests.support.channels import Meddling
from tests.support.installation import RENEWAL, Installation

LISTED = at("2026-11-01T08:00")
CUSTOMER = "acme.contact"


def a_book_of_one_customer(**contract: Any) -> list[Row]:
    """Nobody but the customer and a person at the vendor."""
    return [
        a_customer(),
        a_person(CUSTOMER, customer="acme"),
        a_person("ops", roles=("operations",)),
        a_contract(**contract),
    ]


def a_change_of_one_customer(tacit: Installation, **contract: object) -> None:
    tacit.imports(a_book_of_one_customer(**contract), at("2026-06-01"))


@pytest.mark.req("REN-17")
def test_a_reminder_of_old_dates_that_is_still_queued_is_dropped(
    tacit: Installation,
) -> None:
    a_change_of_one_customer(tacit)
    tacit.tick(LISTED)

    tacit.edit(LISTED).renewal_start(RENEWAL, date(2027, 6, 1))
    tacit.relay(LISTED)

    assert tacit.told() == []
    [message] = tacit.messages()
    assert (message["status"], message["reason"]) == (
        "dropped",
        "it was planned again since",
    )


@pytest.mark.req("REN-17")
def test_everything_is_planned_again_when_the_renewal_start_moves(
    tacit: Installation,
) -> None:
    a_change_of_one_customer(tacit)
    tacit.runs(LISTED, at("2026-12-10"))

    tacit.edit(at("2026-12-10")).renewal_start(RENEWAL, date(2027, 6, 1))
    tacit.runs(at("2026-12-10"), at("2027-06-02"))

    assert tacit.told_to(CUSTOMER) == [
        *["renewal_notice"] * 2,
        *["renewal_notice"] * 3,
        *["last_call"] * 2,
        "renewal_done",
    ]
    assert tacit.change().state == "renewed"
    assert tacit.flaws() == []


@pytest.mark.req("REN-17", "RULE-10")
def test_silence_waits_for_a_notice_of_the_new_dates(tacit: Installation) -> None:
    a_change_of_one_customer(tacit)
    tacit.runs(LISTED, at("2027-01-10"))

    tacit.edit(at("2027-01-10")).renewal_start(RENEWAL, date(2027, 2, 1))
    tacit.runs(at("2027-01-10"), at("2027-01-17"))
    waiting = tacit.change()
    tacit.runs(at("2027-01-17"), at("2027-01-19"))

    assert waiting.state == "pending"
    assert waiting.notice_out_at == at("2027-01-10")
    assert tacit.change().state == "renewed"


@pytest.mark.req("REN-17", "RULE-10")
def test_a_customer_can_still_cancel_while_the_new_notice_is_young(
    tacit: Installation,
) -> None:
    a_change_of_one_customer(tacit)
    tacit.runs(LISTED, at("2027-01-10"))
    tacit.edit(at("2027-01-10")).renewal_start(RENEWAL, date(2027, 2, 1))
    tacit.runs(at("2027-01-10"), at("2027-01-12"))

    fired = tacit.fire("request_cancellation", CUSTOMER, at("2027-01-16"))

    assert fired.refusal is None
    assert tacit.change().state == "cancellation_requested"


@pytest.mark.req("REN-17", "OPS-4")
def test_a_notice_of_old_dates_that_arrives_late_does_not_count(
    tacit: Installation,
) -> None:
    a_change_of_one_customer(tacit)
    tacit.tick(LISTED)
    move = tacit.edit(LISTED)
    email = Meddling(lambda _: move.renewal_start(RENEWAL, date(2027, 6, 1)))

    tacit.relay(LISTED, email=email)

    assert len(email.letters) == 1
    assert tacit.change().notice_out_at is None
    assert tacit.flaws() == []


@pytest.mark.req("REN-17", "BOT-2")
def test_a_message_that_is_dropped_in_mid_air_is_not_queued_again(
    tacit: Installation,
) -> None:
    a_change_of_one_customer(tacit)
    tacit.tick(LISTED)
    tacit.relay(LISTED)
    tacit.fire("request_cancellation", CUSTOMER, LISTED)
    ended = [a_contract(ended_on=date(2026, 11, 1))]
    email = Meddling(
        lambda _: tacit.imports(ended, LISTED), TransientDeliveryError("it is down")
    )

    tacit.relay(LISTED, email=email, workers=1)
    tacit.relay(at("2026-11-02"))

    assert tacit.told_to(CUSTOMER) == ["renewal_notice"]
    assert {row["status"] for row in tacit.messages()} == {"sent", "dropped"}


@pytest.mark.req("REN-17", "REN-7")
def test_a_customers_new_time_zone_moves_its_deadlines(tacit: Installation) -> None:
    a_change_of_one_customer(tacit)
    tacit.passes(LISTED)
    before = tacit.change()

    tacit.imports([a_customer(time_zone="America/New_York")], at("2026-11-02"))
    tacit.passes(at("2026-11-02T01:00"))

    assert before.next_due_at == at("2026-12-01T08:00")
    assert tacit.change().next_due_at == at("2026-12-01T14:00")
    assert tacit.change().plan == before.plan + 1
    assert tacit.told_to(CUSTOMER) == ["renewal_notice"] * 2
    assert tacit.flaws() == []


@pytest.mark.req("REN-17")
def test_a_held_change_whose_dates_move_is_planned_again(tacit: Installation) -> None:
    a_change_of_one_customer(tacit)
    tacit.imports([a_person(CUSTOMER, customer="acme", email=None)], at("2026-06-02"))
    tacit.runs(LISTED, at("2027-03-02"))
    held = tacit.change()

    tacit.edit(at("2027-03-02")).renewal_start(RENEWAL, date(2027, 9, 1))

    assert held.attention is not None
    assert tacit.change().attention is None
    assert tacit.flaws() == []


@pytest.mark.req("REN-17", "OPS-1")
def test_a_contract_whose_terms_move_is_planned_again(tacit: Installation) -> None:
    a_change_of_one_customer(tacit)
    tacit.passes(LISTED)

    moved = [a_contract(started_on=date(2026, 4, 1))]
    counts = tacit.imports(moved, at("2026-11-02"))

    assert counts["changes"]["planned again"] == 1
    assert tacit.change().renewal_start == date(2027, 4, 1)
    assert tacit.flaws() == []


@pytest.mark.req("REN-17")
def test_a_closed_change_cannot_be_moved(tacit: Installation) -> None:
    a_change_of_one_customer(tacit)
    tacit.imports([a_contract(ended_on=date(2026, 10, 1))], at("2026-10-01"))

    with pytest.raises(EditError, match="closed on 2026-10-01"):
        tacit.edit(LISTED).renewal_start(RENEWAL, date(2027, 6, 1))


@pytest.mark.req("REN-4", "REN-17")
def test_automatic_renewal_switched_off_keeps_silence_from_renewing(
    tacit: Installation,
) -> None:
    a_change_of_one_customer(tacit)
    tacit.runs(LISTED, at("2027-01-10"))

    tacit.edit(at("2027-01-10")).automatic_renewal("K-1", on=False)
    tacit.runs(at("2027-01-10"), at("2027-03-02"))

    change = tacit.change()
    assert change.state == "pending"
    assert change.closed_at is not None
    assert change.ended_on == date(2027, 3, 1)
    assert tacit.told_to("ops") == ["will_not_renew", "contract_ended"]
    assert tacit.flaws() == []


@pytest.mark.req("REN-4", "REN-17", "RULE-10")
def test_automatic_renewal_switched_on_is_told_before_silence_counts(
    tacit: Installation,
) -> None:
    a_change_of_one_customer(tacit, automatic_renewal=False)
    tacit.runs(LISTED, at("2027-02-01"))

    tacit.edit(at("2027-02-01")).automatic_renewal("K-1", on=True)
    tacit.runs(at("2027-02-01"), at("2027-02-08"))
    waiting = tacit.change().state
    tacit.runs(at("2027-02-08"), at("2027-02-10"))

    assert waiting == "pending"
    assert tacit.change().state == "renewed"
    assert tacit.flaws() == []


@pytest.mark.req("REN-17")
def test_the_same_date_again_changes_nothing(tacit: Installation) -> None:
    a_change_of_one_customer(tacit)
    before = tacit.contents()

    tacit.edit(LISTED).renewal_start(RENEWAL, date(2027, 3, 1))
    tacit.edit(LISTED).automatic_renewal("K-1", on=True)

    assert tacit.contents() == before
