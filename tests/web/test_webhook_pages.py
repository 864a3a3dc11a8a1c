"""The pages of webhooks: added, tried, mended and disabled by hand."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from engine.domain.retry import RetryPolicy
from engine.services.call_webhooks import Calling, call_webhooks
from engine.services.follow_trail import follow_trail
from notifiers.webhooks import WebhookCaller
from tests.support.books import a_small_book
from tests.web.conftest import NOW, Browser, Served

URL = "https://hooks.example/tacit"


@pytest.fixture
def browser(served: Served) -> Browser:
    served.book.imports(a_small_book(), NOW)
    return served.signed_in("ops")


def passes_in_vain(served: Served) -> None:
    """A pass in which no endpoint can be reached, and none is tried twice."""
    follow_trail(served.book.store, served.book.rulebook, NOW)
    caller = WebhookCaller(5, resolve=lambda _host, _port: ["127.0.0.1"])
    minute = timedelta(minutes=1)
    calling = Calling(caller, minute, RetryPolicy(1, minute, minute))
    call_webhooks(served.book.store, calling, lambda: NOW)


@pytest.mark.req("OPS-6")
def test_a_webhook_is_added_and_its_secret_shown_once(browser: Browser) -> None:
    empty = browser.get("/webhooks")

    added = browser.post("/webhooks", url=URL, description="the warehouse")
    listed, own = browser.get("/webhooks"), browser.get("/webhooks/1")

    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", added.text)
    assert secret
    assert "No system is told yet" in empty.text
    assert URL in listed.text
    assert "the warehouse" in listed.text
    assert "whsec_" not in listed.text + own.text


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://hooks.example/", "must begin with https://"),
        ("https://127.0.0.1/", "within a private network"),
        ("nonsense", "is no address"),
    ],
)
def test_an_address_that_cannot_be_called_is_refused_beside_its_field(
    browser: Browser, url: str, said: str
) -> None:
    page = browser.post("/webhooks", url=url)

    assert page.status_code == 422
    assert said in page.text
    assert f'value="{url}"' in page.text


def test_the_same_address_is_not_added_twice(browser: Browser) -> None:
    browser.post("/webhooks", url=URL)

    assert "already" in browser.post("/webhooks", url=URL).text


def test_a_call_that_was_given_up_is_shown_with_its_reason_and_sent_again(
    served: Served, browser: Browser
) -> None:
    browser.post("/webhooks", url=URL)
    browser.post("/webhooks/1/ping")
    passes_in_vain(served)

    page = browser.get("/webhooks/1")
    after = browser.post("/webhooks/1/calls/1/again")
    passes_in_vain(served)
    again = browser.post("/webhooks/1/again")

    assert "1 call was given up" in page.text
    assert "stands for 127.0.0.1, within a private network" in page.text
    for done in (after, again):
        assert "given up" not in done.text
        assert "What was held is queued again." in done.text


def test_a_webhook_is_disabled_and_enabled(browser: Browser) -> None:
    browser.post("/webhooks", url=URL)

    disabled = browser.post("/webhooks/1/disable")
    pinged = browser.post("/webhooks/1/ping")
    enabled = browser.post("/webhooks/1/enable")

    assert "What happens while it is disabled is not told later." in disabled.text
    assert "enable it first" in pinged.text
    assert "Make a test call" in enabled.text


def test_a_new_secret_is_shown_once(browser: Browser) -> None:
    first = browser.post("/webhooks", url=URL).text

    second = browser.post("/webhooks/1/rotate").text

    secrets = [re.findall(r"whsec_[A-Za-z0-9+/=]+", page) for page in (first, second)]
    assert len(secrets[0]) == len(secrets[1]) == 1
    assert secrets[0] != secrets[1]


def test_the_pages_say_until_when_the_secret_before_signs_too(
    served: Served, browser: Browser
) -> None:
    settings = replace(served.site.settings, secret_overlap=timedelta(days=1))
    served.app.state.site = replace(served.site, settings=settings)
    browser.post("/webhooks", url=URL)

    asked = browser.get("/webhooks/1").text
    made = browser.post("/webhooks/1/rotate").text
    page = browser.get("/webhooks/1").text
    at_once = browser.post("/webhooks/1/rotate", at_once="1").text

    assert "signed with both until 2 Dec 2026, 11:00" in asked
    said = "Until 2 Dec 2026, 11:00 each call is signed with the one before, too"
    assert said in made
    assert said in page
    assert "the one before, too" not in at_once + browser.get("/webhooks/1").text


@pytest.mark.parametrize("path", ["/webhooks", "/webhooks/1"])
def test_the_pages_are_french_for_who_reads_french(browser: Browser, path: str) -> None:
    browser.post("/webhooks", url=URL)
    browser.post("/language", language="fr", back="/")

    page = browser.get(path).text

    assert 'lang="fr"' in page
    assert "Tous les webhooks" in page or "Ajouter un webhook" in page


@pytest.mark.parametrize("person", ["nord.poc", "acme.contact"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/webhooks"), ("POST", "/webhooks"), ("GET", "/webhooks/1"),
        ("POST", "/webhooks/1/disable"), ("POST", "/webhooks/1/rotate"),
    ],
)  # fmt: skip
def test_partners_and_customers_have_no_webhooks(
    served: Served, person: str, method: str, path: str
) -> None:
    served.book.imports(a_small_book(), NOW)
    browser = served.signed_in(person)

    page = browser.get(path) if method == "GET" else browser.post(path, url=URL)

    assert page.status_code == 403


def test_what_an_endpoint_is_called_is_shown_as_text(
    served: Served, browser: Browser
) -> None:
    browser.post("/webhooks", url=URL, description="<script>alert(1)</script>")

    page = browser.get("/webhooks").text

    assert "<script>alert" not in page
    assert browser.get("/webhooks/99").status_code == 404
    assert browser.get("/webhooks/x").status_code == 422


def test_a_description_that_no_database_takes_is_refused(browser: Browser) -> None:
    page = browser.post("/webhooks", url=URL, description="a\x00b")

    assert page.status_code == 422
    assert "one line of plain text" in page.text
