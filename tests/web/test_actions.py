"""Actions: a confirmation says what will come of it, and only its button does it."""

import re
from datetime import date

import httpx
import pytest

from tests.support.books import (
    a_customer,
    a_partner,
    a_person,
    a_small_book,
    at,
)
from tests.support.installation import RENEWAL
from tests.web.conftest import NOW, Browser, Served

CHANGE = f"/changes/{RENEWAL}"


@pytest.fixture
def served(served: Served) -> Served:
    """One customer of a partner that may still answer, and another customer."""
    served.book.imports(
        [
            *a_small_book(),
            a_person("acme.second", customer="acme"),
            a_person("boss", partner="nord", roles=("partner_administrator",)),
            a_partner("sud"),
            a_person("sud.poc", partner="sud"),
            a_customer("other"),
            a_person("other.contact", customer="other"),
        ],
        NOW,
    )
    served.book.passes(NOW)
    return served


def hidden(page: httpx.Response) -> dict[str, str]:
    """The hidden fields of a confirmation's form."""
    [form] = re.findall(
        r'<form method="post" action="[^"]*" class="actions">(.*?)</form>',
        page.text,
        re.S,
    )
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


def confirmed(browser: Browser, address: str) -> httpx.Response:
    """Open a confirmation and press its button."""
    page = browser.get(address)
    assert page.status_code == 200, page.text
    fields = hidden(page)
    fields.pop("form_token")
    return browser.post(address.partition("?")[0], **fields)


@pytest.mark.req("REN-6")
def test_a_confirmation_says_what_will_happen_and_changes_nothing(
    served: Served,
) -> None:
    browser = served.signed_in("acme.contact")
    before = served.book.contents()

    page = browser.get(f"{CHANGE}/events/request_cancellation")

    assert page.status_code == 200
    assert "awaiting an answer" in page.text
    assert "cancellation requested" in page.text
    for name in ("Acme Contact", "the partner, with a copy", "the vendor"):
        assert name in page.text
    assert served.book.contents() == before


@pytest.mark.req("REN-6")
def test_what_is_confirmed_is_done_and_said(served: Served) -> None:
    browser = served.signed_in("ops")

    page = confirmed(browser, f"{CHANGE}/events/request_cancellation?back=/account")

    assert served.book.change().state == "cancellation_requested"
    assert page.history[0].headers["location"] == "/account"
    assert served.book.flaws() == []


def test_a_change_that_moved_meanwhile_is_shown_again_and_not_acted_on(
    served: Served,
) -> None:
    browser = served.signed_in("ops")
    shown = hidden(browser.get(f"{CHANGE}/events/accept"))
    served.book.edit(NOW).renewal_start(RENEWAL, date(2027, 3, 5))

    page = browser.post(f"{CHANGE}/events/accept", **shown)

    assert page.status_code == 409
    assert "nothing was done" in page.text
    assert served.book.change().state == "pending"
    again = hidden(page)
    browser.post(f"{CHANGE}/events/accept", **again)
    assert served.book.change().state == "renewed"


@pytest.mark.req("REN-6")
def test_what_is_too_late_is_refused_with_the_date(served: Served) -> None:
    served.clock.now = at("2027-01-20T10:00")

    page = served.signed_in("acme.contact").get(f"{CHANGE}/events/request_cancellation")

    assert "the last day was 15 January 2027" in page.text
    assert '<button class="danger">' not in page.text


def test_a_refusal_is_in_the_readers_language(served: Served) -> None:
    served.clock.now = at("2027-01-20T10:00")
    browser = served.signed_in("acme.contact")
    browser.client.cookies.set("tacit_language", "fr")

    page = browser.get(f"{CHANGE}/events/request_cancellation")

    assert "le dernier jour était le 15 janvier 2027" in page.text


@pytest.mark.parametrize(
    "path",
    [
        f"{CHANGE}/events/accept",
        f"{CHANGE}/actions/owner",
        f"{CHANGE}/actions/contact",
        "/customers/acme/actions/owner",
        "/customers/acme/actions/contact",
        "/customers/acme/end-association",
    ],
)
def test_what_is_not_ones_own_is_as_if_it_were_not_there(
    served: Served, path: str
) -> None:
    browser = served.signed_in("sud.poc")
    absent = path.replace(RENEWAL, "K-9.R20270301").replace("/acme/", "/nobody/")

    theirs, nothing = browser.get(path), browser.get(absent)
    posted = browser.post(path, choice="vendor", mark="x")
    assert posted.status_code == theirs.status_code

    words = [
        re.search(r"<main.*</main>", page.text, re.S) for page in (theirs, nothing)
    ]
    said = [found[0] for found in words if found]
    assert said[0].replace(RENEWAL, "X").replace("acme", "X") == said[1].replace(
        "K-9.R20270301", "X"
    ).replace("nobody", "X")


@pytest.mark.req("REN-8")
def test_the_owner_of_a_change_is_set(served: Served) -> None:
    confirmed(served.signed_in("boss"), f"{CHANGE}/actions/owner?choice=partner")

    assert served.book.change().owner_choice == "partner"


@pytest.mark.req("REN-9")
def test_the_contact_is_picked_among_the_users_of_the_account(served: Served) -> None:
    browser = served.signed_in("boss")
    address = f"{CHANGE}/actions/contact"

    page = browser.get(address)
    wrong = browser.get(f"{address}?choice=other.contact")

    assert "Acme Second" in page.text
    assert "Other Contact" not in page.text
    assert wrong.status_code == 422
    confirmed(browser, f"{address}?choice=acme.second")
    [row] = served.book.rows(
        "SELECT people.code FROM customers JOIN people ON people.id = primary_contact_id "
        "WHERE customers.code = 'acme'"
    )
    assert row["code"] == "acme.second"


@pytest.mark.req("REN-9")
@pytest.mark.parametrize(("person", "adds"), [("ops", True), ("sud.poc", False)])
def test_where_nobody_can_be_chosen_one_is_told_what_to_do_first(
    served: Served, person: str, adds: bool
) -> None:
    served.book.imports([a_customer("empty", partner="sud", primary_contact=None)], NOW)

    page = served.signed_in(person).get("/customers/empty/actions/contact").text

    assert "Empty has no users yet: add one first." in page
    assert ('href="/back-office/people/new"' in page) == adds
    assert 'name="choice"' not in page


@pytest.mark.req("REN-17")
def test_a_renewal_start_is_moved_with_all_that_follows(served: Served) -> None:
    address = f"{CHANGE}/actions/renewal-start?choice=2027-03-05"

    page = served.signed_in("ops").get(address)
    confirmed(served.signed_in("ops"), address)

    assert "Renewal start: 1 March 2027 becomes 5 March 2027" in page.text
    assert "Deadline: 15 January 2027 becomes 19 January 2027" in page.text
    assert served.book.change().renewal_start == date(2027, 3, 5)


def test_a_day_that_is_none_is_asked_for_again(served: Served) -> None:
    browser = served.signed_in("ops")

    for day in ("2027-13-45", "tomorrow", "20270305", "2028-09-01"):
        page = browser.get(f"{CHANGE}/actions/renewal-start?choice={day}")
        assert page.status_code == 422
        assert 'role="alert"' in page.text


def test_automatic_renewal_and_the_end_are_set(served: Served) -> None:
    browser = served.signed_in("ops")

    confirmed(browser, "/contracts/K-1/actions/automatic-renewal?choice=no")
    confirmed(browser, "/contracts/K-1/actions/end?choice=2026-12-20")

    assert served.book.rows("SELECT automatic_renewal AS a, ended_on FROM contracts")
    assert served.book.change().closed_at is not None
    confirmed(browser, "/contracts/K-1/actions/end?choice=none")
    assert served.book.change().closed_at is None
    assert served.book.flaws() == []


def test_a_contract_does_not_end_before_it_begins(served: Served) -> None:
    browser = served.signed_in("ops")

    page = browser.get("/contracts/K-1/actions/end?choice=2020-01-10")

    assert page.status_code == 422
    assert "K-1 began only on" in page.text
    [row] = served.book.rows("SELECT ended_on FROM contracts")
    assert row["ended_on"] is None


@pytest.mark.req("REN-8")
def test_owners_of_a_customer_and_of_a_partner_are_set(served: Served) -> None:
    browser = served.signed_in("boss")

    confirmed(browser, "/customers/acme/actions/owner?choice=vendor")
    confirmed(browser, "/partners/nord/actions/owner?choice=partner")

    [customer] = served.book.rows(
        "SELECT communication_owner AS o FROM customers WHERE code = 'acme'"
    )
    [partner] = served.book.rows(
        "SELECT owns_conversations AS o FROM partners WHERE code = 'nord'"
    )
    assert customer["o"] == "vendor"
    assert partner["o"]


@pytest.mark.req("REN-14")
def test_a_partner_ends_its_association_and_sees_the_customer_no_more(
    served: Served,
) -> None:
    browser = served.signed_in("boss")

    page = browser.get("/customers/acme/end-association")
    confirmed(browser, "/customers/acme/end-association")

    assert "gets no message about it any more" in page.text
    assert browser.get("/customers/acme/actions/owner").status_code == 404
    assert served.book.flaws() == []


def test_the_vendor_associates_another_partner(served: Served) -> None:
    confirmed(served.signed_in("ops"), "/customers/acme/actions/partner?choice=sud")

    [row] = served.book.rows(
        "SELECT partners.code AS p FROM customers JOIN partners "
        "ON partners.id = partner_id WHERE customers.code = 'acme'"
    )
    assert row["p"] == "sud"


def test_one_is_sent_back_only_to_an_address_of_our_own(served: Served) -> None:
    browser = served.signed_in("ops")

    page = confirmed(
        browser, f"{CHANGE}/actions/owner?choice=vendor&back=https://evil.example/"
    )

    assert page.history[0].headers["location"] == "/"


def test_a_script_gets_the_confirmation_as_a_dialog(served: Served) -> None:
    browser = served.signed_in("ops")

    page = browser.get(f"{CHANGE}/events/accept", headers={"HX-Request": "true"})

    assert page.text.lstrip().startswith("<dialog")
    assert "<html" not in page.text
