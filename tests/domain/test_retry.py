"""When a delivery is tried again."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.domain.errors import PermanentDeliveryError, TransientDeliveryError
from engine.domain.retry import RetryPolicy

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def a_policy(
    attempts: int = 6,
    first_wait: timedelta = timedelta(minutes=1),
    longest_wait: timedelta = timedelta(minutes=10),
) -> RetryPolicy:
    return RetryPolicy(attempts, first_wait, longest_wait)


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 10)]
)
def test_waits_double_up_to_the_longest(attempts: int, minutes: int) -> None:
    again = a_policy().next_try(TransientDeliveryError("busy"), attempts, NOW)

    assert again == NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize("attempts", [6, 7, 1000])
def test_after_the_last_attempt_a_person_has_to_look(attempts: int) -> None:
    found = a_policy().next_try(TransientDeliveryError("busy"), attempts, NOW)

    assert found is None


@pytest.mark.parametrize(
    "error", [PermanentDeliveryError("no such mailbox"), ValueError("a bug")]
)
def test_what_trying_again_cannot_help_is_held_at_once(error: Exception) -> None:
    assert a_policy().next_try(error, 1, NOW) is None


@pytest.mark.parametrize(
    ("retry_after", "seconds"), [(30.0, 60), (90.0, 90), (3600.0, 3600), (0.0, 60)]
)
def test_a_channel_may_ask_for_a_longer_wait_but_not_for_a_shorter(
    retry_after: float, seconds: int
) -> None:
    error = TransientDeliveryError("slow down", retry_after=retry_after)

    again = a_policy().next_try(error, 1, NOW)

    assert again == NOW + timedelta(seconds=seconds)


def test_many_attempts_wait_the_longest_time_each() -> None:
    policy = a_policy(attempts=10_000)

    again = policy.next_try(TransientDeliveryError("busy"), 9_999, NOW)

    assert again == NOW + timedelta(minutes=10)


@pytest.mark.parametrize("retry_after", [86_400.0, 1e9, 1e300, float("inf")])
def test_nobody_waits_for_more_than_a_day_because_a_channel_says_so(
    retry_after: float,
) -> None:
    error = TransientDeliveryError("slow down", retry_after=retry_after)

    assert a_policy().next_try(error, 1, NOW) == NOW + timedelta(days=1)


@pytest.mark.parametrize("retry_after", [float("nan"), -30.0, float("-inf")])
def test_a_wait_that_makes_no_sense_is_not_taken_from_a_channel(
    retry_after: float,
) -> None:
    error = TransientDeliveryError("slow down", retry_after=retry_after)

    assert a_policy().next_try(error, 1, NOW) == NOW + timedelta(minutes=1)
