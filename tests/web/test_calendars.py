"""A calendar that each person subscribes to: theirs alone, and revocable."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from icalendar import Calendar

from tests.support.books import (
    a_contract,
    a_customer,
    a_partner,
    a_person,
    a_small_book,
    with_rows,
)
from tests.support.installation import RENEWAL
from tests.web.conftest import NOW, Browser, Served


def address(browser: Browser) -> str:
    """A new address, as the page shows it, without the host."""
    page = browser.post("/account/calendar")
    found = re.search(r'value="http://testserver(/calendar/[^"]+\.ics)"', page.text)
    assert found, page.text
    return found[1]


def read(served: Served, path: str) -> httpx.Response:
    return served.browser().get(path)


def events(served: Served, path: str) -> dict[str, Any]:
    response = read(served, path)
    assert response.status_code == 200
    calendar = Calendar.from_ical(response.content)
    return {str(one["UID"]).split("@")[0]: one for one in calendar.walk("VEVENT")}


@pytest.fixture
def book(served: Served) -> Served:
    served.book.imports(a_small_book(mrr=123_45, currency="EUR"), NOW)
    return served


@pytest.mark.req("OPS-6")
@pytest.mark.parametrize("person", ["ops", "nord.poc", "acme.contact"])
def test_a_calendar_shows_deadlines_and_starts(book: Served, person: str) -> None:
    found = events(book, address(book.signed_in(person)))

    deadline, start = found[f"{RENEWAL}.deadline"], found[f"{RENEWAL}.start"]
    assert deadline.start == date(2027, 1, 15)
    assert start.start == date(2027, 3, 1)
    assert deadline["SUMMARY"] == "Deadline: Acme (renewal)"
    assert deadline["STATUS"] == "CONFIRMED"
    assert str(deadline["URL"]) == f"http://testserver/changes/{RENEWAL}"


def test_it_holds_no_amounts_and_rings_no_alarms(book: Served) -> None:
    text = read(book, address(book.signed_in("ops"))).text

    assert "123" not in re.sub(r"K-1\S*|UID\S*|DT\S*|LAST-MOD\S*", "", text)
    assert "EUR" not in text
    assert "VALARM" not in text
    assert "REFRESH-INTERVAL" in text


def test_what_is_not_theirs_is_not_in_it(served: Served) -> None:
    others = [
        a_partner("sud"),
        a_person("sud.poc", partner="sud"),
        a_customer("bolt", partner="sud"),
        a_person("bolt.contact", customer="bolt"),
        a_contract("K-2", customer="bolt"),
    ]
    served.book.imports([*a_small_book(), *others], NOW)

    seen = {
        person: {
            uid.split(".")[0]
            for uid in events(served, address(served.signed_in(person)))
        }
        for person in ("ops", "nord.poc", "sud.poc", "bolt.contact")
    }

    assert seen == {
        "ops": {"K-1", "K-2"},
        "nord.poc": {"K-1"},
        "sud.poc": {"K-2"},
        "bolt.contact": {"K-2"},
    }


def test_who_may_see_nothing_any_more_has_an_empty_calendar(book: Served) -> None:
    path = address(book.signed_in("acme.contact"))
    book.book.imports(
        with_rows(
            a_small_book(),
            a_person("acme.other", customer="acme"),
            a_customer(partner="nord", primary_contact="acme.other"),
        ),
        NOW,
    )

    assert events(book, path) == {}


def test_a_change_that_moves_is_the_same_event_with_a_higher_sequence(
    book: Served,
) -> None:
    path = address(book.signed_in("ops"))
    before = events(book, path)[f"{RENEWAL}.start"]
    book.book.edit(NOW).renewal_start(RENEWAL, date(2027, 3, 5))

    after = events(book, path)[f"{RENEWAL}.start"]

    assert after.start == date(2027, 3, 5)
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after["LAST-MODIFIED"].dt >= before["LAST-MODIFIED"].dt


def test_days_of_a_change_that_was_closed_before_them_are_cancelled(
    book: Served,
) -> None:
    path = address(book.signed_in("ops"))
    book.clock.now = NOW + timedelta(days=60)  # after its deadline, before its start
    book.book.edit(book.clock.now).end("K-1", date(2027, 1, 31))

    found = events(book, path)

    assert found[f"{RENEWAL}.deadline"]["STATUS"] == "CONFIRMED"
    assert found[f"{RENEWAL}.start"]["STATUS"] == "CANCELLED"


def test_what_begins_beyond_the_horizon_is_not_in_it(served: Served) -> None:
    far = a_contract("K-2", started_on=date(2026, 11, 1), commitment_months=24)
    served.book.imports([*a_small_book(), far], NOW)

    found = events(served, address(served.signed_in("ops")))

    assert {uid.split(".")[0] for uid in found} == {"K-1"}


def test_a_calendar_is_in_the_language_of_whose_it_is(served: Served) -> None:
    book = with_rows(
        a_small_book(), a_person("nord.poc", partner="nord", language="fr")
    )
    served.book.imports(book, NOW)

    found = events(served, address(served.signed_in("nord.poc")))

    assert found[f"{RENEWAL}.deadline"]["SUMMARY"].startswith("Date limite\u00a0: Acme")


def test_a_calendar_that_did_not_change_is_not_sent_again(book: Served) -> None:
    path = address(book.signed_in("ops"))
    tag = read(book, path).headers["ETag"]

    same = book.browser().get(path, headers={"If-None-Match": f'"other", W/{tag}'})
    book.book.fire("accept", "ops", NOW)
    other = book.browser().get(path, headers={"If-None-Match": tag})

    assert (same.status_code, same.content) == (304, b"")
    assert other.status_code == 200


@pytest.mark.req("OPS-6")
def test_an_address_that_is_revoked_shows_nothing(book: Served) -> None:
    browser = book.signed_in("ops")
    path, kept = address(browser), address(browser)

    page = browser.post("/account/calendar/revoke", feed="1")

    assert "This address shows nothing more." in page.text
    assert read(book, path).status_code == 404
    assert read(book, kept).status_code == 200


def test_an_address_of_nobody_and_of_a_disabled_account_are_answered_alike(
    book: Served,
) -> None:
    path = address(book.signed_in("ops"))
    with book.book.store.begin() as unit:
        ops = unit.book.person("ops")
        unit.accounts.update_account(ops.id, disabled_at=NOW)
        unit.commit()

    answers = [read(book, one) for one in (path, "/calendar/guessed.ics")]

    assert [one.status_code for one in answers] == [404, 404]
    assert answers[0].text.replace(path, "") == answers[1].text.replace(
        "/calendar/guessed.ics", ""
    )


def test_nobody_revokes_an_address_of_somebody_else(book: Served) -> None:
    path = address(book.signed_in("ops"))

    other = book.signed_in("nord.poc").post("/account/calendar/revoke", feed="1")

    assert other.status_code == 404
    assert read(book, path).status_code == 200


@pytest.mark.parametrize("feed", ["", "x", "9" * 40, "-1"])
def test_nonsense_is_refused(book: Served, feed: str) -> None:
    page = book.signed_in("ops").post("/account/calendar/revoke", feed=feed)

    assert page.status_code == 422


def test_addresses_are_not_made_without_end(book: Served) -> None:
    browser = book.signed_in("ops")

    pages = [browser.post("/account/calendar") for _ in range(11)]

    assert [page.status_code for page in pages] == [200] * 10 + [422]
    assert "revoke one first" in pages[-1].text


def test_an_address_is_shown_once_and_kept_as_a_hash(book: Served) -> None:
    browser = book.signed_in("ops")
    token = address(browser).removeprefix("/calendar/").removesuffix(".ics")

    page = browser.get("/account/calendar").text

    assert token not in page
    assert "never" in page
    assert token not in str(book.book.rows("SELECT * FROM feeds"))
    said = book.book.rows("SELECT body FROM audit WHERE subject_kind = 'person'")
    assert any("address made" in row["body"] for row in said)
    assert book.book.flaws() == []


@pytest.mark.parametrize(
    "name",
    [
        "Acme\r\nBEGIN:VALARM\r\nACTION:DISPLAY",
        "Acme; DTSTART:20200101, \\n END:VEVENT",
        'Acme"\nATTACH:http://example.com',
        "é" * 200,
    ],
)
def test_a_hostile_name_stays_a_name(book: Served, name: str) -> None:
    path = address(book.signed_in("ops"))
    book.book.execute("UPDATE customers SET name = :name", name=name)

    response = read(book, path)

    calendar = Calendar.from_ical(response.content)
    assert len(calendar.walk("VEVENT")) == 2
    assert calendar.walk("VALARM") == []
    assert all("ATTACH" not in event for event in calendar.walk("VEVENT"))
    assert all(len(line) <= 75 for line in response.content.split(b"\r\n"))


def test_of_many_who_ask_at_once_none_gets_beyond_the_limit(book: Served) -> None:
    browsers = [book.signed_in("ops") for _ in range(16)]

    with ThreadPoolExecutor(16) as pool:
        pages = [*pool.map(lambda each: each.post("/account/calendar"), browsers)]

    assert sorted(page.status_code for page in pages) == [200] * 10 + [422] * 6
