"""An installation whose pages are served over HTTP, on both databases."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
import pytest
import structlog
from fastapi import FastAPI

from config.permissions import SHIPPED, load_policy
from engine.domain.accounts import LinksFor, SessionLimits, form_token
from engine.domain.api_keys import KeyLimits
from engine.domain.parsing import LANGUAGES
from engine.domain.ruleset import Rulebook
from engine.services.sign_in import invite, sign_in_by_link
from engine.store.unit_of_work import Store
from notifiers.recording import RecordingChannel
from notifiers.rendering import Templates
from notifiers.wording import Wording
from tests.support.books import at
from tests.support.installation import Installation
from tests.support.serving import serving
from tests.support.works import some_works
from web.app import create_app
from web.cookies import SESSION_COOKIE
from web.site import ApiSettings, Site, SiteSettings

#: Pages and routes whose own queries differ between the databases are asked on both;
#: the rest on SQLite, and on both with TACIT_SOAK=1.
_BOTH: Final = frozenset(
    {
        "test_api_idempotency", "test_message_releases", "test_messages_page",
        "test_odd_addresses",
        "test_the_list", "test_today",
    }
)  # fmt: skip
_SOAK: Final = bool(os.environ.get("TACIT_SOAK"))  # noqa: TID251


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave PostgreSQL out where a page asks nothing that only it would answer so."""
    left_out = [] if _SOAK else [item for item in items if _is_left_out(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


def _is_left_out(item: pytest.Item) -> bool:
    chosen = getattr(item, "callspec", None)
    is_ours = item.path.parent.name == "web" and item.path.stem not in _BOTH
    return is_ours and chosen is not None and chosen.params.get("store") == "postgresql"


NOW = at("2026-12-01T10:00")


@dataclass
class SettableClock:
    """A clock that stands until it is set."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Browser:
    """Somebody's browser, without its scripts: follows redirects, keeps cookies."""

    client: httpx.Client
    token: str | None = None

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.client.get(path, **{"follow_redirects": True, **options})

    def post(self, path: str, **fields: Any) -> httpx.Response:
        """Send a form, with the token that every form of the session carries."""
        token = form_token(self.token) if self.token else ""
        data = {"form_token": token, **fields}
        return self.client.post(path, data=data, follow_redirects=True)


@dataclass
class Served:
    """An installation and the address that it is served at.

    Mail of the site's own is recorded where the installation's other mail is.
    """

    book: Installation
    site: Site
    app: FastAPI
    clock: SettableClock
    url: str
    _clients: list[httpx.Client] = field(default_factory=list)

    def browser(self) -> Browser:
        """A browser that nobody is signed in with."""
        client = httpx.Client(base_url=self.url, timeout=30)
        self._clients.append(client)
        return Browser(client)

    def signed_in(self, person: str) -> Browser:
        """A browser that a person of the book is signed in with."""
        now = self.clock()
        link = invite(self.site.store, person, now, timedelta(hours=1))
        session = sign_in_by_link(self.site.store, link, now)
        browser = self.browser()
        browser.client.cookies.set(SESSION_COOKIE, session, domain="127.0.0.1")
        browser.token = session
        return browser

    def close(self) -> None:
        for client in self._clients:
            client.close()


def a_site(
    store: Store,
    rulebook: Rulebook,
    templates: Templates,
    clock: SettableClock,
    **values: Any,
) -> Site:
    """A site over a store, with the shipped roles."""
    return Site(
        store=store,
        rules=lambda: rulebook,
        messages=lambda: templates,
        policy=load_policy(SHIPPED),
        clock=clock,
        words={language: Wording(language) for language in LANGUAGES},
        settings=SiteSettings(
            vendor="Acme Cloud",
            time_zone="Europe/Paris",
            language="en",
            url="http://testserver",
            sessions=SessionLimits(timedelta(hours=2), timedelta(hours=12)),
            link_lasts=timedelta(hours=24),
            key_lasts=timedelta(days=90),
            keys=KeyLimits(20, timedelta(days=366)),
            sign_in_attempts=10,
            sign_in_window=timedelta(minutes=15),
            password_length=12,
            links_for=LinksFor.ACCOUNTS,
            link_mails=3,
            page_size=50,
            api=ApiSettings(
                largest_page=200,
                largest_body=64_000,
                longest_simulation=timedelta(days=366),
                answers_kept=timedelta(hours=24),
                answer_lease=timedelta(minutes=2),
            ),
            largest_request=2_000_000,
            deadline_soon=timedelta(days=7),
            unreachable_ahead=timedelta(days=30),
        ),
        works=some_works(rulebook, templates),
        **{"post": RecordingChannel().send, **values},
    )


@pytest.fixture(autouse=True)
def _quiet_logs() -> Iterator[None]:
    """Log lines go nowhere: what a test before wrote to may be closed."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.reset_defaults()


@pytest.fixture
def served(store: Store, rulebook: Rulebook, templates: Templates) -> Iterator[Served]:
    """An empty installation, served; each test imports its own book."""
    clock = SettableClock()
    book = Installation(store, rulebook, templates)
    site = a_site(store, rulebook, templates, clock, post=book.email.send)
    app = create_app(site)
    with serving(app) as url:
        made = Served(book, site, app, clock, url)
        yield made
        made.close()
