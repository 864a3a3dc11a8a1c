"""The facts that templates may name, for one message and one reader."""

import json
from collections.abc import Mapping
from datetime import date, datetime

import pytest

from engine.domain.letter_values import Vendor, letter_values
from engine.domain.letters import Audience, ChannelName
from engine.domain.recipients import Recipient
from engine.domain.records import Claimed
from engine.domain.ruleset import Rulebook
from notifiers.values import NAMES
from tests.domain.builders import a_change, a_message, a_person, at

VENDOR = Vendor("Solaris Software", "renewals@solaris.example")


def values_of(
    rulebook: Rulebook,
    claimed: Claimed | None = None,
    audience: Audience = Audience.CUSTOMER,
    now: datetime | None = None,
) -> Mapping[str, object]:
    reader = Recipient(a_person(), ChannelName.EMAIL, "ines@marchand.example", audience)
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
        ("2027-01-20T09:01", "2026-11-01T09:01", False, "2027-01-15", 0),
        ("2027-01-10T09:01", None, True, "2027-01-17", 5),
        ("2026-12-05T09:01", None, False, "2027-01-15", 41),
        ("2027-01-20T09:01", None, False, "2027-01-15", 0),
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
    answer_by: str,
    days_left: int,
) -> None:
    told_at = at(notice_out_at) if notice_out_at else None
    message = a_message(a_change(notice_out_at=told_at), is_notice=is_notice)

    values = values_of(rulebook, message, now=at(now))

    assert values["deadline"] == date(2027, 1, 15)
    assert values["answer_by"] == date.fromisoformat(answer_by)
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


def test_a_held_change_says_why(rulebook: Rulebook) -> None:
    change = a_change(attention="The customer was never told.")

    values = values_of(rulebook, a_message(change))

    assert values["reason"] == "The customer was never told."
