"""Real pages in the system's Chromium, over the sample book on a clock that stands."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
import structlog
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

import config
from engine.domain.ruleset import Rulebook
from engine.store.book_files.loading import load_book
from engine.store.unit_of_work import Store
from notifiers.rendering import Templates
from tests.support.books import a_person, at
from tests.support.installation import Installation
from tests.support.serving import serving
from tests.web.conftest import Served, SettableClock, a_site
from web.app import create_app
from web.cookies import SESSION_COOKIE
from web.visits import LANGUAGE_COOKIE

SOAK: Final = bool(os.environ.get("TACIT_SOAK"))  # noqa: TID251
#: The sample book is imported, and its clock runs until some of it has happened.
IMPORTED: Final = at("2026-10-01")
SHOWN: Final = at("2026-11-24T09:00")
WIDE, NARROW = 1440, 390
#: Language, width and whether dark: both of each, and with TACIT_SOAK=1 more together.
LOOKS: Final = (
    ("en", WIDE, False),
    ("fr", NARROW, True),
    *((("en", NARROW, False), ("fr", WIDE, True)) if SOAK else ()),
)
_PLACES: Final = ("chromium", "chromium-browser", "google-chrome")
_REASON: Final = "no Chromium on PATH: apt install chromium"


@dataclass
class Browsing:
    """The sample book, served, and windows onto it."""

    served: Served
    chromium: Browser
    _contexts: list[BrowserContext] = field(default_factory=list)
    #: What a page did that none may do: run wild, break its policy, leave the machine.
    misdeeds: list[str] = field(default_factory=list)

    def page(
        self,
        person: str | None = "olivia.park",
        *,
        language: str = "en",
        width: int = WIDE,
        scripts: bool = True,
        dark: bool = False,
    ) -> Page:
        """A window in which a person is signed in, or (None) nobody."""
        context = self.chromium.new_context(
            base_url=self.served.url,
            viewport={"width": width, "height": 900},
            java_script_enabled=scripts,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        context.set_default_timeout(10_000)
        self._contexts.append(context)
        cookies = {LANGUAGE_COOKIE: language}
        if person is not None:
            cookies[SESSION_COOKIE] = self.served.signed_in(person).token or ""
        for name, value in cookies.items():
            context.add_cookies(
                [{"name": name, "value": value, "url": self.served.url}]
            )
        page = context.new_page()
        self._watch(page)
        return page

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.misdeeds.append(str(error)))
        page.on(
            "console",
            lambda said: (
                self.misdeeds.append(said.text)
                if "Content Security Policy" in said.text
                else None
            ),
        )
        page.on(
            "request",
            lambda sent: (
                None
                if sent.url.startswith((self.served.url, "data:"))
                else self.misdeeds.append(f"asked for {sent.url}")
            ),
        )

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium; skips where there is none."""
    program = next((path for path in map(shutil.which, _PLACES) if path), None)
    if program is None:
        pytest.skip(_REASON)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def sample_database(
    empty_sqlite: Path,
    tmp_path_factory: pytest.TempPathFactory,
    rulebook: Rulebook,
    templates: Templates,
) -> Path:
    """The sample book after some weeks of its clock, to be copied."""
    file = tmp_path_factory.mktemp("samples") / "tacit.db"
    shutil.copyfile(empty_sqlite, file)
    store = Store.open(f"sqlite:///{file}")
    book = Installation(store, rulebook, templates)
    samples = Path(config.__file__).with_name("samples")
    # A choice of a contact wants a second user of an account.
    second = a_person("nora.quay", customer="hudson-robotics", name="Nora Quay")
    book.imports([*load_book([samples]).rows, second], IMPORTED)
    book.runs(IMPORTED, SHOWN)
    store.close()
    return file


@pytest.fixture(scope="module")
def sample_server(
    sample_database: Path,
    tmp_path_factory: pytest.TempPathFactory,
    rulebook: Rulebook,
    templates: Templates,
) -> Iterator[Served]:
    """One server a module; what a test changes, the next one finds changed."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    file = tmp_path_factory.mktemp("served") / "tacit.db"
    shutil.copyfile(sample_database, file)
    store, clock = Store.open(f"sqlite:///{file}"), SettableClock(SHOWN)
    site = a_site(store, rulebook, templates, clock)
    app = create_app(site)
    with serving(app) as url:
        made = Served(Installation(store, rulebook, templates), site, app, clock, url)
        yield made
        made.close()
    store.close()
    structlog.reset_defaults()


@pytest.fixture
def browsing(sample_server: Served, chromium: Browser) -> Iterator[Browsing]:
    """Windows onto the sample book; none of them may do what the policy forbids."""
    made = Browsing(sample_server, chromium)
    yield made
    made.close()
    assert not made.misdeeds
