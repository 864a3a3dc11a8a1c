"""The page of messages: to whom what is shown, as its readers see it, and released."""

import re
from html import unescape

import pytest

from engine.domain.errors import PermanentDeliveryError
from engine.domain.letters import Letter, Receipt
from tests.support.books import (
    a_customer,
    a_person,
    a_small_book,
    at,
    with_rows,
)
from tests.web.conftest import NOW, Served

SENT = at("2026-11-01T09:00")


class DeadChannel:
    """A channel that takes nothing, for good."""

    def send(self, letter: Letter) -> Receipt:
        raise PermanentDeliveryError("550 <b>no such user</b>")

    def check(self) -> str:
        return "dead"

    def close(self) -> None:
        pass


@pytest.fixture
def told(served: Served) -> Served:
    """A renewal whose notice went out, with its copy to the partner."""
    served.book.imports(a_small_book(), at("2026-10-01"))
    served.book.runs(at("2026-10-01"), NOW)
    return served


def the_ids(served: Served) -> list[int]:
    return [row["id"] for row in served.book.rows("SELECT id FROM outbox ORDER BY id")]


@pytest.mark.req("BOT-2")
def test_messages_are_listed_with_where_they_stand(told: Served) -> None:
    page = told.signed_in("ops").get("/messages")

    assert page.status_code == 200
    assert "Renewal notice" in page.text
    assert "Acme Contact" in page.text
    assert "Nord Poc" in page.text
    assert 'class="status sent"' in page.text


def test_a_customer_reads_what_customers_are_told_and_no_more(told: Served) -> None:
    page = told.signed_in("acme.contact").get("/messages")

    assert "Acme Contact" in page.text
    assert "Nord Poc" not in page.text


def test_another_customers_messages_are_not_there(told: Served) -> None:
    rows = [a_customer("other"), a_person("other.contact", customer="other")]
    told.book.imports(rows, NOW)
    browser = told.signed_in("other.contact")

    number = the_ids(told)[0]

    assert "Renewal notice" not in browser.get("/messages").text
    foreign = browser.get(f"/messages/{number}")
    unknown = browser.get("/messages/999999")
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert f'no message "{number}"' in unescape(foreign.text)
    assert 'no message "999999"' in unescape(unknown.text)
    assert browser.get(f"/messages/{number}/html/0").status_code == 404


@pytest.mark.parametrize("number", ["x", "-1", "1e3", "9" * 30, "%00", "١"])
def test_what_is_no_message_is_not_there(told: Served, number: str) -> None:
    browser = told.signed_in("ops")

    assert browser.get(f"/messages/{number}").status_code == 404
    assert browser.get(f"/messages/{the_ids(told)[0]}/html/{number}").status_code == 404


def test_a_message_is_shown_as_each_of_its_readers_sees_it(told: Served) -> None:
    browser, number = told.signed_in("ops"), the_ids(told)[0]

    page = browser.get(f"/messages/{number}")
    frame = browser.get(f"/messages/{number}/html/0")

    assert "As Acme Contact reads it" in page.text
    assert "As Nord Poc reads it" in page.text
    assert "how it would read now" in page.text
    assert 'class="slack-head"' in page.text
    assert "Acme Contact" in frame.text
    policy = frame.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'")


def test_search_and_status_narrow_the_list(told: Served) -> None:
    browser = told.signed_in("ops")

    assert "Renewal notice" in browser.get("/messages?search=ACMÉ&status=sent").text
    assert "Renewal notice" in browser.get("/messages?search=k-1.r2027").text
    assert "No message is like that" in browser.get("/messages?search=nobody").text
    assert "No message is like that" in browser.get("/messages?status=dropped").text
    assert browser.get("/messages?after=nonsense").status_code == 422


@pytest.mark.req("REN-18")
def test_what_is_held_says_why_and_how_it_is_mended(served: Served) -> None:
    book = with_rows(a_small_book(), a_customer(partner="nord", primary_contact=None))
    served.book.imports(book, at("2026-10-01"))
    served.book.runs(at("2026-10-01"), at("2026-11-02"))
    browser = served.signed_in("ops")

    page = browser.get("/messages?status=held")

    assert "the customer has no primary contact" in page.text
    [path] = set(re.findall(r'href="(/changes/[^"]+/actions/contact)"', page.text))
    assert browser.get(path).status_code == 200


@pytest.mark.req("REN-18")
def test_held_messages_are_queued_again_once_somebody_confirms(served: Served) -> None:
    served.book.imports(a_small_book(), at("2026-10-01"))
    served.book.tick(SENT)
    served.book.relay(SENT, email=DeadChannel())
    browser = served.signed_in("ops")
    number = served.book.messages("held")[0]["id"]
    page = browser.get(f"/messages/{number}")
    before = served.book.messages("held")

    shown = browser.get(f"/messages/{number}/release")
    unchanged = served.book.messages("held")
    done = browser.post(f"/messages/{number}/release")

    assert "&lt;b&gt;no such user&lt;/b&gt;" in page.text
    assert shown.status_code == 200
    assert unchanged == before
    assert "queued again" in done.text
    assert served.book.messages("held") == []
    assert _edit(served) == {"by": "ops", "held_messages": "released"}


def _edit(served: Served) -> dict[str, str]:
    last = [entry for entry in served.book.trail() if entry["kind"] == "edited"][-1]
    return {"by": last["by"], **last["set"]}


def test_everything_held_is_queued_again_by_operations_alone(served: Served) -> None:
    served.book.imports(a_small_book(), at("2026-10-01"))
    served.book.tick(SENT)
    served.book.relay(SENT, email=DeadChannel())

    partner = served.signed_in("nord.poc").post("/messages/release")
    still = served.book.messages("held")
    served.signed_in("ops").post("/messages/release")

    assert partner.status_code == 403
    assert still != []
    assert served.book.messages("held") == []
