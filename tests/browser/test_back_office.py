"""The back office in a browser: every page without fault, a row added and changed."""

import pytest
from playwright.sync_api import expect

from tests.browser.checks import hangs_over, violations
from tests.browser.conftest import LOOKS, NARROW, Browsing

PAGES = {
    "customers": "/back-office/customers",
    "people": "/back-office/people",
    "contracts": "/back-office/contracts",
    "partners": "/back-office/partners",
    "sites": "/back-office/sites",
    "usage": "/back-office/usage",
    "a search that finds nothing": "/back-office/people?search=zzz",
    "a customer": "/back-office/customers/rows/hudson-robotics",
    "a person": "/back-office/people/rows/marcus.webb",
    "a contract": "/back-office/contracts/rows/K-1001",
    "a partner": "/back-office/partners/rows/brightline",
    "a month of usage": "/back-office/usage/rows/K-1001/2026-09",
    "a new customer": "/back-office/customers/new",
    "a new person": "/back-office/people/new",
    "a new contract": "/back-office/contracts/new",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_fault_in_any_language_width_or_light(
    browsing: Browsing, name: str
) -> None:
    for language, width, dark in LOOKS:
        page = browsing.page(language=language, width=width, dark=dark)
        page.goto(PAGES[name])

        assert not violations(page), (language, width, dark)
        assert not hangs_over(page), (language, width)
        page.context.close()


@pytest.mark.req("OPS-4")
@pytest.mark.parametrize("scripts", [True, False])
def test_somebody_adds_a_person_mends_what_is_wrong_and_changes_them(
    browsing: Browsing, scripts: bool
) -> None:
    page = browsing.page(scripts=scripts)
    code = f"new.user.{'js' if scripts else 'plain'}"
    page.goto("/back-office/people")
    page.get_by_role("link", name="Add a person").click()
    page.get_by_label("Code").fill(code)
    page.get_by_label("Name").fill("New User")
    page.get_by_label("Customer", exact=True).fill("nobody-at-all")
    page.get_by_role("button", name="Add a person").click()

    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved yet")
    expect(page.get_by_label("Name")).to_have_value("New User")
    if scripts:
        assert not violations(page)

    page.get_by_label("Customer", exact=True).fill("hudson-robotics")
    page.get_by_role("checkbox", name="billing administrator").check()
    page.get_by_role("button", name="Add a person").click()
    expect(page.get_by_role("status")).to_contain_text(f"{code} is saved.")

    page.get_by_label("Mail address").fill(f"{code}@hudson-robotics.example")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text(f"{code} is saved.")
    page.goto(f"/back-office/people?search={code}")
    expect(page.get_by_role("table")).to_contain_text("billing administrator")


def test_the_table_follows_what_is_typed(browsing: Browsing) -> None:
    page = browsing.page()
    page.goto("/back-office/customers")

    page.get_by_role("searchbox").fill("brulerie")

    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("#count")).to_have_text("1")
    expect(page.get_by_role("table")).to_contain_text("Brûlerie des Lices")


def test_a_partners_administrator_sees_and_edits_what_is_theirs(
    browsing: Browsing,
) -> None:
    page = browsing.page("marcus.webb", width=NARROW)
    page.goto("/back-office/people")

    expect(page.get_by_role("table")).to_contain_text("Marcus Webb")
    expect(page.get_by_role("table")).not_to_contain_text("Olivia Park")
    page.goto("/back-office/customers/rows/hudson-robotics")
    expect(page.get_by_text("You may look at this, and not change it.")).to_be_visible()
    assert not violations(page)
