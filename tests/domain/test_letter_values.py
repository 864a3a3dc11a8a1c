"""The facts that templates may name, for one message and one reader."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

import pytest

from engine.domain.letter_values import Vendor, letter_values
from engine.domain.letters import Audience, ChannelName
from engine.domain.recipients import Recipient
from engine.domain.records import Claimed, Person
from engine.domain.ruleset import Rulebook
from notifiers.values import NAMES, SOMETIMES
from tests.domain.builders import a_change, a_message, a_person, at

_CANCEL = "request_cancellation"
VENDOR = Vendor("Solaris Software", "renewals@solaris.example")


def values_of(
    rulebook: Rulebook,
    claimed: Claimed | None = None,
    audience: Audience = Audience.CUSTOMER,
    now: datetime | None = None,
    contact: Person | None = None,
) -> Mapping[str, object]:
    reader = Recipient(
        a_person(), ChannelName.EMAIL, "ines@marchand.example", audience, contact
    )
    return letter_values(
        rulebook,
        VENDOR,
        claimed or a_message(),
        reader,
        now or at("2026-11-01T09:01"),
    )


@pytest.mark.parametrize("type_", ["renewal", "contact_tier_upgrade", "email_overage"])
@pytest.mark.parametrize("audience", list(Audience))
def test_every_declared_name_is_passed_and_no_other(
    rulebook: Rulebook, type_: str, audience: Audience
) -> None:
    values = values_of(rulebook, a_message(a_change(type_)), audience)

    assert values.keys() == NAMES.keys()


@pytest.mark.parametrize("audience", list(Audience))
def test_what_every_change_has_is_never_absent(
    rulebook: Rulebook, audience: Audience
) -> None:
    change = a_change(contact_limit=None, partner_id=None)
    sparse = replace(
        a_message(change), currency=None, mrr=None, contacts=None, partner_name=None
    )

    values = values_of(rulebook, sparse, audience, at("2027-01-20"))

    assert {name for name, value in values.items() if value is None} == SOMETIMES


def test_what_a_message_is_about_uses_declared_names_only(rulebook: Rulebook) -> None:
    about = json.dumps(
        {"message_name": "last_call", "reason": "bounced", "tell": "owner"}
    )

    values = values_of(rulebook, a_message(about=about))

    assert values.keys() == NAMES.keys()
    assert (values["message_name"], values["reason"]) == ("last_call", "bounced")


def test_the_actor_is_named_where_there_is_one(rulebook: Rulebook) -> None:
    values = values_of(rulebook, a_message(about='{"actor_name": "Léo Nord"}'))

    assert values["actor_name"] == "Léo Nord"


@pytest.mark.req("REN-10")
@pytest.mark.parametrize(
    ("role", "company"),
    [
        ("customer_contact", "Atelier Marchand"),
        ("partner", "Studio Nord"),
        ("vendor_operations", "Solaris Software"),
    ],
)
def test_it_is_told_for_whom_the_actor_speaks(
    rulebook: Rulebook, role: str, company: str
) -> None:
    about = json.dumps({"actor_name": "Léo", "actor_role": role})

    values = values_of(rulebook, a_message(about=about))

    assert (values["actor_role"], values["actor_company"]) == (role, company)


@pytest.mark.req("REN-10")
@pytest.mark.parametrize(
    ("audience", "asks"),
    [
        (Audience.CUSTOMER, ("accept", "request_cancellation")),
        (Audience.PARTNER, ("accept", "request_cancellation")),
        (Audience.COPY, ()),
    ],
)
def test_a_copy_asks_nothing(
    rulebook: Rulebook, audience: Audience, asks: tuple[str, ...]
) -> None:
    assert values_of(rulebook, audience=audience)["asks"] == asks


@pytest.mark.req("REN-7", "RULE-10")
@pytest.mark.parametrize(
    ("now", "notice_out_at", "is_notice", "answer_by", "days_left"),
    [
        ("2026-11-01T09:01", None, True, "2027-01-15", 75),
        ("2027-01-15T23:59", "2026-11-01T09:01", True, "2027-01-15", 0),
        ("2027-01-20T09:01", None, True, "2027-01-27", 0),
        ("2027-01-22T09:01", "2027-01-20T09:01", True, "2027-01-27", 0),
        ("2027-02-26T09:01", None, True, "2027-03-05", 0),
        ("2027-01-20T09:01", "2026-11-01T09:01", False, None, 0),
        ("2027-01-10T09:01", None, True, "2027-01-17", 5),
        ("2026-12-05T09:01", None, False, "2027-01-15", 41),
        ("2027-01-20T09:01", None, False, None, 0),
    ],
    ids=[
        "in good time",
        "on the last evening",
        "the first notice is late",
        "a second notice follows a late one",
        "days before the start",
        "told in time, now past",
        "the first notice is nearly late",
        "no notice, before the deadline",
        "no notice, nobody told, past the deadline",
    ],
)
def test_the_last_day_for_an_answer_follows_from_the_notice(
    rulebook: Rulebook,
    now: str,
    notice_out_at: str | None,
    is_notice: bool,
    answer_by: str | None,
    days_left: int,
) -> None:
    told_at = at(notice_out_at) if notice_out_at else None
    message = a_message(a_change(notice_out_at=told_at), is_notice=is_notice)

    values = values_of(rulebook, message, now=at(now))

    assert values["deadline"] == date(2027, 1, 15)
    assert values["answer_by"] == (answer_by and date.fromisoformat(answer_by))
    assert values["days_left"] == days_left


@pytest.mark.req("REN-1")
@pytest.mark.parametrize("type_", ["contact_tier_upgrade", "email_overage"])
def test_a_usage_change_is_answerable_until_the_day_before_it_applies(
    rulebook: Rulebook, type_: str
) -> None:
    values = values_of(rulebook, a_message(a_change(type_)))

    assert values["deadline"] == values["answer_by"] == date(2027, 2, 28)


@pytest.mark.req("REN-16")
@pytest.mark.parametrize(
    ("starter", "contact_limit", "email_limit"),
    [(False, 1000, 10_000), (True, 1000, 5_000), (False, None, None)],
)
def test_the_email_limit_is_told_whatever_the_type_of_the_change(
    rulebook: Rulebook,
    starter: bool,
    contact_limit: int | None,
    email_limit: int | None,
) -> None:
    change = a_change(starter=starter, contact_limit=contact_limit)

    assert values_of(rulebook, a_message(change))["email_limit"] == email_limit


@pytest.mark.req("REN-4", "REN-6")
@pytest.mark.parametrize(
    ("now", "automatic_renewal", "asks"),
    [
        ("2027-01-15T23:59", True, {"accept": "2027-01-15", _CANCEL: "2027-01-15"}),
        ("2027-01-16T00:01", True, {}),
        ("2027-01-15T23:59", False, {"accept": "2027-02-28", _CANCEL: "2027-01-15"}),
        ("2027-01-16T00:01", False, {"accept": "2027-02-28"}),
        ("2027-03-01T00:01", False, {}),
    ],
    ids=[
        "in time",
        "silence has spoken",
        "accepting stays open to the end",
        "too late to cancel, not to accept",
        "the contract has ended",
    ],
)
def test_only_what_can_still_be_answered_is_asked(
    rulebook: Rulebook, now: str, automatic_renewal: bool, asks: dict[str, str]
) -> None:
    told_at = at("2026-11-01T09:01")
    change = a_change(notice_out_at=told_at, automatic_renewal=automatic_renewal)

    values = values_of(rulebook, a_message(change), now=at(now))

    assert _last_days(values) == asks
    assert str(values["answer_by"]) == min(asks.values(), default="None")


@pytest.mark.req("REN-6")
@pytest.mark.parametrize(
    ("now", "asks"),
    [("2027-01-15T12:00", {"withdraw": "2027-01-15"}), ("2027-01-16T00:01", {})],
)
def test_a_cancellation_relayed_too_late_offers_no_withdrawal(
    rulebook: Rulebook, now: str, asks: dict[str, str]
) -> None:
    change = a_change(state="cancellation_requested")

    values = values_of(rulebook, a_message(change, asks=("withdraw",)), now=at(now))

    assert _last_days(values) == asks


@pytest.mark.req("REN-5", "REN-10")
def test_a_reader_is_asked_only_what_that_reader_may_answer(rulebook: Rulebook) -> None:
    change = a_change("contact_tier_upgrade", attention="overdue")
    message = a_message(change, role="vendor_operations", asks=("accept",))

    operations = values_of(rulebook, message, Audience.OPERATIONS, at("2027-03-02"))
    customer = values_of(rulebook, message, Audience.CUSTOMER, at("2027-03-02"))

    assert _last_days(operations) == {"accept": "None"}
    assert _last_days(customer) == {}


def test_who_reads_a_copy_is_told_until_when_the_customer_can_answer(
    rulebook: Rulebook,
) -> None:
    values = values_of(rulebook, audience=Audience.COPY)

    assert values["answer_by"] == date(2027, 1, 15)


def test_what_asks_nothing_still_knows_until_when_something_can_be_decided(
    rulebook: Rulebook,
) -> None:
    message = a_message(a_change(state="renewed"), "renewal_done", asks=())

    in_time = values_of(rulebook, message, now=at("2027-01-10"))
    too_late = values_of(rulebook, message, now=at("2027-01-16"))

    assert (in_time["asks"], in_time["answer_by"]) == ((), date(2027, 1, 15))
    assert too_late["answer_by"] is None


@pytest.mark.req("REN-1")
@pytest.mark.parametrize(
    ("type_", "price"),
    [("renewal", 132_000), ("contact_tier_upgrade", None), ("email_overage", None)],
)
def test_the_estimated_price_is_the_renewals_alone(
    rulebook: Rulebook, type_: str, price: int | None
) -> None:
    values = values_of(rulebook, replace(a_message(a_change(type_)), new_mrr=132_000))

    assert values["new_mrr_minor"] == price


@pytest.mark.req("REN-16")
def test_the_month_of_usage_is_the_overages_own_or_the_warnings(
    rulebook: Rulebook,
) -> None:
    overage = a_change("email_overage", period_on=date(2027, 2, 1))
    warned = a_message(about='{"month": "2026-12", "contacts": 5, "emails_sent": 9500}')

    assert values_of(rulebook, a_message(overage))["month"] == date(2027, 2, 1)
    assert values_of(rulebook, warned)["month"] == date(2026, 12, 1)
    assert values_of(rulebook, warned)["emails_sent"] == 9500
    assert values_of(rulebook, a_message())["month"] is None


@pytest.mark.req("REN-10")
def test_the_customers_contact_is_named_where_known(rulebook: Rulebook) -> None:
    contact = a_person(3, "Ana Acme", "ana@acme.example")

    known = values_of(rulebook, audience=Audience.PARTNER, contact=contact)
    unknown = values_of(rulebook, audience=Audience.PARTNER)

    assert known["contact_name"] == "Ana Acme"
    assert known["contact_email"] == "ana@acme.example"
    assert (unknown["contact_name"], unknown["contact_email"]) == (None, None)


@pytest.mark.req("REN-18")
@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("there is no customer's primary contact", "no_primary_contact"),
        ("550 unknown user", None),
    ],
)
def test_a_reason_of_ours_has_a_code(
    rulebook: Rulebook, reason: str, code: str | None
) -> None:
    about = json.dumps({"message_name": "last_call", "reason": reason, "tell": "owner"})

    assert values_of(rulebook, a_message(about=about))["reason_code"] == code


def _last_days(values: Mapping[str, object]) -> dict[str, str]:
    asks = values["asks"]
    assert isinstance(asks, tuple)
    return {str(one): str(one.last_day) for one in asks}


def test_a_held_change_says_why(rulebook: Rulebook) -> None:
    change = a_change(attention="The customer was never told.")

    values = values_of(rulebook, a_message(change))

    assert values["reason"] == "The customer was never told."
    assert values["is_held"]
