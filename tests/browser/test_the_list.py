"""*Upcoming renewals* in a real browser: live search, menus, both widths and languages."""

import pytest
from playwright.sync_api import expect

from tests.browser.checks import hangs_over, violations
from tests.browser.conftest import LOOKS, NARROW, WIDE, Browsing

PAGES = ("/changes", "/changes?state=pending&q=a&from=2026-12-01", "/changes?q=zzz")


@pytest.mark.parametrize("path", [*PAGES, "/columns"])
@pytest.mark.parametrize(("language", "width", "dark"), LOOKS)
def test_the_list_has_no_fault(
    browsing: Browsing, language: str, width: int, dark: bool, path: str
) -> None:
    page = browsing.page(language=language, width=width, dark=dark)

    page.goto(path)

    assert not violations(page)
    assert not hangs_over(page)


def test_the_list_has_no_fault_in_the_dark(browsing: Browsing) -> None:
    page = browsing.page(dark=True)
    page.goto("/changes")

    page.get_by_text("The same as a table").click()

    assert not violations(page)


@pytest.mark.req("REN-12")
def test_the_list_follows_what_is_typed(browsing: Browsing) -> None:
    page = browsing.page()
    page.goto("/changes")

    page.get_by_label("Find a customer").press_sequentially("bAnyán")

    expect(page.locator(".list tbody tr")).to_have_count(1)
    expect(page.get_by_role("link", name="Banyan Learning")).to_be_visible()
    expect(page.locator("#count")).to_contain_text("One change")
    expect(page).to_have_url(f"{browsing.served.url}/changes?q=bAny%C3%A1n")


@pytest.mark.req("REN-12")
def test_somebody_searches_and_filters_without_scripts(browsing: Browsing) -> None:
    page = browsing.page(scripts=False)
    page.goto("/changes")

    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("awaiting an answer").check()
    page.get_by_label("Find a customer").fill("kumo")
    page.get_by_role("button", name="Apply").click()

    expect(page.locator(".list tbody tr")).to_have_count(1)
    expect(page.get_by_role("link", name="Search: kumo")).to_be_visible()


@pytest.mark.req("REN-11")
def test_a_menu_of_actions_opens_within_the_window(browsing: Browsing) -> None:
    for width in (WIDE, NARROW):
        page = browsing.page(width=width)
        page.goto("/changes")

        page.locator(".menu summary").first.click()

        expect(page.get_by_role("link", name="Open the change").first).to_be_visible()
        assert not hangs_over(page)
        assert not violations(page)


@pytest.mark.req("REN-11")
def test_a_menu_closes_once_something_else_is_done(browsing: Browsing) -> None:
    page = browsing.page()
    page.goto("/changes?q=Hudson")
    menu = page.locator("details.menu").first
    opens = menu.locator("summary")
    link = menu.get_by_role("link").first

    opens.click()
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    expect(opens).to_be_focused()

    opens.click()
    page.get_by_role("heading", level=1).click()
    expect(link).to_be_hidden()

    opens.click()
    link.click()
    page.get_by_role("dialog").get_by_text("Cancel", exact=True).click()
    expect(link).to_be_hidden()
    expect(opens).to_be_focused()


def test_a_list_of_every_column_scrolls_within_itself(browsing: Browsing) -> None:
    page = browsing.page()
    page.goto("/columns")
    while page.get_by_role("button", name="Add").count():
        page.get_by_role("button", name="Add").first.click()

    page.goto("/changes")

    assert not hangs_over(page)
    assert not violations(page)
    page.goto("/columns")
    page.get_by_role("button", name="The usual columns").click()
