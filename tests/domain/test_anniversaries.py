"""Anniversaries are counted from the original date and never drift."""

import calendar
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.anniversaries import add_months, first_of_next_month, next_after

days = st.dates(date(1990, 1, 1), date(2100, 12, 31))
periods = st.integers(1, 60)


@pytest.mark.req("REN-15")
@pytest.mark.parametrize(
    ("anchor", "months", "found"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2026-01-31", 2, "2026-03-31"),
        ("2026-01-31", 3, "2026-04-30"),
        ("2027-01-31", 13, "2028-02-29"),
        ("2027-01-31", 14, "2028-03-31"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2024-02-29", 1, "2024-03-29"),
        ("2026-12-31", 1, "2027-01-31"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2096-02-29", 48, "2100-02-28"),
        ("2026-05-15", 0, "2026-05-15"),
    ],
)
def test_months_are_added_to_the_original_date(
    anchor: str, months: int, found: str
) -> None:
    assert add_months(date.fromisoformat(anchor), months).isoformat() == found


@pytest.mark.req("REN-15")
def test_a_monthly_series_from_the_31st_comes_back_to_the_31st() -> None:
    anchor, day, found = date(2026, 1, 31), date(2026, 1, 31), []

    for _ in range(14):
        day = next_after(anchor, 1, day)
        found.append(day.isoformat())

    assert found == [
        "2026-02-28",
        "2026-03-31",
        "2026-04-30",
        "2026-05-31",
        "2026-06-30",
        "2026-07-31",
        "2026-08-31",
        "2026-09-30",
        "2026-10-31",
        "2026-11-30",
        "2026-12-31",
        "2027-01-31",
        "2027-02-28",
        "2027-03-31",
    ]


@pytest.mark.req("REN-15")
def test_a_yearly_series_from_29_february_meets_it_in_leap_years_only() -> None:
    anchor, day, found = date(2024, 2, 29), date(2024, 2, 29), []

    for _ in range(4):
        day = next_after(anchor, 12, day)
        found.append(day.isoformat())

    assert found == ["2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]


@pytest.mark.req("REN-15")
@pytest.mark.parametrize(
    ("anchor", "every_months", "day", "found"),
    [
        ("2026-03-01", 12, "2027-02-28", "2027-03-01"),
        ("2026-03-01", 12, "2027-03-01", "2028-03-01"),
        ("2030-06-15", 12, "2026-11-22", "2031-06-15"),
        ("2026-03-01", 12, "2026-03-01", "2027-03-01"),
        ("2026-01-31", 1, "2026-02-27", "2026-02-28"),
        ("2026-01-31", 1, "2026-02-28", "2026-03-31"),
        ("2026-01-15", 18, "2026-11-22", "2027-07-15"),
        ("1990-01-31", 3, "2026-11-22", "2027-01-31"),
    ],
    ids=[
        "the day before it",
        "the day itself is past",
        "a start to come counts its first term",
        "the start itself is no renewal",
        "the day before a shortened month's end",
        "on a shortened month's end",
        "every 18 months",
        "after many terms",
    ],
)
def test_the_next_date_comes_after_the_day(
    anchor: str, every_months: int, day: str, found: str
) -> None:
    next_one = next_after(
        date.fromisoformat(anchor), every_months, date.fromisoformat(day)
    )

    assert next_one.isoformat() == found


@pytest.mark.req("REN-15")
@given(anchor=days, every_months=periods, day=days)
def test_the_next_date_is_the_first_of_the_series_after_the_day(
    anchor: date, every_months: int, day: date
) -> None:
    series = _series(anchor, every_months)

    wanted = next(one for one in series if one > day)

    assert next_after(anchor, every_months, day) == wanted


@given(day=days)
def test_the_first_of_the_next_month_is_the_earliest_first_after_a_day(
    day: date,
) -> None:
    found = first_of_next_month(day)

    assert found.day == 1
    assert 0 < (found - day).days <= calendar.monthrange(day.year, day.month)[1]


def _series(anchor: date, every_months: int) -> list[date]:
    """The straightforward way: walk the months one by one, remember the day."""
    found, year, month = [], anchor.year, anchor.month
    for number in range(1, (2170 - anchor.year) * 12):
        month += 1
        if month > 12:
            year, month = year + 1, 1
        if number % every_months == 0:
            last = calendar.monthrange(year, month)[1]
            found.append(date(year, month, min(anchor.day, last)))
    return found
