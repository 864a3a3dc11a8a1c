"""What readers are told holds at the moment at which it leaves."""

import pytest

from tests.support.books import a_small_book, at, some_usage
from tests.support.installation import Installation


def texts(tacit: Installation, person: str) -> list[str]:
    """The text of every letter that one person was sent."""
    return [
        letter.rendered.text
        for letter in tacit.letters()
        if f"/{person}/" in letter.key
    ]


@pytest.mark.req("REN-4", "REN-6")
def test_a_notice_after_the_deadline_offers_only_what_is_still_possible(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(automatic_renewal=False), at("2026-06-01"))
    tacit.passes(at("2026-11-01T09:00"))
    tacit.passes(at("2027-01-16T09:00"))

    *_, said = texts(tacit, "acme.contact")

    assert tacit.told_to("acme.contact")[-1] == "last_call"
    assert "by 28 February 2027 at the latest" in said
    assert "Accept the new conditions" in said
    assert "Ask to cancel" not in said
    assert "15 January" not in said


@pytest.mark.req("REN-6", "REN-10")
def test_who_was_told_of_an_acceptance_is_told_that_it_was_taken_back(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    tacit.passes(at("2026-11-01T09:00"))
    tacit.fire("accept", "acme.contact", at("2026-11-02"))
    tacit.relay(at("2026-11-02"))

    tacit.fire("take_back", "nord.poc", at("2026-11-03"))
    tacit.relay(at("2026-11-03"))

    for person in ("acme.contact", "nord.poc"):
        assert tacit.told_to(person)[-1] == "acceptance_taken_back"
    assert "is taken back, by Nord Poc (Nord)" in texts(tacit, "acme.contact")[-1]
    assert "Ask to cancel" in texts(tacit, "acme.contact")[-1]
    assert "Ask to cancel" not in texts(tacit, "nord.poc")[-1]


@pytest.mark.req("REN-10")
def test_a_copy_does_not_say_that_the_customer_did_what_the_partner_did(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))

    tacit.fire("request_cancellation", "nord.poc", at("2026-11-03"))
    tacit.relay(at("2026-11-03"))

    [copy] = texts(tacit, "nord.poc")
    assert "made by Nord Poc." in copy
    assert "Acme has asked" not in copy


@pytest.mark.req("REN-16")
def test_a_warning_names_its_own_month_and_that_months_figures(
    tacit: Installation,
) -> None:
    usage = [
        some_usage(month="2026-10", emails_sent=9_500),
        some_usage(month="2026-11", emails_sent=10),
    ]

    tacit.imports([*a_small_book(), *usage[:1]], at("2026-10-30"))
    tacit.imports(usage[1:], at("2026-11-02"))
    tacit.relay(at("2026-11-02"))

    [said] = texts(tacit, "acme.contact")
    assert "In October 2026 you have sent 9,500 emails out of the 10,000" in said


@pytest.mark.req("REN-18")
def test_operations_are_told_how_to_help_with_what_reached_nobody(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    tacit.execute("UPDATE customers SET primary_contact_id = NULL")

    tacit.passes(at("2026-11-01T09:00"))
    tacit.relay(at("2026-11-01T09:01"))

    [said] = texts(tacit, "ops")
    assert "Reason: the customer has no primary contact" in said
    assert "tacit set contact acme PERSON" in said
    assert "tacit show K-1.R20270301" in said
