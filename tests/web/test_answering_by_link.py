"""Answering by a link: opening it decides nothing, and its button decides once."""

import re
from functools import partial

import httpx
import pytest

from engine.domain.tokens import Addressed, Purpose, sign
from tests.support.books import a_partner, a_person, a_small_book, at, with_rows
from tests.support.installation import RENEWAL, Installation
from tests.web.conftest import NOW, Browser, Served
from web.addresses import answer_link

KEYS = (b"the site's own key",)
LISTED = at("2026-11-01T08:00")
ACCEPT, CANCEL = "accept", "request_cancellation"


@pytest.fixture
def served(served: Served) -> Served:
    """The customer was asked by mail a month ago."""
    object.__setattr__(served.site, "signing_keys", lambda: KEYS)
    served.book.imports(a_small_book(), at("2026-06-01"))
    passes(served, LISTED.isoformat())
    return served


def passes(served: Served, at_: str) -> None:
    now = at(at_) if len(at_) <= 16 else LISTED
    served.book.tick(now)
    served.book.relay(now, answer_at=partial(answer_link, served.url, KEYS))


def links(book: Installation, reader: str = "acme.contact") -> dict[str, str]:
    """The addresses in the newest mail to somebody, by answer."""
    letters = [one for one in book.email.letters if one.address.startswith(reader)]
    found = re.findall(r'href="(http://[^"]*/answer/[^"]*)"', letters[-1].rendered.html)
    return {one.rpartition("/")[2]: one for one in found}


def press(browser: Browser, page: httpx.Response) -> httpx.Response:
    """Press the button of a confirmation."""
    [(path, form)] = re.findall(
        r'<form method="post" action="(/answer/[^"]*)"[^>]*>(.*?)</form>',
        page.text,
        re.S,
    )
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    return browser.client.post(path, data=fields, follow_redirects=True)


@pytest.mark.req("BOT-3")
def test_a_mail_has_a_link_for_each_answer_in_each_shape(served: Served) -> None:
    found = links(served.book)
    letter = served.book.email.letters[0]

    assert list(found) == [ACCEPT, CANCEL]
    for link in found.values():
        assert link in letter.rendered.text
    copies = [one for one in served.book.email.letters if "nord" in one.address]
    assert all("/answer/" not in one.rendered.html for one in copies)


@pytest.mark.req("BOT-6")
def test_opening_a_link_says_what_it_would_do_and_does_nothing(served: Served) -> None:
    before = served.book.contents()
    browser = served.browser()

    page = browser.get(links(served.book)[CANCEL])
    head = browser.client.head(links(served.book)[CANCEL])

    assert page.status_code == 200
    assert "Acme" in page.text
    assert "cancellation requested" in page.text
    assert "Acme Contact" in page.text
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert head.status_code in (200, 405)
    assert served.book.contents() == before


@pytest.mark.req("BOT-3", "BOT-6")
def test_its_button_answers_once_and_the_page_says_what_was_done(
    served: Served,
) -> None:
    browser = served.browser()
    page = browser.get(links(served.book)[CANCEL])

    done = press(browser, page)
    again = press(browser, page)

    assert done.status_code == 200
    assert "Thank you, it is done" in done.text
    assert "Withdraw the cancellation and carry on" in done.text
    assert "until 15 January 2027" in done.text
    assert "You answered this already" in again.text
    assert served.book.change().state == "cancellation_requested"
    assert served.book.kinds().count("transition") == 1
    outcomes = served.book.rows("SELECT outcome, via FROM answers ORDER BY id")
    assert outcomes == [
        {"outcome": "done", "via": "link"},
        {"outcome": "repeated", "via": "link"},
    ]


@pytest.mark.req("BOT-3")
def test_a_link_whose_question_was_answered_says_by_whom_and_when(
    served: Served,
) -> None:
    browser = served.browser()
    page = browser.get(links(served.book)[ACCEPT])
    served.book.fire(CANCEL, "ops", at("2026-11-20T09:00"))

    late = press(browser, page)
    opened = browser.get(links(served.book)[ACCEPT])

    assert late.status_code == 409
    for shown in (late, opened):
        assert "“Ask to cancel” was answered by" in shown.text
        assert "20 Nov 2026" in shown.text
    assert served.book.change().state == "cancellation_requested"


@pytest.mark.req("BOT-5", "REN-7")
def test_after_the_deadline_the_link_says_that_it_is_too_late(served: Served) -> None:
    browser = served.browser()
    page = browser.get(links(served.book)[CANCEL])
    served.clock.now = at("2027-01-16T10:00")

    late = press(browser, page)

    assert late.status_code == 409
    assert "It is too late" in late.text
    assert served.book.change().state == "pending"


@pytest.mark.req("BOT-5")
def test_what_has_changed_since_it_was_shown_is_shown_again_instead_of_done(
    served: Served,
) -> None:
    browser = served.browser()
    page = browser.get(links(served.book)[CANCEL])
    served.book.edit(NOW).owner_of_change(RENEWAL, "partner")

    shown = press(browser, page)

    assert shown.status_code == 409
    assert "nothing was done" in shown.text
    assert served.book.change().state == "pending"


@pytest.mark.req("BOT-5", "REN-9")
def test_who_is_the_contact_no_more_answers_nothing(served: Served) -> None:
    browser = served.browser()
    page = browser.get(links(served.book)[CANCEL])
    served.book.imports([a_person("acme.new", customer="acme")], NOW)
    served.book.edit(NOW).contact("acme", "acme.new")

    late = press(browser, page)

    assert late.status_code == 409
    assert "It changed nothing" in late.text
    assert served.book.change().state == "pending"


@pytest.mark.req("BOT-5")
@pytest.mark.parametrize("person_id", [0, 2, 3, 10**6])
def test_a_link_that_is_nobodys_leads_nowhere_in_the_same_words(
    served: Served, person_id: int
) -> None:
    mine = links(served.book)[ACCEPT].split("/")[-2]
    [prompt] = served.book.prompts()
    other = sign(KEYS, Purpose.LINK, Addressed(prompt.id + 7, person_id))
    purpose = sign(KEYS, Purpose.MAIL, Addressed(prompt.id, 1))
    browser = served.browser()

    pages = [
        browser.get(f"/answer/{token}/{ACCEPT}")
        for token in (other, purpose, mine[:-1] + "x", "nonsense")
    ]

    assert {page.status_code for page in pages} == {404}
    assert len({page.text.replace(str(page.url.path), "") for page in pages}) == 1


@pytest.mark.req("BOT-6")
def test_another_site_cannot_press_the_button_for_somebody(served: Served) -> None:
    link = links(served.book)[ACCEPT]
    browser = served.browser()
    page = browser.get(link)
    mark = re.findall(r'name="mark" value="([^"]*)"', page.text)[0]

    forged = browser.client.post(
        link, data={"mark": mark}, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert forged.status_code == 403
    assert served.book.change().state == "pending"


@pytest.mark.req("REN-10", "BOT-3")
def test_a_partner_who_owns_the_conversation_answers_for_the_customer(
    served: Served,
) -> None:
    rows = with_rows(a_small_book(), a_partner(owns_conversations=True))
    served.book.imports(rows, NOW)
    passes(served, "2026-12-05T10:00")
    browser = served.browser()

    done = press(browser, browser.get(links(served.book, "nord.poc")[ACCEPT]))

    assert "Thank you, it is done" in done.text
    assert served.book.trail()[-1]["by"] == "nord.poc"


@pytest.mark.req("BOT-6")
def test_whoever_reads_french_answers_in_french(served: Served) -> None:
    browser = served.browser()
    french = {"Accept-Language": "fr"}

    page = browser.client.get(links(served.book)[CANCEL], headers=french)

    assert "Ce qui va se passer" in page.text
    assert "Vous pouvez répondre ainsi jusqu’au 15 janvier 2027" in page.text
