"""The shipped mapping over the real exports of another system."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from engine.store.book_files.loading import LoadedBook, load_book
from engine.store.book_files.mapping_files import load_mapping
from engine.store.book_files.references import check_references

MAPPING = Path(__file__).parents[2] / "config" / "mappings" / "ravenstack.yaml"


def book_on(day: date, folder: Path) -> LoadedBook:
    return load_book([folder], load_mapping(MAPPING, day))


def test_the_shipped_mapping_is_sound() -> None:
    mapping = load_mapping(MAPPING, date(2025, 1, 1))

    assert [source.pattern for source in mapping.sources] == [
        "accounts*",
        "subscriptions*",
    ]


@pytest.mark.req("OPS-1")
def test_the_exports_become_a_sound_book(ravenstack: Path) -> None:
    book = book_on(date(2025, 1, 1), ravenstack)

    assert book.problems == ()
    assert check_references(book.rows, {}) == ()
    assert book.counts["contracts"] == 4222
    assert book.counts["customers"] == 500


@pytest.mark.req("OPS-1", "REN-18")
def test_thirty_accounts_have_nobody_to_send_to(ravenstack: Path) -> None:
    rows = list(book_on(date(2025, 1, 1), ravenstack).rows)
    contacts = [
        row for row in rows if row.kind == "people" and "customer" in row.values
    ]
    without = [
        row
        for row in rows
        if row.kind == "customers" and row.values["primary_contact"] is None
    ]

    assert len(contacts) == 470
    assert len(without) == 30


@pytest.mark.req("OPS-1")
def test_referred_accounts_are_associated_with_the_partner(ravenstack: Path) -> None:
    rows = book_on(date(2025, 1, 1), ravenstack).rows
    partners = Counter(row.values["partner"] for row in rows if row.kind == "customers")

    assert partners == {"ravenstack-referrals": 89, None: 411}


@pytest.mark.req("OPS-1")
@pytest.mark.parametrize(
    ("day", "ended"),
    [(date(2023, 1, 1), 0), (date(2024, 6, 1), 57), (date(2025, 1, 1), 408)],
    ids=["before any", "half way", "after all"],
)
def test_an_end_is_not_known_before_its_day(
    ravenstack: Path, day: date, ended: int
) -> None:
    rows = book_on(day, ravenstack).rows

    assert sum(1 for row in rows if row.values.get("ended_on")) == ended
