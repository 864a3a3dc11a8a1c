"""Moments: phrases of rule files, resolved in the customer's own days."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.moments import (
    MIDNIGHT,
    Offset,
    duration,
    end_of_local_day,
    last_whole_day,
    local,
    local_day,
    parse,
)
from tests.domain.builders import at

ZONES = [
    "Europe/Paris",
    "America/New_York",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Australia/Sydney",
    "Africa/Cairo",
    "America/Santiago",
]

any_zone = st.sampled_from(sorted(available_timezones()))
any_day = st.dates(date(2000, 1, 1), date(2100, 12, 31))
any_instant = st.datetimes(
    datetime(2012, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
any_offset = st.builds(
    Offset,
    st.integers(-400, 400),
    st.just("renewal_start"),
    st.times().map(lambda at: at.replace(second=0, microsecond=0, fold=0)),
)


@pytest.mark.parametrize(
    ("phrase", "offsets"),
    [
        ("renewal_start", [Offset(0, "renewal_start")]),
        ("44 days before renewal_start", [Offset(-44, "renewal_start")]),
        ("1 day after renewal_start", [Offset(1, "renewal_start")]),
        ("2 weeks before renewal_start", [Offset(-14, "renewal_start")]),
        ("1 week after renewal_start", [Offset(7, "renewal_start")]),
        (
            "end of 45 days before renewal_start",
            [Offset(-45, "renewal_start", MIDNIGHT, True)],
        ),
        ("end of renewal_start", [Offset(0, "renewal_start", MIDNIGHT, True)]),
        ("renewal_start at 23:59", [Offset(0, "renewal_start", time(23, 59))]),
        (
            "60, 120 and 90 days before renewal_start at 09:00",
            [Offset(days, "renewal_start", time(9)) for days in (-120, -90, -60)],
        ),
        (
            "3, 2, and 1 days before renewal_start",
            [Offset(days, "renewal_start") for days in (-3, -2, -1)],
        ),
        ("  44   days before\trenewal_start ", [Offset(-44, "renewal_start")]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_phrase_names_its_offsets_earliest_first(
    phrase: str, offsets: list[Offset]
) -> None:
    assert list(parse(phrase)) == offsets


@pytest.mark.parametrize(
    "phrase",
    [
        "",
        "44 days",
        "44 days before",
        "before renewal_start",
        "44 before renewal_start",
        "-44 days before renewal_start",
        "44.5 days before renewal_start",
        "44 days from renewal_start",
        "44 months before renewal_start",
        "12345 days before renewal_start",
        "44 Days before renewal_start",
        "44 days before renewal start",
        "44 days before renewal_start at 9:00",
        "44 days before renewal_start at 24:00",
        "44 days before renewal_start at 09:60",
        "44 days before renewal_start at 09:00:00",
        "end of 45 days before renewal_start at 09:00",
        "end of end of renewal_start",
        "90 60 days before renewal_start",
        "٤٤ days before renewal_start",
        "44 days before renewal_start at 0٩:00",
    ],
)
def test_what_is_no_moment_is_refused_with_an_example(phrase: str) -> None:
    with pytest.raises(ValueError, match='write it like "44 days before'):
        parse(phrase)


@pytest.mark.parametrize(
    "phrase",
    ["60 and 60 days before renewal_start", "7, 07 days after renewal_start"],
)
def test_a_day_named_twice_is_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match="names the same day twice"):
        parse(phrase)


@given(offset=any_offset, ends=st.booleans())
def test_an_offset_described_is_read_as_the_same_offset(
    offset: Offset, ends: bool
) -> None:
    if ends:
        offset = Offset(offset.days, offset.date_name, MIDNIGHT, True)

    assert parse(offset.describe()) == (offset,)


@pytest.mark.parametrize(
    ("phrase", "length"),
    [
        ("7 days", timedelta(days=7)),
        ("1 day", timedelta(days=1)),
        ("36 hours", timedelta(hours=36)),
        ("2 weeks", timedelta(days=14)),
        ("90  minutes", timedelta(minutes=90)),
        ("1 second", timedelta(seconds=1)),
    ],
)
def test_a_length_of_time_is_read(phrase: str, length: timedelta) -> None:
    assert duration(phrase) == length


@pytest.mark.parametrize(
    "phrase",
    ["", "7", "days", "seven days", "-7 days", "7 months", "7 d", "٧ days", "7 days 1"],
)
def test_what_is_no_length_of_time_is_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match='write it like "7 days"'):
        duration(phrase)


@pytest.mark.req("REN-7")
@pytest.mark.parametrize(
    ("zone", "day", "clock", "instant"),
    [
        ("Europe/Paris", "2027-03-28", "02:30", "2027-03-28T01:30"),
        ("Europe/Paris", "2026-10-25", "02:30", "2026-10-25T00:30"),
        ("Europe/Paris", "2026-10-25", "09:00", "2026-10-25T08:00"),
        ("America/New_York", "2027-03-14", "02:30", "2027-03-14T07:30"),
        ("America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30"),
        ("America/Sao_Paulo", "2018-11-04", "00:00", "2018-11-04T03:00"),
        ("America/Sao_Paulo", "2018-02-18", "00:00", "2018-02-18T03:00"),
        ("Asia/Kolkata", "2027-03-28", "02:30", "2027-03-27T21:00"),
        ("Australia/Sydney", "2026-10-04", "02:30", "2026-10-03T16:30"),
        ("Australia/Sydney", "2027-04-04", "02:30", "2027-04-03T15:30"),
        ("Africa/Cairo", "2024-04-26", "00:00", "2024-04-25T22:00"),
        ("America/Santiago", "2024-09-08", "00:00", "2024-09-08T04:00"),
        ("Pacific/Apia", "2011-12-30", "09:00", "2011-12-30T19:00"),
    ],
    ids=[
        "skipped in Paris: an hour on",
        "twice in Paris: the earlier",
        "the morning after the clocks went back",
        "skipped in New York",
        "twice in New York: the earlier",
        "midnight skipped in São Paulo",
        "midnight after 23:00 came twice in São Paulo",
        "no daylight saving in Kolkata",
        "skipped in Sydney",
        "twice in Sydney: the earlier",
        "midnight skipped in Cairo",
        "midnight skipped in Santiago",
        "a whole day skipped in Samoa: 09:00 of the next",
    ],
)
def test_a_local_time_resolves_across_daylight_saving(
    zone: str, day: str, clock: str, instant: str
) -> None:
    offset = Offset(0, "renewal_start", time.fromisoformat(clock))

    found = offset.resolve(date.fromisoformat(day), zone)

    assert found == datetime.fromisoformat(instant).replace(tzinfo=UTC)


@pytest.mark.req("REN-7")
@settings(max_examples=100, deadline=None)
@given(zone=any_zone, start=any_day)
def test_the_end_of_a_day_is_the_start_of_the_next(zone: str, start: date) -> None:
    (deadline,) = parse("end of 45 days before renewal_start")
    (silence,) = parse("44 days before renewal_start")

    assert deadline.resolve(start, zone) == silence.resolve(start, zone)


@pytest.mark.req("REN-7")
@pytest.mark.parametrize("zone", ZONES)
@settings(max_examples=30, deadline=None)
@given(start=st.dates(date(2012, 1, 1), date(2100, 1, 1)))
def test_the_whole_day_of_the_deadline_counts(zone: str, start: date) -> None:
    (offset,) = parse("end of 45 days before renewal_start")
    last_day = start - timedelta(days=45)

    deadline = offset.resolve(start, zone)

    just_before = deadline - timedelta(microseconds=1)
    assert local_day(just_before, zone) == last_day
    assert local_day(deadline, zone) == last_day + timedelta(days=1)
    assert last_whole_day(deadline, zone) == last_day


@settings(max_examples=100, deadline=None)
@given(zone=any_zone, start=any_day, offset=any_offset)
def test_any_moment_resolves_near_its_day(
    zone: str, start: date, offset: Offset
) -> None:
    found = offset.resolve(start, zone)

    wall = found.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    wanted = datetime.combine(start + timedelta(days=offset.days), offset.at)
    assert found.tzinfo is UTC
    # Samoa skipped a whole day; everybody else moves on by two hours at most.
    assert timedelta(0) <= wall - wanted <= timedelta(hours=25)


@pytest.mark.req("RULE-10")
@settings(max_examples=100, deadline=None)
@given(zone=any_zone, instant=any_instant)
def test_the_end_of_a_local_day_is_the_first_midnight_not_before_an_instant(
    zone: str, instant: datetime
) -> None:
    end = end_of_local_day(instant, zone)

    assert end >= instant
    assert end == local(local_day(end, zone), MIDNIGHT, zone)
    assert local_day(end, zone) - local_day(instant, zone) <= timedelta(days=1)


def test_midnight_is_itself_the_end_of_the_day_before() -> None:
    midnight = at("2027-01-16")

    assert end_of_local_day(midnight, "Europe/Paris") == midnight


def test_a_moment_after_midnight_counts_to_the_end_of_its_own_day() -> None:
    found = end_of_local_day(at("2027-01-16T00:00:01"), "Europe/Paris")

    assert found == at("2027-01-17")
