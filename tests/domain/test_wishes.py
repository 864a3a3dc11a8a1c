from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.moments import local
from engine.domain.wishes import Wishes, clock, wished
from tests.support.books import at

PARIS = "Europe/Paris"
SOON = timedelta(minutes=30)
NIGHT = Wishes(PARIS, time(20), time(8))


def paris(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return local(found.date(), found.time(), PARIS)


@pytest.mark.req("BOT-7")
@pytest.mark.parametrize(
    ("now", "comes"),
    [
        ("2026-11-02T12:00", "2026-11-02T12:00"),
        ("2026-11-02T19:59", "2026-11-02T19:59"),
        ("2026-11-02T20:00", "2026-11-03T08:00"),
        ("2026-11-02T23:30", "2026-11-03T08:00"),
        ("2026-11-03T00:10", "2026-11-03T08:00"),
        ("2026-11-03T08:00", "2026-11-03T08:00"),
        ("2026-03-28T22:00", "2026-03-29T08:00"),  # an hour is missing that night
    ],
)
def test_what_can_wait_comes_after_the_night(now: str, comes: str) -> None:
    assert NIGHT.earliest(paris(now), SOON, is_reminder=False) == paris(comes)


@pytest.mark.req("BOT-7")
@pytest.mark.parametrize(
    ("now", "comes"),
    [
        ("2026-11-02T07:00", "2026-11-02T09:00"),
        ("2026-11-02T09:00", "2026-11-02T09:00"),
        ("2026-11-02T09:20", "2026-11-02T09:20"),
        ("2026-11-02T11:00", "2026-11-03T09:00"),
    ],
)
def test_reminders_wait_for_their_hour(now: str, comes: str) -> None:
    wishes = Wishes(PARIS, digest_at=time(9))

    assert wishes.earliest(paris(now), SOON, is_reminder=True) == paris(comes)
    assert wishes.earliest(paris(now), SOON, is_reminder=False) == paris(now)


_times = st.times().map(lambda at_: at_.replace(second=0, microsecond=0))
_wishes = st.builds(
    Wishes,
    st.sampled_from([PARIS, "America/Los_Angeles", "Asia/Kolkata", "UTC"]),
    st.none() | _times,
    st.none() | _times,
    st.none() | _times,
)


_hours = st.integers(0, 2 * 365 * 24 * 60).map(
    lambda minutes: at("2026-01-01") + timedelta(minutes=minutes)
)


@given(_wishes, _hours, st.booleans())
def test_it_waits_less_than_two_days_and_then_comes(
    wishes: Wishes, now: datetime, is_reminder: bool
) -> None:
    comes = wishes.earliest(now, SOON, is_reminder=is_reminder)

    assert 0 <= (comes - now).total_seconds() <= 49 * 3600
    # Quiet hours alone let it come when they are over.
    assert wishes.earliest(comes, SOON, is_reminder=False) == comes


@given(_wishes)
def test_what_is_kept_is_read_as_it_was(wishes: Wishes) -> None:
    assert Wishes.read(wishes.text) == wishes


def test_what_is_typed_is_checked_field_by_field() -> None:
    assert wished("Mars/Base", "25:00", "", "noon") == (
        None,
        {"zone": "no_zone", "quiet_from": "no_time", "digest_at": "no_time"},
    )
    assert wished(PARIS, "20:00", "", "")[1] == {"quiet_until": "half"}
    assert wished(PARIS, "20:00", "20:00", "")[1] == {"quiet_until": "whole_day"}
    assert wished(PARIS, " 20:00", "08:00", "") == (NIGHT, {})


@pytest.mark.parametrize("text", ["8:30", "24:00", "08:60", "٠٨:٣٠", "08:3x", "08-30"])
def test_a_time_of_day_has_one_form(text: str) -> None:
    with pytest.raises(ValueError, match="08:30"):
        clock(text)
