import pytest

from engine.domain.errors import PermanentDeliveryError
from notifiers.recording import RecordingChannel
from tests.support.books import (
    a_contract,
    a_customer,
    a_partner,
    a_person,
    a_small_book,
    at,
    with_rows,
)
from tests.support.channels import a_channel_that_is_down, a_channel_that_refuses
from tests.support.installation import Installation, Told

LISTED = at("2026-11-01T08:00")
LATER = at("2026-11-02")
CUSTOMER = "acme.contact"


def a_book_without_a_contact(tacit: Installation) -> None:
    """The customer's only person is not chosen as its contact."""
    nobody = a_customer(partner="nord", primary_contact=None)
    rows = with_rows(a_small_book(), nobody)
    tacit.imports(rows, at("2026-06-01"))


@pytest.mark.req("REN-18")
def test_a_message_for_nobody_is_held_and_the_fallback_is_told(
    tacit: Installation,
) -> None:
    a_book_without_a_contact(tacit)

    tacit.passes(LISTED)

    [held] = tacit.messages("held")
    assert held["reason"] == "there is no customer's primary contact"
    assert tacit.told() == [Told("undeliverable", "ops", "email")]
    assert tacit.kinds()[-3:] == ["reminder", "undelivered", "sent"]
    assert tacit.flaws() == []


@pytest.mark.req("REN-18")
def test_the_fallback_is_told_once_of_each_message(tacit: Installation) -> None:
    a_book_without_a_contact(tacit)

    tacit.runs(LISTED, at("2026-12-02"))

    [held] = tacit.messages("held")
    assert held["message"] == "renewal_notice"
    assert tacit.told_to("ops") == ["undeliverable"] * 2


@pytest.mark.req("REN-18", "RULE-10")
def test_choosing_a_contact_late_sends_the_last_of_what_was_held(
    tacit: Installation,
) -> None:
    a_book_without_a_contact(tacit)
    tacit.runs(LISTED, at("2027-01-14T12:00"))

    tacit.edit(at("2027-01-14T12:00")).contact("acme", CUSTOMER)
    tacit.relay(at("2027-01-14T12:00"))

    assert tacit.told_to(CUSTOMER) == ["last_call"]
    assert tacit.messages("held") == []


@pytest.mark.req("REN-18")
def test_choosing_a_contact_sends_what_was_held(tacit: Installation) -> None:
    a_book_without_a_contact(tacit)
    tacit.passes(LISTED)

    said = tacit.edit(LATER).contact("acme", CUSTOMER)
    tacit.relay(LATER)

    assert "1 held messages are queued again" in said
    assert tacit.told_to(CUSTOMER) == ["renewal_notice"]
    assert tacit.change().notice_out_at == LATER
    assert tacit.messages("held") == []
    assert tacit.flaws() == []


@pytest.mark.req("REN-18")
def test_an_address_that_bounced_is_held_and_another_contact_gets_it(
    tacit: Installation,
) -> None:
    rows = [*a_small_book(), a_person("acme.other", customer="acme")]
    tacit.imports(rows, at("2026-06-01"))
    tacit.tick(LISTED)
    bounces = RecordingChannel([PermanentDeliveryError("no such address")])
    tacit.relay(LISTED, email=bounces, workers=1)
    told_fallback = [letter.address for letter in bounces.letters]

    tacit.edit(LATER).contact("acme", "acme.other")
    tacit.relay(LATER)

    assert told_fallback == ["nord.poc@example.com", "ops@example.com"]
    assert tacit.told() == [Told("renewal_notice", "acme.other", "email")]
    assert [row["status"] for row in tacit.messages()] == ["sent", "sent"]
    assert tacit.flaws() == []


@pytest.mark.req("REN-18", "OPS-1")
def test_the_same_contact_with_a_mended_address_gets_what_was_held(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    tacit.tick(LISTED)
    tacit.relay(LISTED, email=a_channel_that_refuses(1), workers=1)

    mended = [a_person(CUSTOMER, customer="acme", email="new@example.com")]
    tacit.imports(mended, LATER)
    tacit.relay(LATER)

    [letter] = tacit.email.letters
    assert letter.address == "new@example.com"
    assert tacit.messages("held") == []


@pytest.mark.req("REN-18")
def test_what_is_sent_again_by_hand_gets_all_its_tries_anew(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    tacit.tick(LISTED)
    for hour in (8, 9, 10, 11, 12):
        tacit.relay(at(f"2026-11-01T{hour:02}:00"), email=a_channel_that_is_down())
    held = [row["message"] for row in tacit.messages("held")]

    tacit.edit(LATER).contact("acme", CUSTOMER)
    tacit.relay(LATER, email=a_channel_that_is_down())
    tacit.relay(at("2026-11-03"))

    assert "renewal_notice" in held
    assert CUSTOMER in [told.person for told in tacit.told()]


@pytest.mark.req("REN-18")
def test_a_contact_who_gets_an_address_gets_what_was_held(
    tacit: Installation,
) -> None:
    nowhere = a_person(CUSTOMER, customer="acme", email=None)
    rows = with_rows(a_small_book(), nowhere)
    tacit.imports(rows, at("2026-06-01"))
    tacit.passes(LISTED)
    [held] = tacit.messages("held")

    tacit.imports([a_person(CUSTOMER, customer="acme")], LATER)
    tacit.relay(LATER)

    assert "no address" in held["reason"]
    assert tacit.told_to(CUSTOMER) == ["renewal_notice"]


@pytest.mark.req("REN-18")
def test_a_partner_who_gets_an_address_gets_what_was_held(
    tacit: Installation,
) -> None:
    rows = with_rows(
        a_small_book(),
        a_partner(owns_conversations=True),
        a_person("nord.poc", partner="nord", email=None),
    )
    tacit.imports(rows, at("2026-06-01"))
    tacit.passes(LISTED)

    tacit.imports([a_person("nord.poc", partner="nord")], LATER)
    tacit.relay(LATER)

    assert tacit.told_to("nord.poc") == ["renewal_notice"]


@pytest.mark.req("REN-18")
def test_a_partner_with_a_new_point_of_contact_gets_what_was_held(
    tacit: Installation,
) -> None:
    nobody = a_partner(owns_conversations=True, point_of_contact=None)
    rows = with_rows(a_small_book(), nobody)
    tacit.imports(rows, at("2026-06-01"))
    tacit.passes(LISTED)

    tacit.imports([a_partner(owns_conversations=True)], LATER)
    tacit.relay(LATER)

    assert tacit.told_to("nord.poc") == ["renewal_notice"]


@pytest.mark.req("REN-18")
def test_a_message_that_even_the_fallback_cannot_get_is_held_and_ends_there(
    tacit: Installation,
) -> None:
    tacit.imports([a_customer(primary_contact=None), a_contract()], at("2026-06-01"))

    tacit.passes(LISTED)

    held = [row["message"] for row in tacit.messages("held")]
    assert held == ["renewal_notice", "undeliverable"]


@pytest.mark.req("REN-18", "RULE-10")
def test_a_contract_whose_customer_was_never_told_is_not_renewed_by_silence(
    tacit: Installation,
) -> None:
    a_book_without_a_contact(tacit)

    tacit.runs(LISTED, at("2027-03-02"))

    change = tacit.change()
    assert change.state == "pending"
    assert change.closed_at is None
    assert change.attention is not None
    assert tacit.told_to("ops")[-1] == "held_without_notice"
