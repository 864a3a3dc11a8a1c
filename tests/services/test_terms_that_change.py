"""Files and people change terms while a renewal is open; renewals go on all the same."""

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tacit.bootstrap import check_rules
from tests.support.books import (
    a_contract,
    a_customer,
    a_person,
    a_small_book,
    at,
    some_usage,
    with_rows,
)
from tests.support.installation import RENEWAL, Installation

JUNE = at("2026-06-01")
A_SILENT_CONTACT = a_person("acme.contact", customer="acme", email=None)


def open_renewals(tacit: Installation) -> list[tuple[str, date]]:
    rows = tacit.rows(
        "SELECT code FROM changes WHERE closed_at IS NULL AND type = 'renewal'"
    )
    return [(row["code"], tacit.change(row["code"]).renewal_start) for row in rows]


def ended_on(tacit: Installation) -> Any:
    [contract] = tacit.rows("SELECT ended_on FROM contracts")
    return contract["ended_on"] and str(contract["ended_on"])


@pytest.mark.req("REN-15", "REN-17")
def test_renewals_go_on_after_a_commitment_was_shortened(tacit: Installation) -> None:
    start = date(2026, 1, 31)
    tacit.imports(a_small_book(started_on=start), JUNE)
    tacit.imports([a_contract(started_on=start, commitment_months=6)], JUNE)
    moved = open_renewals(tacit)

    tacit.runs(JUNE, at("2026-07-20"))
    tacit.fire("accept", "ops", at("2026-07-20"), "K-1.R20270131")
    tacit.runs(at("2026-07-20"), at("2026-08-01"))

    assert moved == [("K-1.R20270131", date(2026, 7, 31))]
    assert open_renewals(tacit) == [("K-1.R20270131-2", date(2027, 1, 31))]
    assert tacit.flaws() == []


@pytest.mark.req("REN-15", "REN-17")
def test_the_terms_after_a_renewal_start_that_was_moved_are_counted_from_it(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(commitment_months=1), JUNE)
    tacit.edit(JUNE).renewal_start("K-1.R20260701", date(2026, 7, 31))
    tacit.runs(JUNE, at("2026-07-20"))
    starts = []

    for now in ("2026-07-31T12:00", "2026-08-31T12:00", "2026-09-30T12:00"):
        [(code, _)] = open_renewals(tacit)
        tacit.fire("accept", "ops", at(now), code)
        tacit.passes(at(now))
        starts += [start for _, start in open_renewals(tacit)]

    assert starts == [date(2026, 8, 31), date(2026, 9, 30), date(2026, 10, 31)]
    assert tacit.flaws() == []


@pytest.mark.req("OPS-1", "REN-17")
def test_a_file_changes_terms_after_a_start_that_was_moved_took_effect(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), JUNE)
    tacit.edit(JUNE).renewal_start(RENEWAL, date(2026, 9, 1))
    tacit.runs(JUNE, at("2026-09-02"))
    following = open_renewals(tacit)

    tacit.imports([a_contract(automatic_renewal=False)], at("2026-10-01"))
    in_place = open_renewals(tacit)
    tacit.imports([a_contract(started_on=date(2026, 3, 15))], at("2026-10-01"))

    assert following == in_place == [("K-1.R20270901", date(2027, 9, 1))]
    assert open_renewals(tacit) == [("K-1.R20270901", date(2027, 3, 15))]
    assert tacit.flaws() == []


@pytest.mark.req("REN-6", "OPS-2")
def test_a_cancelled_contract_ends_although_a_file_comes_before_the_clock(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), JUNE)
    tacit.runs(JUNE, at("2027-01-02"))
    tacit.fire("request_cancellation", "acme.contact", at("2027-01-02"))
    tacit.runs(at("2027-01-02"), at("2027-02-01"))

    tacit.imports([a_contract(automatic_renewal=False)], at("2027-03-01T06:00"))

    assert ended_on(tacit) == "2027-03-01"
    assert open_renewals(tacit) == []
    assert tacit.flaws() == []


@pytest.mark.req("REN-6", "REN-17")
def test_a_cancellation_ends_the_term_that_a_file_gives(tacit: Installation) -> None:
    tacit.imports(a_small_book(), JUNE)
    tacit.fire("request_cancellation", "acme.contact", JUNE)

    tacit.imports([a_contract(commitment_months=6)], JUNE)
    tacit.runs(JUNE, at("2026-10-01"))

    assert tacit.change().state == "cancellation_requested"
    assert ended_on(tacit) == "2026-09-01"
    assert tacit.flaws() == []


@pytest.mark.req("REN-4", "REN-17")
def test_a_renewal_that_was_accepted_for_other_terms_is_asked_about_again(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), JUNE)
    tacit.runs(JUNE, at("2027-01-02"))
    tacit.fire("accept", "acme.contact", at("2027-01-02"))

    tacit.imports([a_contract(commitment_months=24)], at("2027-01-05"))
    tacit.runs(at("2027-01-05"), at("2027-11-03"))

    [edit] = [each for each in tacit.trail() if each["kind"] == "edited"]
    assert edit["set"] == {
        "contract": "new terms",
        "renewal_start": "2028-03-01",
        "state": "pending",
    }
    assert (tacit.change().state, tacit.change().notice_out_at) == (
        "pending",
        at("2027-11-02T08:00"),
    )
    assert tacit.flaws() == []


@pytest.mark.req("REN-17")
def test_a_start_that_was_moved_by_hand_stays_unless_a_file_changes_the_dates(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), JUNE)
    tacit.edit(JUNE).renewal_start(RENEWAL, date(2027, 5, 15))

    tacit.imports([a_contract(automatic_renewal=False, mrr=100)], JUNE)
    kept = tacit.change().renewal_start
    tacit.imports([a_contract(commitment_months=3)], JUNE)

    assert kept == date(2027, 5, 15)
    assert tacit.change().renewal_start == date(2026, 9, 1)


@pytest.mark.req("REN-17", "RULE-10")
def test_a_renewal_that_waits_for_a_person_stays_the_one_they_were_asked_about(
    tacit: Installation,
) -> None:
    tacit.imports(with_rows(a_small_book(), A_SILENT_CONTACT), JUNE)
    tacit.runs(JUNE, at("2027-03-02"))
    held = tacit.change()

    tacit.imports([a_contract(commitment_months=24)], at("2027-03-02"))
    tacit.fire("accept", "ops", at("2027-03-03"))
    tacit.runs(at("2027-03-03"), at("2027-03-04"))

    assert held.attention is not None
    assert tacit.change().renewal_start == date(2027, 3, 1)
    assert open_renewals(tacit) == [("K-1.R20290301", date(2029, 3, 1))]
    assert tacit.flaws() == []


@pytest.mark.req("REN-10", "REN-17", "RULE-10")
@pytest.mark.parametrize("accepted", [False, True])
def test_a_contract_of_another_customer_is_told_of_anew(
    tacit: Installation, accepted: bool
) -> None:
    zed = [
        a_customer("zed", time_zone="Asia/Tokyo"),
        a_person("zed.contact", customer="zed"),
    ]
    tacit.imports([*a_small_book(), *zed], JUNE)
    tacit.edit(JUNE).owner_of_change(RENEWAL, "partner")
    tacit.runs(JUNE, at("2027-01-10"))
    if accepted:
        tacit.fire("accept", "acme.contact", at("2027-01-10"))
    told = tacit.told()

    now = at("2027-01-14T12:00")
    tacit.imports([a_contract(customer="zed")], now)
    tacit.runs(now, at("2027-01-20"))
    waiting = tacit.change().state
    tacit.runs(at("2027-01-20"), at("2027-01-23"))

    assert waiting == "pending"
    assert [each.person for each in tacit.told()[len(told) :]] == ["zed.contact"] * 2
    assert tacit.change().state == "renewed"
    assert tacit.change().owner_choice is None
    assert tacit.flaws() == []


@pytest.fixture
def tacit_by_tier(tacit: Installation, tmp_path: Path) -> Installation:
    """Its long calendar is for large tiers, and not for long commitments."""
    folder = tmp_path / "rules"
    shutil.copytree(Path(__file__).parents[2] / "rules", folder)
    file = folder / "renewal.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace("if: commitment_months >= 3", "if: contact_limit >= 5000")
    )
    rulebook, problems = check_rules(folder, tacit.templates)
    assert rulebook is not None, problems
    return Installation(tacit.store, rulebook, tacit.templates)


@pytest.mark.req("REN-17")
def test_a_fact_that_chooses_another_row_of_the_calendar_plans_again(
    tacit_by_tier: Installation,
) -> None:
    tacit = tacit_by_tier
    tacit.imports(a_small_book(), JUNE)
    before = tacit.change()

    tacit.imports([a_contract(contact_limit=2_000)], JUNE)
    same = tacit.change()
    tacit.imports([a_contract(contact_limit=10_000)], JUNE)

    assert before.next_due_at == at("2027-02-09T08:00")
    assert same == before._replace(contact_limit=2_000)
    assert tacit.change().next_due_at == at("2026-11-01T08:00")
    assert tacit.flaws() == []


@pytest.mark.req("REN-16", "REN-17")
def test_a_larger_tier_that_applies_plans_again_what_reads_it(
    tacit_by_tier: Installation,
) -> None:
    tacit = tacit_by_tier
    tacit.imports([*a_small_book(), some_usage(contacts=4_500)], at("2026-12-02"))
    tacit.fire("accept", "acme.contact", at("2026-12-03"), "K-1.T20270101")

    tacit.runs(at("2026-12-03"), at("2027-01-02"))

    assert tacit.change().contact_limit == 5_000
    assert tacit.told_to("acme.contact") == ["tier_upgrade_confirmed", "renewal_notice"]
    assert tacit.flaws() == []


@pytest.mark.req("OPS-1", "OPS-4")
def test_what_a_file_brings_is_in_the_trails(tacit: Installation) -> None:
    tacit.imports(a_small_book(), JUNE)
    tacit.imports(
        [
            a_customer(partner="nord", primary_contact="acme.other"),
            a_person("acme.other", customer="acme"),
            some_usage(contacts=10),
        ],
        JUNE,
    )
    tacit.imports([some_usage(contacts=20)], JUNE)

    entries = tacit.rows(
        "SELECT subject_kind, kind, body FROM audit WHERE subject_kind IN "
        "('customer', 'contract') ORDER BY subject_kind DESC, seq"
    )
    said = [
        (one["subject_kind"], one["kind"], json.loads(one["body"])["set"])
        for one in entries
    ]
    usage = {"month": "2026-11", "contacts": 10, "emails_sent": None}
    assert [each[:2] for each in said] == [
        ("customer", "added"),
        ("customer", "edited"),
        ("contract", "added"),
        ("contract", "edited"),
        ("contract", "edited"),
    ]
    assert said[0][2]["primary_contact"] == "acme.contact"
    assert said[1][2] == {"primary_contact": "acme.other"}
    assert said[2][2]["product"] == "Suite"
    assert [each[2]["usage"] for each in said[3:]] == [usage, {**usage, "contacts": 20}]
    assert tacit.flaws() == []


@pytest.mark.req("OPS-4", "REN-6", "REN-16")
def test_what_the_clock_does_to_a_contract_is_in_its_trail(
    tacit: Installation,
) -> None:
    tacit.imports([*a_small_book(), some_usage(contacts=1_200)], at("2026-12-02"))
    tacit.fire("accept", "acme.contact", at("2026-12-03"), "K-1.T20270101")
    tacit.fire("request_cancellation", "acme.contact", at("2026-12-03"))

    tacit.runs(at("2026-12-03"), at("2027-03-02"))

    entries = tacit.rows(
        "SELECT body FROM audit WHERE subject_kind = 'contract' ORDER BY seq DESC"
    )
    said = [json.loads(entry["body"]) for entry in entries[:2]]
    assert said == [
        {"by": "clock", "set": {"ended_on": "2027-03-01"}},
        {"by": "clock", "set": {"contact_limit": 2_000}},
    ]
    assert tacit.flaws() == []
