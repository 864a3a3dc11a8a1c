"""Messages and Today in a real browser: without fault, and as people use them."""

import pytest
from playwright.sync_api import expect

from tests.browser.checks import hangs_over, violations
from tests.browser.conftest import LOOKS, Browsing

PAGES = {
    "all messages": "/messages",
    "held messages": "/messages?status=held",
    "a search that finds none": "/messages?q=zzz",
    "nothing that waits": "/messages?status=queued",
    "a message": "/messages/1",
    "a held message": "/messages?status=held",
    "a release": "/messages/release?all=1",
    "what needs a person": "/today",
}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("language", "width", "dark"), LOOKS)
def test_the_page_has_no_fault(
    browsing: Browsing, name: str, language: str, width: int, dark: bool
) -> None:
    page = browsing.page(language=language, width=width, dark=dark)

    page.goto(PAGES[name])
    if name == "a held message":
        page.locator("a.name").first.click()
        expect(page.locator(".mending")).to_be_visible()

    assert not violations(page)
    assert not hangs_over(page)


def test_messages_follow_what_is_typed_and_chosen(browsing: Browsing) -> None:
    page = browsing.page()
    page.goto("/messages")

    page.get_by_label("Customer, change or reader").press_sequentially("quarry")
    expect(page.locator("tbody tr")).not_to_have_count(0)
    expect(page.get_by_role("link", name="Verde Logística")).to_have_count(0)
    page.get_by_label("Message", exact=True).select_option("last_call")

    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page).to_have_url(
        f"{browsing.served.url}/messages?q=quarry&message=last_call"
    )


@pytest.mark.parametrize("scripts", [True, False])
def test_a_mail_is_seen_in_its_frame(browsing: Browsing, scripts: bool) -> None:
    page = browsing.page(scripts=scripts)
    page.goto("/messages/1")

    mail = page.frame_locator("iframe.mail-frame")

    expect(mail.get_by_text("Hello Rafael Lima,")).to_be_visible()
    expect(page.locator(".slack").get_by_text("Hello Rafael Lima,")).to_be_visible()


@pytest.mark.req("REN-18")
@pytest.mark.parametrize("scripts", [True, False])
def test_a_held_message_is_chosen_and_released(
    browsing: Browsing, scripts: bool
) -> None:
    page = browsing.page(scripts=scripts)
    page.goto("/messages?status=held")

    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Release those chosen").click()
    expect(page.get_by_role("heading", name="Who will be told")).to_be_visible()
    page.get_by_role("button", name="Release", exact=True).click()

    expect(page.get_by_role("status")).to_contain_text("One message is queued again")
    # Held again, for whoever tests it next: it still has no reader.
    browsing.served.book.execute(
        "UPDATE outbox SET status = 'held', reason = "
        "'there is no customer''s primary contact' WHERE status = 'queued'"
    )


@pytest.mark.req("REN-18")
def test_today_leads_to_what_settles_a_concern(browsing: Browsing) -> None:
    page = browsing.page()
    page.goto("/today")

    section = page.get_by_role("region", name="Waiting for your decision")
    section.get_by_role("link", name="Accept the new conditions").first.click()

    expect(page.get_by_role("dialog")).to_be_visible()
    assert not violations(page)
