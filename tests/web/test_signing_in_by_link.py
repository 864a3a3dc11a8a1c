"""A one-time link signs somebody in, by a button and not by being opened."""

from datetime import timedelta

import pytest

from engine.services.sign_in import invite
from tests.support.books import a_small_book
from tests.web.conftest import NOW, Served


@pytest.fixture
def link(served: Served) -> str:
    served.book.imports(a_small_book(), NOW)
    token = invite(served.site.store, "ops", NOW, timedelta(hours=1))
    return f"/sign-in/link/{token}"


def test_opening_a_link_shows_for_whom_it_is_and_signs_nobody_in(
    served: Served, link: str
) -> None:
    browser = served.browser()

    page = browser.get(link)

    assert page.status_code == 200
    assert "Sign in as Ops" in page.text
    assert served.site.settings.vendor in page.text
    assert not browser.client.cookies


def test_the_button_signs_in_once(served: Served, link: str) -> None:
    browser, other = served.browser(), served.browser()

    signed_in = browser.client.post(link, follow_redirects=False)
    again = other.client.post(link, follow_redirects=False)

    assert signed_in.status_code == 303
    cookie = signed_in.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert again.status_code == 410
    assert "used already" in again.text
    assert "set-cookie" not in again.headers


def test_a_link_that_is_too_old_signs_nobody_in(served: Served, link: str) -> None:
    served.clock.now = NOW + timedelta(hours=1)
    browser = served.browser()

    assert browser.get(link).status_code == 410
    assert browser.client.post(link).status_code == 410


def test_a_form_without_the_sessions_own_token_is_refused(served: Served) -> None:
    served.book.imports(a_small_book(), NOW)
    browser = served.signed_in("ops")

    forged = browser.client.post("/sign-out", data={"form_token": "guess"})

    assert forged.status_code == 403
    assert browser.get("/sign-in", follow_redirects=False).status_code == 303


def test_a_session_ends_when_nobody_uses_it(served: Served) -> None:
    served.book.imports(a_small_book(), NOW)
    browser = served.signed_in("ops")

    served.clock.now = NOW + timedelta(hours=2)
    page = browser.get("/", follow_redirects=False)

    assert page.headers["location"] == "/sign-in"


def test_signing_out_ends_the_session_itself(served: Served) -> None:
    served.book.imports(a_small_book(), NOW)
    browser, stolen = served.signed_in("ops"), served.browser()
    stolen.client.cookies.update(browser.client.cookies)

    browser.post("/sign-out")

    assert stolen.get("/", follow_redirects=False).headers["location"] == "/sign-in"
