"""An installation with single sign-on, and a real provider on loopback."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import httpx

from engine.domain.access import operator
from engine.services.manage_accounts import AccountKeeper
from tests.fakes.openid_provider import (
    CLIENT,
    SECRET,
    OpenIdProvider,
)
from tests.support.books import a_small_book
from tests.support.serving import serving
from tests.web.conftest import NOW, Browser, Served
from web.app import create_app
from web.sign_on import RETURN_PATH, OpenIdConnect
from web.sign_on_documents import Documents

KEPT = timedelta(hours=1)


@dataclass
class Sso:
    """An installation with single sign-on, and its provider."""

    served: Served
    provider: OpenIdProvider
    url: str

    def browser(self) -> Browser:
        browser = self.served.browser()
        browser.client.base_url = self.url
        return browser

    def goes_there(self, browser: Browser, **query: str) -> httpx.Response:
        """What the provider answers the browser that we sent there."""
        sent = browser.client.get("/sign-in/sso", params=query)
        assert sent.status_code == 303, sent.text
        return httpx.get(sent.headers["location"])

    def comes_back(self, browser: Browser, there: httpx.Response) -> httpx.Response:
        """What we answer the browser that the provider sends back."""
        back = httpx.URL(there.headers["location"])
        assert (back.host, back.path) == ("testserver", RETURN_PATH)
        return browser.client.get(back.raw_path.decode())

    def signs_in(self, browser: Browser, **query: str) -> httpx.Response:
        return self.comes_back(browser, self.goes_there(browser, **query))

    def sessions(self) -> int:
        [row] = self.served.book.rows("SELECT COUNT(*) AS n FROM sessions")
        return int(row["n"])


@contextmanager
def single_sign_on(served: Served) -> Iterator[Sso]:
    """Ops has an account; nobody is signed in yet."""
    served.book.imports(a_small_book(), NOW)
    AccountKeeper(served.site.store, operator("somebody"), NOW).link(
        "ops", timedelta(hours=1)
    )
    with OpenIdProvider(served.clock) as provider:
        client = OpenIdConnect(
            provider.issuer,
            CLIENT,
            SECRET,
            f"http://testserver{RETURN_PATH}",
            "Acme ID",
            Documents(KEPT),
        )
        app = create_app(replace(served.site, sign_on=client))
        with serving(app) as url:
            yield Sso(served, provider, url)
