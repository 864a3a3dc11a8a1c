"""Who reads a message, at the moment of sending."""

from dataclasses import replace

import pytest

from engine.domain.letters import Audience, ChannelName
from engine.domain.recipients import AddressBook, Resolved, owner_of, resolve
from engine.domain.records import Claimed, Person
from engine.domain.ruleset import Routing, Rulebook
from tests.domain.builders import a_change, a_message, a_person

CONTACT = a_person(1, customer_id=10, email="contact@acme.example")
POINT_OF_CONTACT = a_person(2, partner_id=20, email="poc@nord.example")
OPERATIONS = a_person(3, email="ops@vendor.example")


@pytest.fixture(scope="module")
def routing(rulebook: Rulebook) -> Routing:
    return rulebook.routing


def a_book(
    contact: Person | None = CONTACT,
    point_of_contact: Person | None = POINT_OF_CONTACT,
    operations: tuple[Person, ...] = (OPERATIONS,),
    channels: frozenset[str] = frozenset({"email", "slack"}),
) -> AddressBook:
    people = {p.id: p for p in (contact, point_of_contact) if p is not None}
    return AddressBook(people, {"operations": operations}, channels)


def readers(resolved: Resolved) -> list[tuple[int, str, Audience]]:
    return [(r.person.id, r.address, r.audience) for r in resolved.recipients]


@pytest.mark.req("REN-9", "REN-10")
def test_the_vendor_writes_to_the_primary_contact_and_the_partner_gets_a_copy(
    routing: Routing,
) -> None:
    found = resolve(a_message(), routing, a_book())

    assert readers(found) == [
        (1, "contact@acme.example", Audience.CUSTOMER),
        (2, "poc@nord.example", Audience.COPY),
    ]


@pytest.mark.req("REN-10")
def test_a_customer_without_a_partner_is_written_to_alone(routing: Routing) -> None:
    message = a_message(
        a_change(partner_id=None), partner_owns=None, point_of_contact_id=None
    )

    found = resolve(message, routing, a_book(point_of_contact=None))

    assert readers(found) == [(1, "contact@acme.example", Audience.CUSTOMER)]


@pytest.mark.req("REN-10")
@pytest.mark.parametrize(
    "message",
    [
        a_message(partner_owns=True),
        a_message(customer_choice="partner"),
        a_message(a_change(owner_choice="partner")),
    ],
    ids=["standing choice", "for the customer", "for the change"],
)
def test_a_partner_that_owns_the_conversation_is_written_to_and_nobody_else(
    routing: Routing, message: Claimed
) -> None:
    found = resolve(message, routing, a_book())

    assert owner_of(message) == "partner"
    assert readers(found) == [(2, "poc@nord.example", Audience.PARTNER)]


@pytest.mark.req("REN-10", "REN-18")
def test_an_owner_partner_without_an_address_never_makes_us_write_to_the_customer(
    routing: Routing,
) -> None:
    nobody = a_person(2, partner_id=20, email=None)

    found = resolve(
        a_message(partner_owns=True), routing, a_book(point_of_contact=nobody)
    )

    assert found.recipients == ()


@pytest.mark.req("REN-9", "REN-18")
@pytest.mark.parametrize(
    ("contact", "reason"),
    [
        (None, "there is no customer's primary contact"),
        (a_person(1, customer_id=11), "there is no customer's primary contact"),
        (a_person(1, customer_id=None), "there is no customer's primary contact"),
        (
            a_person(1, customer_id=10, email=None),
            "customer's primary contact has no address we can write to",
        ),
    ],
    ids=["nobody chosen", "another customer's", "nobody's", "no address"],
)
def test_without_a_reader_the_reason_is_named(
    routing: Routing, contact: Person | None, reason: str
) -> None:
    found = resolve(a_message(), routing, a_book(contact))

    assert found == Resolved(nobody=reason)


@pytest.mark.req("REN-18")
def test_a_contact_who_was_never_chosen_is_nobody(routing: Routing) -> None:
    found = resolve(a_message(primary_contact_id=None), routing, a_book())

    assert found.nobody == "there is no customer's primary contact"


@pytest.mark.req("REN-14")
def test_a_former_partners_colleague_gets_no_copy(routing: Routing) -> None:
    message = a_message(a_change(partner_id=21))

    found = resolve(message, routing, a_book())

    assert [audience for _, _, audience in readers(found)] == [Audience.CUSTOMER]


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("customer_contact", [(1, "contact@acme.example", Audience.CUSTOMER)]),
        ("partner", [(2, "poc@nord.example", Audience.PARTNER)]),
        ("vendor_operations", [(3, "ops@vendor.example", Audience.OPERATIONS)]),
    ],
)
def test_each_other_role_stands_for_its_own_people(
    routing: Routing, role: str, expected: list[tuple[int, str, Audience]]
) -> None:
    found = resolve(a_message(role=role, partner_owns=True), routing, a_book())

    assert readers(found) == expected


def test_everybody_of_vendor_operations_is_told(routing: Routing) -> None:
    colleague = a_person(4, email="ops2@vendor.example")
    book = a_book(operations=(OPERATIONS, colleague))

    found = resolve(a_message(role="vendor_operations"), routing, book)

    assert [id_ for id_, _, _ in readers(found)] == [3, 4]


@pytest.mark.req("REN-18")
def test_without_anybody_at_operations_there_is_no_fallback_either(
    routing: Routing,
) -> None:
    message = a_message(role="vendor_operations")

    found = resolve(message, routing, a_book(operations=()))

    assert found == Resolved(nobody="there is no vendor's operations")


SLACK, EMAIL = ChannelName.SLACK, ChannelName.EMAIL


@pytest.mark.req("BOT-1", "REN-18")
@pytest.mark.parametrize(
    ("prefers", "slack_user", "email", "rule", "reached_by"),
    [
        ("email", "U1", "a@b.example", None, [EMAIL]),
        ("slack", "U1", "a@b.example", None, [SLACK]),
        ("both", "U1", "a@b.example", None, [EMAIL, SLACK]),
        ("both", None, "a@b.example", None, [EMAIL]),
        ("slack", None, "a@b.example", None, [EMAIL]),
        ("email", "U1", None, None, [SLACK]),
        ("email", "U1", "a@b.example", "slack", [SLACK]),
        ("slack", "U1", "a@b.example", "email", [EMAIL]),
        ("email", "U1", "a@b.example", "both", [EMAIL, SLACK]),
        ("email", None, "a@b.example", "slack", [EMAIL]),
        ("slack", "U1", None, "both", [SLACK]),
        ("slack", None, None, None, []),
    ],
    ids=[
        "prefers mail",
        "prefers Slack",
        "prefers both",
        "both, but not on Slack",
        "prefers Slack, but is not there",
        "prefers mail, but has only Slack",
        "the rule says Slack",
        "the rule says mail",
        "the rule says both",
        "the rule says Slack, but not there",
        "the rule says both, only on Slack",
        "nowhere to be reached",
    ],
)
def test_a_reader_is_reached_over_the_channel_that_works(
    routing: Routing,
    prefers: str,
    slack_user: str | None,
    email: str | None,
    rule: str | None,
    reached_by: list[ChannelName],
) -> None:
    contact = a_person(
        1, customer_id=10, channel=prefers, slack_user=slack_user, email=email
    )

    found = resolve(
        a_message(channel=rule), routing, a_book(contact, point_of_contact=None)
    )

    assert [recipient.channel for recipient in found.recipients] == reached_by


@pytest.mark.req("REN-18")
def test_a_channel_that_is_not_configured_is_passed_over(routing: Routing) -> None:
    contact = a_person(1, customer_id=10, channel="slack", slack_user="U1")
    book = a_book(contact, None, channels=frozenset({"email"}))

    found = resolve(a_message(), routing, book)

    assert [recipient.channel for recipient in found.recipients] == [EMAIL]


@pytest.mark.req("REN-10", "BOT-1")
def test_a_copy_follows_its_readers_channel_and_not_the_rules(routing: Routing) -> None:
    contact = a_person(1, customer_id=10, slack_user="U1")

    found = resolve(a_message(channel="slack"), routing, a_book(contact))

    assert [recipient.channel for recipient in found.recipients] == [SLACK, EMAIL]


@pytest.mark.req("REN-10", "BOT-2")
def test_somebody_who_is_contact_and_partner_at_once_reads_it_once(
    routing: Routing,
) -> None:
    both = a_person(1, customer_id=10, partner_id=20)
    message = a_message(primary_contact_id=1, point_of_contact_id=1)

    found = resolve(message, routing, a_book(both, None))

    assert [audience for _, _, audience in readers(found)] == [Audience.CUSTOMER]


@pytest.mark.parametrize(
    ("place", "role"),
    [
        ("vendor.operations", "vendor_operations"),
        ("partner.point_of_contact", "partner"),
        ("nowhere", None),
    ],
)
def test_a_fallback_place_is_told_under_its_role(
    routing: Routing, place: str, role: str | None
) -> None:
    assert routing.role_at(place) == role


@pytest.mark.req("BOT-2")
def test_a_message_is_known_by_its_change_entry_and_position() -> None:
    assert a_message().key == "K-1.R20270301/2/0"


@pytest.mark.req("BOT-5", "REN-14")
@pytest.mark.parametrize(
    ("person", "role", "read"),
    [
        (CONTACT, "customer_contact", [(1, "contact@acme.example", Audience.CUSTOMER)]),
        (POINT_OF_CONTACT, "partner", [(2, "poc@nord.example", Audience.PARTNER)]),
        (OPERATIONS, "vendor_operations", [(3, "ops@vendor.example", "operations")]),
        (POINT_OF_CONTACT, "customer_contact", []),
        (a_person(5, partner_id=99), "partner", []),
        (a_person(6, customer_id=99), "customer_contact", []),
        (POINT_OF_CONTACT, "owner", []),
        (CONTACT, "owner", [(1, "contact@acme.example", Audience.CUSTOMER)]),
    ],
    ids=[
        "the customer",
        "the partner",
        "the vendor",
        "not in this role",
        "a former partner",
        "another customer",
        "not the owner any more",
        "the owner",
    ],
)
def test_what_is_for_one_person_goes_to_nobody_else(
    routing: Routing, person: Person, role: str, read: list[tuple[int, str, Audience]]
) -> None:
    message = replace(a_message(role=role), person_id=person.id)
    book = AddressBook({person.id: person, 1: CONTACT, 2: POINT_OF_CONTACT}, {})

    found = resolve(message, routing, book)

    assert readers(found) == read
    assert (found.nobody is None) is bool(read)
