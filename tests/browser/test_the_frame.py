"""The frame of all pages: reachable by keyboard, fit for a phone, in both languages."""

import pytest
from playwright.sync_api import expect

from tests.browser.checks import hangs_over, violations
from tests.browser.conftest import NARROW, WIDE, Browsing


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_sign_in_page_has_no_fault(
    browsing: Browsing, language: str, width: int
) -> None:
    page = browsing.page(None, language=language, width=width)

    page.goto("/sign-in")

    assert not violations(page)
    assert not hangs_over(page)


def test_somebody_signs_in_and_out_without_scripts(browsing: Browsing) -> None:
    page = browsing.page(scripts=False)
    page.goto("/sign-in/link/none-such")
    expect(page.get_by_role("alert")).to_be_visible()

    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
