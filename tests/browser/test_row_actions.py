"""Every action of a row of the list: by its dialog or its page, and back to the list."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.checks import violations
from tests.browser.conftest import NARROW, Browsing


def chosen(page: Page, search: str, action: str) -> str:
    """Open a row's menu and press an action; the address of the list."""
    page.goto(f"/changes?q={search}")
    address = page.url
    row = page.locator("tr", has=page.locator("details.menu")).first
    row.locator("details.menu summary").click()
    row.get_by_role("link", name=action, exact=True).click()
    return address


def confirmed(page: Page, button: str, notice: str, address: str) -> None:
    """Confirm what is shown; one is back at the same list, which says what was done."""
    expect(page.get_by_role("heading", name="Who will be told")).to_be_visible()
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_role("status").filter(has_text=notice)).to_be_visible()
    expect(page).to_have_url(address)


@pytest.mark.req("REN-6")
@pytest.mark.parametrize("scripts", [True, False])
def test_a_row_is_answered_in_every_way_there_is(
    browsing: Browsing, scripts: bool
) -> None:
    page = browsing.page(scripts=scripts)

    for action, notice in (
        ("Accept the new conditions", "renewed."),
        ("Take back the acceptance and decide again", "awaiting an answer."),
        ("Ask to cancel", "cancellation requested."),
        ("Withdraw the cancellation and carry on", "awaiting an answer."),
    ):
        address = chosen(page, "Banyan", action)
        confirmed(page, action, notice, address)


@pytest.mark.req("REN-8", "REN-9")
@pytest.mark.parametrize(
    ("scripts", "owner", "contact"),
    [(True, "Brightline", "Nora"), (False, "No choice", "Grace")],
)
def test_the_owner_and_the_contact_of_a_row_are_chosen(
    browsing: Browsing, scripts: bool, owner: str, contact: str
) -> None:
    page = browsing.page(scripts=scripts)

    for action, choice, button in (
        ("Set the communication owner", owner, "Set the owner"),
        ("Choose the primary contact", contact, "Set the contact"),
    ):
        address = chosen(page, "Hudson", action)
        page.get_by_role("radio", name=choice).check()
        page.get_by_role("button", name="Go on").click()
        confirmed(page, button, " now ", address)


@pytest.mark.req("REN-14")
@pytest.mark.parametrize(("scripts", "customer"), [(True, "Maison"), (False, "Kumo")])
def test_the_association_of_a_row_is_ended(
    browsing: Browsing, scripts: bool, customer: str
) -> None:
    page = browsing.page(scripts=scripts)

    address = chosen(page, customer, "End the association")

    confirmed(page, "End the association", "no longer associated", address)


def test_a_partner_ends_an_association_and_the_row_is_gone(browsing: Browsing) -> None:
    browsing.served.book.execute(
        "UPDATE people SET roles = 'partner_administrator' WHERE code = 'marcus.webb'"
    )
    page = browsing.page("marcus.webb")

    address = chosen(page, "Thames", "End the association")

    confirmed(page, "End the association", "no longer associated", address)
    expect(page.get_by_text("Thames Lettings, ")).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_dialog_has_no_fault_on_a_phone(browsing: Browsing, language: str) -> None:
    page = browsing.page(language=language, width=NARROW, dark=True)
    page.goto("/changes?q=Verde")
    row = page.locator("tr", has=page.locator("details.menu")).first
    row.locator("details.menu summary").click()

    row.locator("details.menu a").first.click()

    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert not violations(page)
    dialog.locator("[data-closes]").click()
    expect(dialog).to_be_hidden()
