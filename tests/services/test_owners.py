from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import pytest

from config.permissions import SHIPPED, load_policy
from engine.domain.interfaces import Storage, UnitOfWork
from engine.services.edit_book import EditError, Editor
from engine.services.sign_in import actor_for
from tests.support.books import (
    a_contract,
    a_customer,
    a_partner,
    a_person,
    a_small_book,
    at,
)
from tests.support.channels import a_channel_that_is_down
from tests.support.installation import RENEWAL, Installation, Told

LISTED = at("2026-11-01T08:00")
CUSTOMER, PARTNER = "acme.contact", "nord.poc"


@pytest.mark.req("REN-10")
def test_the_vendor_writes_to_the_customer_and_the_partner_gets_a_copy(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))

    tacit.passes(LISTED)

    assert tacit.told() == [
        Told("renewal_notice", CUSTOMER, "email"),
        Told("renewal_notice", PARTNER, "email"),
    ]
    [original, copy] = tacit.email.letters
    assert "Accept the new conditions" in original.rendered.text
    assert "Accept the new conditions" not in copy.rendered.text
    assert original.rendered.subject != copy.rendered.subject


@pytest.mark.req("REN-10")
def test_a_partner_that_owns_the_conversation_is_the_only_one_told(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    tacit.edit(at("2026-06-02")).owner_of_partner("nord", "partner")

    tacit.runs(LISTED, at("2027-03-02"))

    assert tacit.change().state == "renewed"
    assert tacit.told_to(CUSTOMER) == []
    assert tacit.told_to(PARTNER) == [
        *["renewal_notice"] * 3,
        *["last_call"] * 2,
        "renewal_done",
    ]


@pytest.mark.req("REN-8", "REN-10")
def test_the_owner_is_read_when_a_message_is_sent(tacit: Installation) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    tacit.tick(LISTED)
    tacit.edit(LISTED).owner_of_customer("acme", "partner")

    tacit.relay(LISTED)

    assert tacit.told() == [Told("renewal_notice", PARTNER, "email")]


@pytest.mark.req("REN-8", "REN-10")
def test_an_owner_who_changes_between_two_tries_is_read_again(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    tacit.edit(LISTED).owner_of_customer("acme", "partner")
    tacit.tick(LISTED)
    tacit.relay(LISTED, email=a_channel_that_is_down())
    tacit.edit(LISTED).owner_of_customer("acme", "vendor")

    tacit.relay(at("2026-11-01T09:00"))

    assert tacit.told() == [
        Told("renewal_notice", CUSTOMER, "email"),
        Told("renewal_notice", PARTNER, "email"),
    ]


CHOICES = {
    "nobody chose": ((None, "default", False), CUSTOMER),
    "the partner's standing choice": ((None, "default", True), PARTNER),
    "the customer's over the partner's": ((None, "vendor", True), CUSTOMER),
    "the customer's alone": ((None, "partner", False), PARTNER),
    "the change's over the customer's": (("vendor", "partner", True), CUSTOMER),
    "the change's alone": (("partner", "default", False), PARTNER),
}


@pytest.mark.req("REN-8")
@pytest.mark.parametrize(("choices", "first"), CHOICES.values(), ids=list(CHOICES))
def test_the_most_specific_choice_of_owner_wins(
    tacit: Installation,
    choices: tuple[str | None, str, bool],
    first: str,
) -> None:
    of_change, of_customer, of_partner = choices
    tacit.imports(a_small_book(), at("2026-06-01"))
    edit = tacit.edit(at("2026-06-02"))
    edit.owner_of_change(RENEWAL, of_change or "default")
    edit.owner_of_customer("acme", of_customer)
    edit.owner_of_partner("nord", "partner" if of_partner else "vendor")

    tacit.passes(LISTED)

    assert tacit.told()[0].person == first
    assert tacit.flaws() == []


@pytest.mark.req("REN-8")
def test_a_general_choice_never_overwrites_a_specific_one(tacit: Installation) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    edit = tacit.edit(at("2026-06-02"))
    edit.owner_of_change(RENEWAL, "vendor")
    edit.owner_of_partner("nord", "partner")
    edit.owner_of_partner("nord", "vendor")
    edit.owner_of_partner("nord", "partner")

    tacit.passes(LISTED)

    assert tacit.change().owner_choice == "vendor"
    assert tacit.told()[0].person == CUSTOMER


@pytest.mark.req("REN-8")
def test_a_partners_standing_choice_is_not_a_default(tacit: Installation) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))

    with pytest.raises(EditError, match="vendor or partner"):
        tacit.edit(at("2026-06-02")).owner_of_partner("nord", "default")


@pytest.mark.req("REN-9")
def test_a_contact_of_another_customer_is_refused(tacit: Installation) -> None:
    rows = [
        *a_small_book(),
        a_customer("bolt"),
        a_person("bolt.contact", customer="bolt"),
    ]
    tacit.imports(rows, at("2026-06-01"))

    with pytest.raises(EditError, match="not among the users"):
        tacit.edit(at("2026-06-02")).contact("acme", "bolt.contact")

    tacit.passes(LISTED)
    assert tacit.told()[0].person == CUSTOMER


@pytest.mark.req("REN-9")
def test_the_partners_people_are_not_the_customers(tacit: Installation) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))

    with pytest.raises(EditError, match="not among the users"):
        tacit.edit(at("2026-06-02")).contact("acme", PARTNER)


@pytest.mark.req("REN-9")
def test_a_contact_who_moved_to_another_customer_is_not_written_to(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    moved = [a_customer("bolt"), a_person("acme.contact", customer="bolt")]
    moved += [a_person("bolt.contact", customer="bolt")]
    tacit.imports(moved, at("2026-06-02"))

    tacit.passes(LISTED)

    assert tacit.told_to(CUSTOMER) == []
    assert tacit.told_to("ops") == ["undeliverable"]


@pytest.mark.req("REN-9")
def test_the_contact_who_is_chosen_is_written_to(tacit: Installation) -> None:
    rows = [*a_small_book(), a_person("acme.other", customer="acme")]
    tacit.imports(rows, at("2026-06-01"))
    tacit.edit(at("2026-06-02")).contact("acme", "acme.other@example.com")

    tacit.passes(LISTED)

    assert tacit.told()[0].person == "acme.other"


@pytest.mark.req("REN-8", "OPS-1")
def test_a_file_that_changes_partner_and_owner_at_once_means_both(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    tacit.edit(at("2026-06-02")).owner_of_customer("acme", "partner")
    rows = [
        a_partner("sud"),
        a_customer(partner="sud", communication_owner="partner"),
        a_person("acme.contact", customer="acme"),
        a_person("sud.poc", partner="sud"),
    ]

    tacit.imports(rows, at("2026-06-03"))
    again = tacit.imports(rows, at("2026-06-04"))

    assert again["customers"] == {"new": 0, "same": 1}
    tacit.passes(LISTED)
    assert tacit.told() == [Told("renewal_notice", "sud.poc", "email")]


@pytest.mark.req("REN-10")
def test_each_partner_hears_only_of_its_own_customers(tacit: Installation) -> None:
    rows = [
        *a_small_book(),
        a_partner("sud", owns_conversations=True),
        a_person("sud.poc", partner="sud"),
        a_customer("bolt", partner="sud"),
        a_person("bolt.contact", customer="bolt"),
        a_contract("K-2", customer="bolt"),
    ]
    tacit.imports(rows, at("2026-06-01"))

    tacit.passes(LISTED)

    told = zip(tacit.told(), tacit.letters(), strict=True)
    by_person = {each.person: letter for each, letter in told}
    assert set(by_person) == {CUSTOMER, PARTNER, "sud.poc"}
    assert "Bolt" not in by_person[PARTNER].rendered.text
    assert "Acme" not in by_person["sud.poc"].rendered.text


@dataclass
class _Meddling:
    """A store in which the partner is parted from its customer as soon as one looked."""

    tacit: Installation
    units: int = 0

    @contextmanager
    def begin(self, *, read_only: bool = False) -> Iterator[UnitOfWork]:
        if self.units:
            self.tacit.edit(LISTED).association("acme", None)
        self.units += 1
        with self.tacit.store.begin(read_only=read_only) as unit:
            yield cast(UnitOfWork, unit)


def test_an_owner_is_chosen_in_the_transaction_in_which_it_was_permitted(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    with tacit.store.begin(read_only=True) as unit:
        partner = actor_for(unit, load_policy(SHIPPED), unit.book.person(PARTNER))
    store = cast(Storage, _Meddling(tacit))

    Editor(store, tacit.rulebook, partner, LISTED).owner_of_customer("acme", "vendor")

    [row] = tacit.rows("SELECT * FROM customers WHERE code = 'acme'")
    assert row["communication_owner"] == "vendor"
    assert row["partner_id"] is not None
