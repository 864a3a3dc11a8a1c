"""The pages of changes and customers, and every action on them, as people use them."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.checks import hangs_over, violations
from tests.browser.conftest import LOOKS, Browsing

PAGES = {
    "a renewal": "/changes/K-1002.R20270228",
    "a change that needs a person": "/changes/K-1011.T20261101",
    "the customers": "/customers",
    "a search that finds nobody": "/customers?search=zzz",
    "a customer with usage": "/customers/hudson-robotics",
    "a customer without a contact": "/customers/quarry-books",
    "a partner": "/partners/brightline",
    "a confirmation": "/changes/K-1002.R20270228/events/request_cancellation",
    "a refusal": "/changes/K-1002.R20270228/events/withdraw",
    "a choice": "/changes/K-1002.R20270228/actions/owner",
    "a choice of a day": "/changes/K-1002.R20270228/actions/renewal-start",
    "a wrong day": "/changes/K-1002.R20270228/actions/renewal-start?choice=1",
    "a moved date": "/changes/K-1002.R20270228/actions/renewal-start?choice=2027-03-01",
    "nothing to do": "/changes/K-1002.R20270228/actions/owner?choice=default",
    "the end of an association": "/customers/hudson-robotics/end-association",
    "a standing choice": "/partners/brightline/actions/owner?choice=partner",
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


def opened(page: Page, path: str, button: str) -> None:
    """Press one of a page's buttons."""
    page.goto(path)
    page.locator("main").get_by_role("link", name=button, exact=True).click()


def confirmed(page: Page, button: str, notice: str) -> None:
    """Press the button of a confirmation; the page that one came from says so."""
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_role("status")).to_contain_text(notice)


#: An action with and without scripts, each on a change of its own.
ANSWERS = [
    (True, "/changes/K-1015.R20271005", "Accept the new conditions", "renewed"),
    (False, "/changes/K-1005.R20270120", "Accept the new conditions", "renewed"),
    (True, "/changes/K-1004.R20270115", "Ask to cancel", "cancellation requested"),
    (False, "/changes/K-1008.R20270110", "Ask to cancel", "cancellation requested"),
]


@pytest.mark.req("REN-6")
@pytest.mark.parametrize(("scripts", "path", "button", "state"), ANSWERS)
def test_a_change_is_answered_from_its_page(
    browsing: Browsing, scripts: bool, path: str, button: str, state: str
) -> None:
    page = browsing.page(scripts=scripts)

    opened(page, path, button)

    if scripts:
        expect(page.get_by_role("dialog", name=button)).to_be_visible()
        assert not violations(page)
    expect(page.get_by_role("heading", name="Who will be told")).to_be_visible()
    confirmed(page, button, f"{state}.")
    expect(page).to_have_url(f"{browsing.served.url}{path}")


@pytest.mark.req("REN-6")
@pytest.mark.parametrize("scripts", [True, False])
def test_what_was_answered_is_taken_back_and_withdrawn(
    browsing: Browsing, scripts: bool
) -> None:
    page, path = browsing.page(scripts=scripts), "/changes/K-1001.R20270131"

    for button, notice in (
        ("Accept the new conditions", "renewed."),
        ("Take back the acceptance and decide again", "awaiting an answer."),
        ("Ask to cancel", "cancellation requested."),
        ("Withdraw the cancellation and carry on", "awaiting an answer."),
    ):
        opened(page, path, button)
        confirmed(page, button, notice)


#: Each with scripts, and then without, for another choice.
CHOICES = [
    ("/changes/K-1013.R20270228", "Communication owner", "Acme", "Sakura", "owner"),
    ("/customers/lakeside-clinics", "Communication owner", "Acme", "Bright", "owner"),
    ("/partners/sakura-digital", "Communication owner", "Sakura", "Acme", "owner"),
    ("/customers/foxglove-gardens", "Primary contact", "Tom", "Emma", "contact"),
    ("/changes/K-1002.R20270228", "Primary contact", "Nora", "Grace", "contact"),
    ("/customers/banyan-learning", "Partner", "Sakura", "Atelier", "partner"),
    (
        "/changes/K-1016.R20270331",
        "Automatic renewal",
        "Off",
        "On Silence",
        "automatic",
    ),
]
BUTTONS = {
    "owner": "Set the owner",
    "contact": "Set the contact",
    "partner": "Associate the partner",
    "automatic": "Set automatic renewal",
}


@pytest.mark.req("REN-8", "REN-9")
@pytest.mark.parametrize(("path", "link", "first", "second", "what"), CHOICES)
def test_something_is_chosen_and_then_confirmed(
    browsing: Browsing, path: str, link: str, first: str, second: str, what: str
) -> None:
    for scripts, choice in ((True, first), (False, second)):
        page = browsing.page(scripts=scripts)

        opened(page, path, link)
        page.get_by_role("radio", name=choice).check()
        page.get_by_role("button", name="Go on").click()

        expect(page.get_by_role("heading", name="What will happen")).to_be_visible()
        confirmed(page, BUTTONS[what], " now ")
        page.context.close()


@pytest.mark.req("REN-17")
@pytest.mark.parametrize(
    ("scripts", "day", "said"),
    [(True, "2027-02-03", "3 February"), (False, "2027-02-04", "4 February")],
)
def test_a_renewal_start_is_moved_from_its_page(
    browsing: Browsing, scripts: bool, day: str, said: str
) -> None:
    page, path = browsing.page(scripts=scripts), "/changes/K-1011.R20270201"

    opened(page, path, "Renewal start")
    page.get_by_label("New renewal start").fill(day)
    page.get_by_role("button", name="Go on").click()

    expect(page.get_by_text(f"becomes {said}")).to_be_visible()
    confirmed(page, "Move the renewal start", f"renewal start is now {said}")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_contract_is_ended_and_goes_on(browsing: Browsing, scripts: bool) -> None:
    page, path = browsing.page(scripts=scripts), "/customers/hoshi-foods"

    opened(page, path, "End of the contract K-1013")
    page.get_by_label("First day without").fill("2027-02-01")
    page.get_by_role("button", name="Go on").click()
    confirmed(page, "End the contract", "ends on 1 February 2027")
    opened(page, path, "End of the contract K-1013")
    page.get_by_role("link", name="The contract goes on").click()
    confirmed(page, "Let it go on", "goes on")


@pytest.mark.req("REN-14")
@pytest.mark.parametrize(
    ("scripts", "customer"), [(True, "kumo-travel"), (False, "thames-lettings")]
)
def test_an_association_is_ended_from_the_customers_page(
    browsing: Browsing, scripts: bool, customer: str
) -> None:
    page = browsing.page(scripts=scripts)

    opened(page, f"/customers/{customer}", "End the association")

    expect(page.get_by_text("gets no message about it any more")).to_be_visible()
    confirmed(page, "End the association", "no longer associated")


def test_a_dialog_is_closed_by_the_keyboard_and_nothing_is_done(
    browsing: Browsing,
) -> None:
    page, path = browsing.page(), "/changes/K-1002.R20270228"
    opened(page, path, "Accept the new conditions")
    expect(page.get_by_role("dialog")).to_be_visible()

    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_be_hidden()
    assert browsing.served.book.change("K-1002.R20270228").state == "pending"


def test_what_changed_meanwhile_is_asked_again(browsing: Browsing) -> None:
    page, book = browsing.page(), browsing.served.book
    opened(page, "/changes/K-1002.R20270228", "Accept the new conditions")
    button = page.get_by_role("button", name="Accept the new conditions")
    expect(button).to_be_visible()
    later = browsing.served.clock.now + timedelta(minutes=1)
    book.fire("request_cancellation", "grace.oneill", later, "K-1002.R20270228")

    button.click()

    expect(page.get_by_role("alert")).to_contain_text("not possible now")
    assert book.change("K-1002.R20270228").state == "cancellation_requested"
