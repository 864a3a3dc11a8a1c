"""Releases: held messages are queued again by whoever may, and read, them."""

from dataclasses import replace
from typing import cast

import pytest
from starlette.routing import Mount

from engine.domain.access import Policy
from engine.domain.errors import (
    PermanentDeliveryError,
)
from tests.support.installation import RENEWAL
from tests.web.api_client import a_program
from tests.web.conftest import Served
from tests.web.message_pages import NOW, ids, refusing, text_of, with_messages


@pytest.fixture
def served(served: Served) -> Served:
    return with_messages(served)


@pytest.mark.req("BOT-2")
def test_one_message_is_released_and_the_rest_stays(served: Served) -> None:
    broken = refusing(PermanentDeliveryError("the mail server refused RCPT TO: 550"))
    served.book.fire("request_cancellation", "acme.contact", NOW)
    served.book.relay(NOW, email=broken)
    mine = ids(served, "held", "cancellation_noted")[0]
    others = set(ids(served, "held")) - {mine}
    browser = served.signed_in("ops")

    confirm = text_of(browser.get(f"/messages/release?id={mine}"))
    assert "One message is queued again" in confirm
    assert "Acme Contact" in confirm
    assert ids(served, "queued") == []
    done = browser.post("/messages/release", id=str(mine))

    assert "One message is queued again." in done.text
    assert ids(served, "queued") == [mine]
    assert set(ids(served, "held")) == others
    assert served.book.trail()[-1]["set"] == {"held_messages": "released"}


def test_all_are_released_and_what_has_no_reader_is_said_beforehand(
    served: Served,
) -> None:
    held, browser = ids(served, "held"), served.signed_in("ops")

    confirm = text_of(browser.get("/messages/release?all=1"))
    browser.post("/messages/release", all="1")

    assert "still nobody" in confirm
    assert sorted(ids(served, "queued")) == sorted(held)


def test_a_release_of_nothing_or_nonsense_says_what_to_do(served: Served) -> None:
    browser = served.signed_in("ops")

    assert "Choose the messages to release" in browser.get("/messages/release").text
    assert browser.get("/messages/release?id=x").status_code == 400
    assert "Choose the messages to release" in browser.post("/messages/release").text
    gone = browser.get("/messages/release?id=99999")
    assert "None of these is held any more" in gone.text


def test_only_those_who_may_release_are_offered_it(served: Served) -> None:
    browser = served.signed_in("nord.poc")

    assert "Release" not in browser.get("/messages?status=held").text
    assert browser.get("/messages/release?all=1").status_code == 403
    assert browser.post("/messages/release", all="1").status_code == 403
    assert ids(served, "queued") == []


def reading_only(served: Served, *audiences: str) -> None:
    """Let the vendor's operations read what these readers are told, and no more."""
    roles = dict(served.site.policy.roles)
    roles["operations"] = replace(roles["operations"], reads=frozenset(audiences))
    site = replace(served.site, policy=Policy(roles))
    [api] = [each for each in served.app.routes if getattr(each, "name", "") == "api"]
    for app in (served.app, cast(Mount, api).app):
        app.state.site = site  # type: ignore[attr-defined]


def test_nobody_releases_a_message_that_they_may_not_read(served: Served) -> None:
    held = ids(served, "held")
    reading_only(served, "customer")
    browser = served.signed_in("ops")

    confirm = text_of(browser.get("/messages/release?all=1"))
    browser.post("/messages/release", all="1")
    browser.post("/messages/release", id=str(held[0]))

    assert "None of these is held any more" in confirm
    assert ids(served, "held") == held
    assert browser.get("/today").status_code == 200


@pytest.mark.parametrize("given", [{"all": True}, {"changes": [RENEWAL]}])
def test_nor_does_a_program_release_a_message_that_its_key_may_not_read(
    served: Served, given: dict[str, object]
) -> None:
    held = ids(served, "held")
    program = a_program(served, "ops")
    reading_only(served, "customer")

    answer = program.post("/releases", given)

    assert answer.json() == {"message": "0 held messages are queued again"}
    assert ids(served, "held") == held
