from datetime import timedelta

import pytest

from engine.domain.slack_users import BadOfferError, SlackUser, offer, read_offer
from tests.support.books import at

KEYS = (b"new", b"old")
NOW = at("2026-12-01T10:00")
UNTIL = NOW + timedelta(hours=1)
WHO = SlackUser("T0VENDOR", "U1")


def test_an_offer_is_good_until_it_expires_and_no_longer() -> None:
    given = offer(KEYS, WHO, UNTIL)

    assert read_offer(KEYS, given, UNTIL - timedelta(seconds=1)) == WHO
    with pytest.raises(BadOfferError):
        read_offer(KEYS, given, UNTIL)


def test_an_offer_by_an_older_key_is_believed() -> None:
    assert read_offer(KEYS, offer(KEYS[1:], WHO, UNTIL), NOW) == WHO


GOOD = offer(KEYS, WHO, UNTIL)
CHANGED = {
    "another user": GOOD.replace("U1", "U2"),
    "another workspace": GOOD.replace("T0VENDOR", "T0OTHER"),
    "a later end": GOOD.replace(f"{int(UNTIL.timestamp())}", "9999999999"),
    "cut": GOOD[:-1],
    "of another site": offer([b"theirs"], WHO, UNTIL),
    "a dot moved": GOOD.replace("T0VENDOR.U1", "T0VENDO.RU1"),
    "no offer": "nonsense",
    "nothing": "",
    "endless": "A" * 10_000,
}


@pytest.mark.parametrize("given", CHANGED.values(), ids=CHANGED.keys())
def test_an_offer_that_was_changed_is_worth_nothing(given: str) -> None:
    with pytest.raises(BadOfferError):
        read_offer(KEYS, given, NOW)
