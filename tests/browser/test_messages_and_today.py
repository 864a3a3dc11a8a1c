"""Messages and today in a real browser: no fault, fit for a phone, held ones released."""

import pytest
from playwright.sync_api import expect

from tests.browser.checks import hangs_over, violations
from tests.browser.conftest import LOOKS, Browsing

PAGES = [
    "/today",
    "/messages",
    "/messages?status=held",
    "/messages/1",
    "/messages/release",
]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("language", "width", "dark"), LOOKS)
def test_the_page_has_no_fault(
    browsing: Browsing, path: str, language: str, width: int, dark: bool
) -> None:
    page = browsing.page(language=language, width=width, dark=dark)

    page.goto(path)

    assert not violations(page)
    assert not hangs_over(page)


@pytest.mark.req("BOT-2")
def test_a_letter_is_shown_in_a_frame_where_nothing_runs(browsing: Browsing) -> None:
    page = browsing.page()
    page.goto("/messages/1")

    letter = page.frame_locator("iframe").first

    expect(letter.get_by_text("Hello Rafael Lima")).to_be_visible()
    assert page.locator("iframe").first.get_attribute("sandbox") == ""


@pytest.mark.req("REN-18")
@pytest.mark.parametrize("scripts", [True, False])
def test_what_is_held_leads_from_today_to_what_mends_it(
    browsing: Browsing, scripts: bool
) -> None:
    page = browsing.page(scripts=scripts)
    page.goto("/today")

    page.get_by_role("link", name="Choose a primary contact").first.click()

    expect(page.get_by_role("heading", name="primary contact").first).to_be_visible()
