"""The sample book that the demonstration runs on."""

from pathlib import Path

import pytest

from engine.domain.book import Row, Value
from engine.store.book_files.loading import load_book
from engine.store.book_files.references import check_references

SAMPLES = Path(__file__).parents[2] / "config" / "samples"


def sample_rows(kind: str) -> list[Row]:
    return [row for row in load_book([SAMPLES]).rows if row.kind == kind]


def number(value: Value) -> int:
    assert isinstance(value, int)
    return value


@pytest.mark.req("OPS-1")
def test_the_sample_book_has_no_problem() -> None:
    book = load_book([SAMPLES])

    assert book.problems == ()
    assert check_references(book.rows, {}) == ()


def test_the_sample_book_has_what_the_demonstration_shows() -> None:
    starts = {str(row.values["started_on"])[5:] for row in sample_rows("contracts")}
    commitments = {row.values["commitment_months"] for row in sample_rows("contracts")}

    assert {"01-31", "02-29"} <= starts
    assert {1, 3, 12, 24} <= commitments
    assert {row.values["language"] for row in sample_rows("people")} == {"en", "fr"}


@pytest.mark.req("REN-18")
def test_one_sample_customer_has_nobody_to_send_to() -> None:
    without = [
        row.values["code"]
        for row in sample_rows("customers")
        if row.values["primary_contact"] is None
    ]

    assert without == ["quarry-books"]


def test_sample_addresses_reach_nobody() -> None:
    addresses = [str(row.values["email"]) for row in sample_rows("people")]

    assert all(address.endswith(".example") for address in addresses)


@pytest.mark.req("REN-16")
def test_sample_usage_passes_one_contact_tier_and_one_email_limit() -> None:
    contracts = {row.values["code"]: row.values for row in sample_rows("contracts")}
    above_tier, above_emails = [], []
    for row in sample_rows("usage"):
        contract = contracts[row.values["contract"]]
        limit = number(contract["contact_limit"])
        if number(row.values["contacts"]) > limit:
            above_tier.append(contract["code"])
        if number(row.values["emails_sent"]) > limit * (
            5 if contract["starter"] else 10
        ):
            above_emails.append(contract["code"])

    assert above_tier == ["K-1011"]
    assert above_emails == ["K-1012"]
