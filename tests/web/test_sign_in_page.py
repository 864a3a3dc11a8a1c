"""The sign-in page, its cookies over https, and what a new installation says."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from engine.domain.accounts import form_token
from engine.services.sign_in import invite
from tests.support.books import a_small_book
from tests.support.serving import serving
from tests.web.conftest import NOW, Browser, Served
from web.app import create_app


@pytest.fixture
def secure(served: Served) -> Iterator[Browser]:
    """A browser before the same installation, reached by https from outside."""
    served.book.imports(a_small_book(), NOW)
    settings = replace(served.site.settings, url="https://tacit.example")
    with serving(create_app(replace(served.site, settings=settings))) as url:
        browser = served.browser()
        browser.client.base_url = url
        yield browser


def test_a_new_installation_says_how_to_let_somebody_in(served: Served) -> None:
    served.book.imports(a_small_book(), NOW)
    new = served.browser().get("/sign-in")

    served.signed_in("ops")
    later = served.browser().get("/sign-in")

    assert "tacit accounts link PERSON" in new.text
    assert served.site.settings.vendor in new.text
    assert "ops" not in new.text
    assert "tacit accounts" not in later.text


def test_an_empty_book_says_so_too(served: Served) -> None:
    assert "This installation is new" in served.browser().get("/sign-in").text


def test_without_a_provider_there_is_no_single_sign_on(served: Served) -> None:
    page = served.browser().get("/sign-in")

    assert "single sign-on" not in page.text.lower()
    assert served.browser().get("/sign-in/sso").status_code == 404
    assert served.browser().get("/sign-in/sso/return?code=x").status_code == 403


def test_over_https_the_cookie_is_this_hosts_own_and_secure(
    served: Served, secure: Browser
) -> None:
    link = invite(served.site.store, "ops", NOW, served.site.settings.link_lasts)

    answer = secure.client.post(f"/sign-in/link/{link}")

    cookie = answer.headers["set-cookie"]
    name, _, rest = cookie.partition("=")
    assert name == "__Host-tacit_session"
    for flag in ("HttpOnly", "SameSite=lax", "Secure", "Path=/"):
        assert flag in rest
    assert "Domain" not in rest
    token = rest.split(";")[0]
    page = secure.client.get("/account", headers={"Cookie": f"{name}={token}"})
    assert page.status_code == 200


def test_over_https_a_cookie_that_a_neighbour_could_plant_is_not_read(
    served: Served, secure: Browser
) -> None:
    token = served.signed_in("ops").token

    page = secure.client.get("/account", headers={"Cookie": f"tacit_session={token}"})

    assert page.status_code == 303


def test_signing_out_over_https_takes_the_cookie_away(
    served: Served, secure: Browser
) -> None:
    browser = served.signed_in("ops")
    secure.token = browser.token
    secure.client.headers["Cookie"] = f"__Host-tacit_session={browser.token}"

    assert browser.token is not None
    answer = secure.client.post(
        "/sign-out", data={"form_token": form_token(browser.token)}
    )

    cookies = answer.headers.get_list("set-cookie")
    [gone] = [one for one in cookies if one.startswith("__Host-tacit_session=")]
    assert "Max-Age=0" in gone
    assert "Secure" in gone


def test_whoever_is_signed_in_can_open_somebody_elses_link(served: Served) -> None:
    served.book.imports(a_small_book(), NOW)
    browser = served.signed_in("ops")
    link = invite(served.site.store, "nord.poc", NOW, served.site.settings.link_lasts)

    page = browser.get(f"/sign-in/link/{link}")
    browser.post(f"/sign-in/link/{link}")

    assert "Sign in as Nord Poc" in page.text
    assert "Nord Poc" in browser.get("/account").text


def test_signing_in_leads_back_to_what_was_asked_for(served: Served) -> None:
    asked = served.browser().get(
        "/changes?q=acme&status=pending", follow_redirects=False
    )

    where = asked.headers["location"]

    assert where == "/sign-in?next=/changes%3Fq%3Dacme%26status%3Dpending"
    page = served.browser().get(where).text
    assert 'name="next" value="/changes?q=acme&amp;status=pending"' in page
