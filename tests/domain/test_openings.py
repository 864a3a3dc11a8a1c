"""When changes come into being: at each term, or because of usage."""

from datetime import date

import pytest

from engine.domain import openings
from engine.domain.openings import NewChange
from engine.domain.ruleset import Ruleset
from tests.domain.builders import (
    PARIS,
    a_renewal,
    some_terms,
    some_usage,
)

TODAY = date(2026, 11, 22)


@pytest.mark.req("REN-15")
@pytest.mark.parametrize(
    ("started_on", "months", "after", "start"),
    [
        ("2026-03-01", 12, "2026-11-22", "2027-03-01"),
        ("2026-03-01", 12, "2027-03-01", "2028-03-01"),
        ("2027-06-01", 12, "2026-11-22", "2028-06-01"),
        ("2026-01-31", 1, "2026-11-22", "2026-11-30"),
        ("2024-02-29", 12, "2026-11-22", "2027-02-28"),
    ],
    ids=["next year", "the one after", "a start to come", "month's end", "leap day"],
)
def test_the_next_renewal_is_counted_from_the_original_start(
    started_on: str, months: int, after: str, start: str
) -> None:
    terms = some_terms(
        started_on=date.fromisoformat(started_on), commitment_months=months
    )

    new = openings.next_renewal(terms, date.fromisoformat(after))

    day = date.fromisoformat(start)
    code = f"K-1.R{day:%Y%m%d}"
    assert new == NewChange(code, 1, "renewal", day, day)


def test_a_new_subject_carries_the_facts_that_its_rules_read(renewal: Ruleset) -> None:
    subject = openings.new_subject(renewal, some_terms(), date(2027, 3, 1))

    assert subject == a_renewal(zone=PARIS)


@pytest.mark.req("REN-16")
@pytest.mark.parametrize(
    ("contacts", "tier"),
    [
        (1001, 2000),
        (2000, 2000),
        (2001, 5000),
        (999_999, 1_000_000),
        (1_000_001, None),
    ],
)
def test_contacts_above_the_tier_open_an_upgrade_to_the_tier_that_fits(
    tier_upgrade: Ruleset, contacts: int, tier: int | None
) -> None:
    usage = some_usage(contacts=contacts)

    new = openings.opened_by_usage(tier_upgrade, some_terms(), usage, TODAY)

    assert new is not None
    assert new.type == "contact_tier_upgrade"
    assert new.new_contact_limit == tier


@pytest.mark.req("REN-16")
@pytest.mark.parametrize(
    ("billing_months", "today", "start"),
    [
        (1, "2026-11-22", "2026-12-01"),
        (1, "2026-12-01", "2027-01-01"),
        (3, "2026-11-22", "2026-12-01"),
        (6, "2026-11-22", "2027-03-01"),
        (12, "2026-11-22", "2027-03-01"),
        (5, "2026-11-22", "2027-01-01"),
    ],
)
def test_an_upgrade_applies_from_the_next_billing_cycle(
    tier_upgrade: Ruleset, billing_months: int, today: str, start: str
) -> None:
    terms = some_terms(billing_months=billing_months)

    new = openings.opened_by_usage(
        tier_upgrade, terms, some_usage(contacts=1500), date.fromisoformat(today)
    )

    assert new is not None
    assert new.renewal_start.isoformat() == start
    assert new.code == f"K-1.T{new.renewal_start:%Y%m%d}"


@pytest.mark.req("REN-16")
@pytest.mark.parametrize("contacts", [0, 1, 999, 1000])
def test_a_tier_that_holds_all_contacts_is_never_changed(
    tier_upgrade: Ruleset, contacts: int
) -> None:
    usage = some_usage(contacts=contacts)

    assert openings.opened_by_usage(tier_upgrade, some_terms(), usage, TODAY) is None


@pytest.mark.req("REN-16")
def test_a_limit_between_two_tiers_moves_up_to_the_next(tier_upgrade: Ruleset) -> None:
    terms = some_terms(contact_limit=1500)

    new = openings.opened_by_usage(
        tier_upgrade, terms, some_usage(contacts=1501), TODAY
    )

    assert new is not None
    assert new.new_contact_limit == 2000


@pytest.mark.req("REN-16")
@pytest.mark.parametrize(
    ("starter", "emails", "opens"),
    [
        (False, 10_000, False),
        (False, 10_001, True),
        (True, 5_000, False),
        (True, 5_001, True),
    ],
    ids=["ten times", "above ten times", "starter, five times", "starter, above"],
)
def test_emails_above_the_limit_open_an_overage(
    email_overage: Ruleset, starter: bool, emails: int, opens: bool
) -> None:
    terms, usage = some_terms(starter=starter), some_usage(emails_sent=emails)

    new = openings.opened_by_usage(email_overage, terms, usage, TODAY)

    assert (new is not None) == opens


@pytest.mark.req("REN-16")
@pytest.mark.parametrize(
    ("month", "today", "start"),
    [
        ("2026-11", "2026-11-22", "2026-12-01"),
        ("2026-12", "2026-12-31", "2027-01-01"),
        ("2026-10", "2026-11-22", "2026-12-01"),
        ("2026-11", "2026-12-01", "2027-01-01"),
        ("2027-02", "2026-11-22", "2027-03-01"),
    ],
    ids=[
        "this month",
        "December",
        "known a month late",
        "known on the 1st",
        "a month to come",
    ],
)
def test_an_overage_applies_from_the_first_of_the_next_month(
    email_overage: Ruleset, month: str, today: str, start: str
) -> None:
    usage = some_usage(month, emails_sent=10_001)

    new = openings.opened_by_usage(
        email_overage, some_terms(), usage, date.fromisoformat(today)
    )

    assert new is not None
    assert new.renewal_start.isoformat() == start
    assert new.period_on == date.fromisoformat(f"{month}-01")
    assert new.code == f"K-1.E{month.replace('-', '')}01"
    assert new.new_contact_limit is None


@pytest.mark.req("REN-16")
@pytest.mark.parametrize("name", ["tier_upgrade", "email_overage"])
def test_an_unknown_limit_opens_and_warns_of_nothing(
    name: str, request: pytest.FixtureRequest
) -> None:
    ruleset: Ruleset = request.getfixturevalue(name)
    terms = some_terms(contact_limit=None)
    usage = some_usage(contacts=10**6, emails_sent=10**8)

    assert openings.opened_by_usage(ruleset, terms, usage, TODAY) is None
    assert not openings.warning(ruleset, terms, usage)


@pytest.mark.parametrize("name", ["tier_upgrade", "email_overage"])
def test_unknown_usage_opens_nothing(name: str, request: pytest.FixtureRequest) -> None:
    ruleset: Ruleset = request.getfixturevalue(name)

    found = openings.opened_by_usage(ruleset, some_terms(), some_usage(), TODAY)

    assert found is None


def test_usage_opens_no_renewal(renewal: Ruleset) -> None:
    usage = some_usage(contacts=10**6, emails_sent=10**8)

    assert openings.opened_by_usage(renewal, some_terms(), usage, TODAY) is None
    assert not openings.warning(renewal, some_terms(), usage)


@pytest.mark.req("REN-16")
@pytest.mark.parametrize(
    ("contacts", "near"),
    [(899, False), (900, True), (1000, True), (1001, False), (None, False)],
)
def test_contacts_close_to_the_limit_are_warned_of(
    tier_upgrade: Ruleset, contacts: int | None, near: bool
) -> None:
    usage = some_usage(contacts=contacts)

    assert bool(openings.warning(tier_upgrade, some_terms(), usage)) == near


@pytest.mark.req("REN-16")
@pytest.mark.parametrize(
    ("emails", "near"), [(8_999, False), (9_000, True), (10_000, True), (10_001, False)]
)
def test_emails_close_to_the_limit_are_warned_of(
    email_overage: Ruleset, emails: int, near: bool
) -> None:
    usage = some_usage(emails_sent=emails)

    assert bool(openings.warning(email_overage, some_terms(), usage)) == near


@pytest.mark.req("REN-16")
@pytest.mark.parametrize(("starter", "limit"), [(True, 5_000), (False, 10_000)])
def test_the_email_limit_is_a_multiple_of_the_contact_limit(
    email_overage: Ruleset, starter: bool, limit: int
) -> None:
    terms = some_terms(starter=starter)

    assert openings.email_limit(email_overage.opening, terms) == limit


def test_rules_without_a_multiple_know_no_email_limit(renewal: Ruleset) -> None:
    assert openings.email_limit(renewal.opening, some_terms()) is None
