from datetime import date

import pytest

from tests.support.books import a_small_book, at, some_usage
from tests.support.installation import Installation

CUSTOMER = "acme.contact"


def _open_starts(tacit: Installation) -> list[str]:
    rows = tacit.rows("SELECT code FROM changes ORDER BY code")
    return [row["code"] for row in rows]


@pytest.mark.req("REN-15")
def test_the_next_renewal_opens_with_its_contract(tacit: Installation) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))

    assert tacit.change().renewal_start == date(2027, 3, 1)
    assert tacit.change().state == "pending"
    assert tacit.kinds() == ["opened"]


@pytest.mark.req("REN-15")
def test_the_following_renewal_opens_when_one_takes_effect(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    tacit.passes(at("2026-11-01T08:00"))
    tacit.fire("accept", CUSTOMER, at("2026-11-02"))

    tacit.passes(at("2027-02-28T22:00"))
    before = _open_starts(tacit)
    tacit.passes(at("2027-02-28T23:00"))

    assert before == ["K-1.R20270301"]
    assert _open_starts(tacit) == ["K-1.R20270301", "K-1.R20280301"]
    assert tacit.change().closed_at == at("2027-02-28T23:00")


MONTH_ENDS = {
    "from 31 January, monthly": (
        date(2026, 1, 31),
        1,
        ["20260228", "20260331", "20260430", "20260531"],
    ),
    "from a leap day, yearly": (
        date(2024, 2, 29),
        12,
        ["20260228", "20270228", "20280229", "20290228"],
    ),
    "from 30 November, quarterly": (
        date(2025, 11, 30),
        3,
        ["20260228", "20260530", "20260830", "20261130"],
    ),
}


@pytest.mark.req("REN-15")
@pytest.mark.parametrize(
    ("started_on", "months", "expected"), MONTH_ENDS.values(), ids=list(MONTH_ENDS)
)
def test_anniversaries_at_a_months_end_follow_the_original_date(
    tacit: Installation, started_on: date, months: int, expected: list[str]
) -> None:
    book = a_small_book(started_on=started_on, commitment_months=months)
    tacit.imports(book, at("2026-02-15"))

    for code in expected[:-1]:
        start = date.fromisoformat(code)
        now = at(f"{start}T12:00")
        tacit.fire("accept", "ops", now, f"K-1.R{code}")
        tacit.passes(now)

    assert _open_starts(tacit) == [f"K-1.R{code}" for code in expected]


@pytest.mark.req("REN-16")
def test_contacts_above_the_tier_open_an_upgrade_at_the_next_billing_cycle(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(billing_months=3), at("2026-06-15"))

    counts = tacit.imports([some_usage(contacts=1_200)], at("2026-12-05"))

    assert counts["changes"]["opened"] == 1
    upgrade = tacit.change("K-1.T20270301")
    assert upgrade.type == "contact_tier_upgrade"
    assert upgrade.renewal_start == date(2027, 3, 1)
    assert upgrade.new_contact_limit == 2_000


@pytest.mark.req("REN-16")
def test_an_accepted_upgrade_raises_the_tier_on_its_day(tacit: Installation) -> None:
    tacit.imports(a_small_book(), at("2026-06-15"))
    tacit.imports([some_usage(contacts=1_200)], at("2026-12-05"))
    tacit.fire("accept", CUSTOMER, at("2026-12-06"), "K-1.T20270101")

    tacit.passes(at("2026-12-31T22:00"))
    before = tacit.change().contact_limit
    tacit.passes(at("2026-12-31T23:00"))

    assert (before, tacit.change().contact_limit) == (1_000, 2_000)
    assert tacit.flaws() == []


@pytest.mark.req("REN-16")
def test_a_tier_is_never_lowered_by_itself(tacit: Installation) -> None:
    tacit.imports(a_small_book(), at("2026-06-15"))
    tacit.imports([some_usage(contacts=1_200)], at("2026-12-05"))
    tacit.fire("accept", CUSTOMER, at("2026-12-06"), "K-1.T20270101")
    tacit.execute("UPDATE contracts SET contact_limit = 5000")

    tacit.passes(at("2027-01-02"))

    assert tacit.change().contact_limit == 5_000


LIMITS = {
    "ten times the tier": (False, 10_001, True),
    "exactly ten times the tier": (False, 10_000, False),
    "five times a starter's": (True, 5_001, True),
    "exactly five times a starter's": (True, 5_000, False),
}


@pytest.mark.req("REN-16")
@pytest.mark.parametrize(
    ("starter", "emails", "opens"), LIMITS.values(), ids=list(LIMITS)
)
def test_emails_above_the_limit_open_an_overage_for_the_next_month(
    tacit: Installation, starter: bool, emails: int, opens: bool
) -> None:
    tacit.imports(a_small_book(starter=starter), at("2026-06-15"))

    tacit.imports([some_usage(emails_sent=emails)], at("2026-11-20"))

    found = [code for code in _open_starts(tacit) if ".E" in code]
    assert found == (["K-1.E20261101"] if opens else [])
    if opens:
        assert tacit.change(found[0]).renewal_start == date(2026, 12, 1)


@pytest.mark.req("REN-16")
def test_the_same_overage_is_not_opened_twice(tacit: Installation) -> None:
    tacit.imports(a_small_book(), at("2026-06-15"))
    tacit.imports([some_usage(emails_sent=20_000)], at("2026-11-20"))

    counts = tacit.imports([some_usage(emails_sent=30_000)], at("2026-11-25"))

    assert counts["changes"]["opened"] == 0


@pytest.mark.req("REN-5")
def test_an_upgrade_that_nobody_answered_is_overdue_and_a_person_is_told(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), at("2026-06-15"))
    tacit.imports([some_usage(contacts=1_200)], at("2026-12-05"))

    tacit.runs(at("2026-12-05"), at("2027-01-10"))

    upgrade = tacit.change("K-1.T20270101")
    assert upgrade.state == "pending"
    assert upgrade.attention is not None
    assert tacit.told_to("ops") == ["overdue"]


@pytest.mark.req("REN-16")
def test_usage_that_comes_close_is_warned_of_once_a_month(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), at("2026-06-15"))

    for contacts in (899, 900, 950, 1_000):
        tacit.imports([some_usage(contacts=contacts)], at("2026-10-20"))
        tacit.relay(at("2026-10-20"))
    tacit.imports([some_usage(month="2026-12", contacts=950)], at("2026-10-25"))
    tacit.relay(at("2026-10-25"))

    assert tacit.told_to(CUSTOMER) == ["contacts_near_limit"] * 2
    assert tacit.kinds().count("warned") == 2
    assert tacit.flaws() == []


@pytest.mark.req("REN-5")
def test_a_person_at_the_vendor_can_refuse_what_is_overdue(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    tacit.imports([some_usage("K-1", "2026-09", emails_sent=50_000)], at("2026-09-20"))
    [overage] = [
        row["code"]
        for row in tacit.rows("SELECT code FROM changes WHERE type LIKE 'email%'")
    ]
    tacit.runs(at("2026-09-20"), at("2026-11-20"))

    by_customer = tacit.fire(
        "request_cancellation", "acme.contact", at("2026-11-20"), overage
    )
    by_vendor = tacit.fire("request_cancellation", "ops", at("2026-11-20"), overage)

    assert by_customer.refusal is not None
    assert by_vendor.refusal is None
    assert tacit.change(overage).closed_at is not None
    assert tacit.flaws() == []
