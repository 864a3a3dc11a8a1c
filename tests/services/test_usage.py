"""Months of usage that come late, together, or corrected."""

from datetime import date

import pytest

from tests.support.books import a_contract, a_small_book, at, some_usage
from tests.support.installation import Installation

CUSTOMER = "acme.contact"
OCTOBER = at("2026-10-05")
UPGRADE, OVERAGE = "K-1.T20270101", "K-1.E20260901"


def open_codes(tacit: Installation) -> list[str]:
    rows = tacit.rows(
        "SELECT code FROM changes WHERE type != 'renewal' AND closed_at IS NULL "
        "ORDER BY code"
    )
    return [row["code"] for row in rows]


def limit(tacit: Installation) -> int:
    [contract] = tacit.rows("SELECT contact_limit FROM contracts")
    return int(contract["contact_limit"])


@pytest.mark.req("REN-16")
def test_each_month_above_the_limit_opens_its_own_overage(tacit: Installation) -> None:
    tacit.imports(
        [
            *a_small_book(),
            some_usage(month="2026-08", emails_sent=20_000),
            some_usage(month="2026-09", emails_sent=20_000),
            some_usage(month="2026-10", emails_sent=5),
        ],
        at("2026-11-02"),
    )

    assert open_codes(tacit) == ["K-1.E20260801", OVERAGE]


@pytest.mark.req("REN-5", "REN-16")
def test_an_overage_that_nobody_answered_does_not_keep_the_next_one_from_opening(
    tacit: Installation,
) -> None:
    tacit.imports(
        [*a_small_book(), some_usage(month="2026-09", emails_sent=20_000)], OCTOBER
    )
    tacit.runs(OCTOBER, at("2026-11-04"))

    tacit.imports([some_usage(month="2026-10", emails_sent=30_000)], at("2026-11-04"))

    assert tacit.change(OVERAGE).attention is not None
    assert open_codes(tacit) == [OVERAGE, "K-1.E20261001"]


@pytest.mark.req("REN-16")
def test_an_overage_whose_month_is_corrected_is_closed_and_can_come_back(
    tacit: Installation,
) -> None:
    above = some_usage(month="2026-09", emails_sent=20_000)
    tacit.imports([*a_small_book(), above], OCTOBER)
    tacit.tick(at("2026-10-20"))

    corrected = some_usage(month="2026-09", emails_sent=2_000)
    counts = tacit.imports([corrected], at("2026-10-20"))
    closed = open_codes(tacit)
    tacit.relay(at("2026-10-20"))
    tacit.imports([above], at("2026-10-21"))

    assert counts["changes"]["ended"] == 1
    assert closed == []
    assert tacit.told() == []
    assert open_codes(tacit) == [f"{OVERAGE}-2"]
    assert tacit.flaws() == []


@pytest.mark.req("REN-16")
def test_an_overage_that_was_accepted_stands(tacit: Installation) -> None:
    tacit.imports(
        [*a_small_book(), some_usage(month="2026-09", emails_sent=20_000)], OCTOBER
    )
    tacit.fire("accept", CUSTOMER, OCTOBER, OVERAGE)

    tacit.imports([some_usage(month="2026-09", emails_sent=2_000)], OCTOBER)

    assert tacit.change(OVERAGE).state == "confirmed"
    assert tacit.change(OVERAGE).closed_at is None


@pytest.mark.req("REN-16")
def test_a_notice_of_an_overage_names_the_emails_of_its_own_month(
    tacit: Installation,
) -> None:
    tacit.imports(
        [*a_small_book(), some_usage(month="2026-09", emails_sent=20_000)], OCTOBER
    )
    tacit.imports([some_usage(month="2026-10", emails_sent=5)], at("2026-10-15"))

    tacit.runs(at("2026-10-15"), at("2026-10-20"))

    [letter] = [one for one in tacit.letters() if "acme.contact" in one.key]
    assert "20,000" in letter.rendered.text


@pytest.mark.req("REN-16", "REN-17")
def test_an_upgrade_that_nobody_answered_follows_the_contacts(
    tacit: Installation,
) -> None:
    now = at("2026-12-02T08:00")
    tacit.imports([*a_small_book(), some_usage(contacts=1_500)], now)
    tacit.passes(now)

    tacit.imports([some_usage(contacts=15_000)], at("2026-12-03"))
    tacit.passes(at("2026-12-03"))
    tacit.fire("accept", CUSTOMER, at("2026-12-20"), UPGRADE)
    tacit.passes(at("2027-01-02"))

    [edit] = [one for one in tacit.trail(UPGRADE) if one["kind"] == "edited"]
    assert edit["set"]["new_contact_limit"] == 20_000
    assert tacit.told_to(CUSTOMER).count("tier_upgrade_notice") == 2
    assert limit(tacit) == 20_000
    assert tacit.flaws() == []


@pytest.mark.req("REN-16")
def test_an_upgrade_that_a_larger_limit_makes_needless_is_closed(
    tacit: Installation,
) -> None:
    now = at("2026-12-02")
    tacit.imports([*a_small_book(), some_usage(contacts=1_500)], now)

    tacit.imports([a_contract(contact_limit=5_000)], now)

    assert open_codes(tacit) == []
    assert tacit.flaws() == []


@pytest.mark.req("REN-16", "REN-18")
def test_contacts_above_the_largest_tier_wait_for_a_person(
    tacit: Installation,
) -> None:
    now = at("2026-12-02T08:00")
    tacit.imports([*a_small_book(), some_usage(contacts=1_500)], now)
    tacit.imports([some_usage(contacts=1_500_000)], now)

    tacit.runs(now, at("2026-12-20"))
    held = tacit.change(UPGRADE)
    told = tacit.told_to(CUSTOMER)
    tacit.imports([some_usage(contacts=900_000)], at("2026-12-20"))
    tacit.runs(at("2026-12-20"), at("2026-12-21"))

    assert (held.new_contact_limit, held.attention) == (
        None,
        "no tier allows 1500000 contacts",
    )
    assert "tier_upgrade_notice" not in told
    assert tacit.change(UPGRADE).attention is None
    assert tacit.told_to(CUSTOMER)[-1] == "tier_upgrade_notice"
    assert tacit.flaws() == []


@pytest.mark.req("OPS-1", "REN-16")
def test_the_same_file_after_an_upgrade_changes_nothing(tacit: Installation) -> None:
    book = [*a_small_book(), some_usage(contacts=1_500)]
    tacit.imports(book, at("2026-12-02"))
    tacit.fire("accept", CUSTOMER, at("2026-12-20"), UPGRADE)
    tacit.runs(at("2026-12-20"), at("2027-01-02"))
    before = tacit.contents()

    tacit.imports(book, at("2027-01-03"))
    same = tacit.contents()
    tacit.imports([a_contract(contact_limit=1_200)], at("2027-01-03"))

    assert same == before
    assert limit(tacit) == 1_200


@pytest.mark.req("REN-16")
def test_a_month_is_warned_of_once_whatever_renewal_is_open(
    tacit: Installation,
) -> None:
    now = at("2027-02-10")
    tacit.imports([*a_small_book(), some_usage(month="2027-02", contacts=950)], now)
    tacit.fire("accept", "ops", now)
    tacit.runs(now, at("2027-03-02"))

    counts = tacit.imports(
        [some_usage(month="2027-02", contacts=951)], at("2027-03-02")
    )

    assert tacit.change("K-1.R20280301").renewal_start == date(2028, 3, 1)
    assert counts["changes"]["warned"] == 0
