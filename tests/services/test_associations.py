import pytest

from tests.support.books import (
    a_customer,
    a_partner,
    a_person,
    a_small_book,
    at,
    with_rows,
)
from tests.support.channels import a_channel_that_is_down
from tests.support.installation import RENEWAL, Installation, Told

LISTED = at("2026-11-01T08:00")
LATER = at("2026-11-01T12:00")
CUSTOMER, PARTNER = "acme.contact", "nord.poc"


def a_book_of_an_owning_partner(tacit: Installation) -> None:
    """The partner owns every conversation with its clients."""
    rows = with_rows(a_small_book(), a_partner(owns_conversations=True))
    tacit.imports(rows, at("2026-06-01"))


@pytest.mark.req("REN-14")
def test_what_a_former_partner_was_to_tell_is_told_to_the_customer(
    tacit: Installation,
) -> None:
    a_book_of_an_owning_partner(tacit)
    tacit.passes(LISTED)

    tacit.edit(LATER).association("acme", None)
    tacit.relay(LATER)

    assert tacit.told() == [
        Told("renewal_notice", PARTNER, "email"),
        Told("renewal_notice", CUSTOMER, "email"),
    ]
    assert tacit.change().notice_out_at == LATER


@pytest.mark.req("REN-14")
def test_what_is_queued_for_a_former_partner_is_dropped(tacit: Installation) -> None:
    a_book_of_an_owning_partner(tacit)
    tacit.tick(LISTED)

    tacit.edit(LATER).association("acme", None)
    tacit.relay(LATER)

    assert tacit.told() == [Told("renewal_notice", CUSTOMER, "email")]
    assert [row["status"] for row in tacit.messages()] == ["dropped", "sent"]
    assert tacit.flaws() == []


@pytest.mark.req("REN-14")
def test_what_is_being_retried_for_a_former_partner_is_dropped(
    tacit: Installation,
) -> None:
    a_book_of_an_owning_partner(tacit)
    tacit.tick(LISTED)
    tacit.relay(LISTED, email=a_channel_that_is_down())

    tacit.edit(LATER).association("acme", None)
    tacit.relay(LATER)

    assert tacit.told() == [Told("renewal_notice", CUSTOMER, "email")]


@pytest.mark.req("REN-14")
def test_a_copy_that_is_being_retried_for_a_former_partner_is_dropped(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    tacit.tick(LISTED)
    tacit.relay(LISTED, email=a_channel_that_is_down())

    tacit.edit(LATER).association("acme", None)
    tacit.relay(LATER)

    assert tacit.told() == [Told("renewal_notice", CUSTOMER, "email")]
    [message] = tacit.messages()
    assert [copy["status"] for copy in message["copies"]] == ["sent", "dropped"]


@pytest.mark.req("REN-14")
def test_a_former_partner_hears_nothing_to_the_end_of_the_renewal(
    tacit: Installation,
) -> None:
    a_book_of_an_owning_partner(tacit)
    tacit.runs(LISTED, at("2026-12-15"))
    before = tacit.told_to(PARTNER)

    tacit.edit(at("2026-12-15")).association("acme", None)
    tacit.runs(at("2026-12-15"), at("2027-03-02"))

    assert before == ["renewal_notice"] * 2
    assert tacit.told_to(PARTNER) == before
    assert tacit.told_to(CUSTOMER) == [
        *["renewal_notice"] * 2,
        *["last_call"] * 2,
        "renewal_done",
    ]
    assert tacit.change().state == "renewed"
    assert tacit.flaws() == []


@pytest.mark.req("REN-14")
def test_silence_waits_for_the_customers_own_notice(tacit: Installation) -> None:
    a_book_of_an_owning_partner(tacit)
    tacit.runs(LISTED, at("2027-01-15"))

    tacit.edit(at("2027-01-15T12:00")).association("acme", None)
    tacit.runs(at("2027-01-15T12:00"), at("2027-01-22"))
    waiting = tacit.change().state
    tacit.runs(at("2027-01-22"), at("2027-01-24"))

    assert waiting == "pending"
    assert tacit.change().state == "renewed"


@pytest.mark.req("REN-14")
def test_the_ownership_of_every_kind_returns_to_the_vendor(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    tacit.edit(at("2026-06-02")).owner_of_change(RENEWAL, "partner")
    tacit.edit(at("2026-06-02")).owner_of_customer("acme", "partner")

    tacit.edit(at("2026-06-03")).association("acme", None)

    assert tacit.change().owner_choice is None
    [customer] = tacit.rows("SELECT * FROM customers")
    assert (customer["partner_id"], customer["communication_owner"]) == (
        None,
        "default",
    )
    assert tacit.flaws() == []


@pytest.mark.req("REN-14")
def test_the_trails_say_that_the_association_has_ended(tacit: Installation) -> None:
    a_book_of_an_owning_partner(tacit)

    tacit.edit(LATER).association("acme", None)

    entry = tacit.trail()[-2]
    assert (entry["kind"], entry["by"]) == ("edited", "somebody")
    assert entry["set"]["association"] == "ended"
    assert entry["set"]["was"] == "nord"
    [of_customer] = tacit.rows(
        "SELECT * FROM audit WHERE subject_kind = 'customer' AND kind = 'edited'"
    )
    assert '"association":"ended"' in of_customer["body"]


@pytest.mark.req("REN-14")
def test_a_new_partner_tells_the_customer_from_now_on(tacit: Installation) -> None:
    a_book_of_an_owning_partner(tacit)
    tacit.imports(
        [a_partner("sud", owns_conversations=True), a_person("sud.poc", partner="sud")],
        at("2026-06-02"),
    )
    tacit.tick(LISTED)

    tacit.edit(LATER).association("acme", "sud")
    tacit.relay(LATER)

    assert tacit.told() == [Told("renewal_notice", "sud.poc", "email")]


@pytest.mark.req("REN-14")
def test_an_association_that_is_the_same_changes_nothing(tacit: Installation) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    before = tacit.contents()

    tacit.edit(LATER).association("acme", "nord")

    assert tacit.contents() == before


@pytest.mark.req("REN-14", "OPS-1")
def test_an_import_ends_an_association_as_a_person_does(tacit: Installation) -> None:
    a_book_of_an_owning_partner(tacit)
    tacit.tick(LISTED)

    tacit.imports([a_customer(partner=None)], LATER)
    tacit.relay(LATER)

    assert tacit.told() == [Told("renewal_notice", CUSTOMER, "email")]
    assert tacit.flaws() == []


@pytest.mark.req("REN-14", "OPS-4")
def test_a_choice_that_meant_nothing_without_a_partner_ends_with_a_trace(
    tacit: Installation,
) -> None:
    tacit.imports(with_rows(a_small_book(), a_customer()), at("2026-06-01"))
    with tacit.store.begin() as unit:  # as it could be chosen once
        unit.changes.set_owner(tacit.change().id, "partner")
        unit.commit()

    tacit.edit(at("2026-06-03")).association("acme", "nord")

    assert tacit.flaws() == []
