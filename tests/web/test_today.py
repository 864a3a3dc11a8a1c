"""Today says what needs a person, why and since when, and leads to what settles it."""

import re
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest

from engine.domain.errors import TacitError, TransientDeliveryError
from engine.domain.problems import Problem, Severity
from notifiers.recording import RecordingChannel
from tacit.watched_rules import WatchedRules
from tests.support.books import (
    a_contract,
    a_customer,
    a_person,
    a_small_book,
    at,
    with_rows,
)
from tests.web.conftest import Served

IMPORTED = at("2026-10-20")
NOW = at("2026-10-21T10:00")
CONTACT = "/customers/acme/actions/contact"


def ready(served: Served, *rows: object, **contract: object) -> Served:
    """A book whose clock runs until now."""
    served.book.imports(with_rows(a_small_book(**contract), *rows), IMPORTED)  # type: ignore[arg-type]
    served.book.runs(IMPORTED, NOW)
    stand(served, NOW)
    return served


def stand(served: Served, now: object) -> None:
    """Look at it then, while the clock runs."""
    served.clock.now = now  # type: ignore[assignment]
    with served.book.store.begin() as unit:
        unit.book.beat("clock", served.clock.now)
        unit.commit()


def today(served: Served, person: str = "ops", language: str = "en") -> httpx.Response:
    browser = served.signed_in(person)
    browser.client.cookies.set("tacit_language", language)
    return browser.get("/today")


def said(page: httpx.Response) -> str:
    assert page.status_code == 200, page.text
    main = page.text[page.text.index("<main") : page.text.index("</main")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


def count(page: httpx.Response) -> str | None:
    """The number in the menu."""
    found = re.search(r'<span class="count">(\d+)<span class="hidden">', page.text)
    return found[1] if found else None


def test_a_day_without_anything_is_calm(served: Served) -> None:
    page = today(ready(served))

    assert "Nothing needs you today" in said(page)
    assert count(page) is None


@pytest.mark.req("REN-18")
def test_a_missing_contact_is_found_before_anything_is_due(served: Served) -> None:
    page = today(ready(served, a_customer(partner="nord", primary_contact=None)))

    assert "Nobody to write to, before it is due 1 Acme renewal" in said(page)
    assert "the customer has no primary contact: renewal notice" in said(page)
    assert "due on 1 Nov 2026, 09:00" in said(page)
    assert f'href="{CONTACT}"' in page.text
    assert served.book.messages() == []


@pytest.mark.req("REN-18")
def test_a_contact_without_an_address_is_found_too(served: Served) -> None:
    page = today(ready(served, a_person("acme.contact", customer="acme", email=None)))

    assert "has no address that we can write to: renewal notice" in said(page)


@pytest.mark.req("REN-18")
def test_a_partner_who_tells_the_customer_needs_a_point_of_contact(
    served: Served,
) -> None:
    ready(served, a_person("nord.poc", partner="nord", email=None))
    assert "Nothing needs you today" in said(today(served))
    served.book.edit(NOW).owner_of_change("K-1.R20270301", "partner")

    page = today(served)

    assert "Nobody to write to" in said(page)
    assert 'href="/back-office/partners/rows/nord"' in page.text
    assert 'href="/changes/K-1.R20270301/actions/owner"' in page.text


def test_whoever_is_due_first_comes_first_and_the_rest_is_counted(
    served: Served,
) -> None:
    mute = [a_customer(f"c{n}", primary_contact=None) for n in range(12)]
    terms = [
        a_contract(f"C-{n}", customer=f"c{n}", started_on=date(2026, 3, 20 - n))
        for n in range(12)
    ]

    page = said(today(ready(served, *mute, *terms)))

    assert "Nobody to write to, before it is due 12" in page
    assert page.index("C11 ") < page.index("C10 ") < page.index("C9 ")
    assert "C0 " not in page
    assert "and 2 more" in page


@pytest.mark.req("REN-18")
def test_what_is_held_is_counted_in_the_menu_of_every_page(served: Served) -> None:
    ready(served, a_customer(partner="nord", primary_contact=None))
    later = at("2026-11-02")
    served.book.runs(NOW, later)
    stand(served, later)

    page = today(served)

    assert "Messages that reached nobody 1 Renewal notice" in said(page)
    assert f'href="{CONTACT}"' in page.text
    assert count(page) == "1"
    assert count(served.signed_in("ops").get("/changes")) == "1"
    assert count(served.signed_in("nord.poc").get("/changes")) is None


def test_a_change_that_waits_for_a_decision_offers_what_settles_it(
    served: Served,
) -> None:
    ready(served, a_customer(partner="nord", primary_contact=None))
    after = at("2027-03-02")
    served.book.runs(NOW, after)
    stand(served, after)

    page = today(served)

    assert "Waiting for your decision 1 Acme" in said(page)
    assert "The customer was never told, so a person decides." in said(page)
    assert "since 1 Mar 2027, 00:00" in said(page)
    assert 'href="/changes/K-1.R20270301/events/accept"' in page.text


def test_what_is_overdue_and_idle_is_shown(served: Served) -> None:
    ready(served)
    late = at("2027-03-05")
    served.book.execute("UPDATE changes SET next_due_at = NULL")
    stand(served, late)

    page = said(today(served))

    assert "Overdue, and nothing moves it 1 Acme" in page
    assert "it still stands at “awaiting an answer”" in page
    assert "since 1 March 2027" in page


def test_a_deadline_within_the_week_is_shown_and_one_after_is_not(
    served: Served,
) -> None:
    ready(served)
    for day, is_shown in (("2027-01-07", False), ("2027-01-09", True)):
        served.book.runs(NOW, at(day))
        stand(served, at(day))

        assert ("last day to answer is 15 January 2027" in said(today(served))) is (
            is_shown
        ), day


def test_a_clock_that_stopped_or_never_ran_comes_first(served: Served) -> None:
    ready(served)
    served.clock.now = NOW + timedelta(hours=1)
    stopped = said(today(served))
    served.book.execute("DELETE FROM heartbeats")
    never = said(today(served))

    assert "It was last seen on 21 Oct 2026, 12:00" in stopped
    assert "It has not run here yet" in never


def test_messages_that_do_not_leave_are_one_concern(served: Served) -> None:
    ready(served)
    served.book.fire("request_cancellation", "acme.contact", NOW)
    stand(served, NOW + timedelta(hours=1))

    page = today(served)

    assert "One has been waiting since 21 Oct 2026, 12:00" in said(page)
    assert 'href="/messages?status=queued"' in page.text


@pytest.mark.req("BOT-2")
def test_a_copy_that_nobody_will_hear_of_again_is_in_doubt(served: Served) -> None:
    ready(served)
    served.book.fire("request_cancellation", "acme.contact", NOW)
    unclear = TransientDeliveryError("the mail server hung up", ambiguous=True)
    now = NOW
    for _ in range(6):
        served.book.relay(now, email=RecordingChannel([unclear] * 9))
        now += timedelta(hours=2)
    stand(served, now)

    page = said(today(served))

    assert "May have arrived, or not" in page
    assert "Ask whether it arrived: Acme Contact" in page


@pytest.mark.parametrize(
    ("severity", "heading"),
    [
        (Severity.ERROR, "The rules in the folder would be refused 1"),
        (Severity.WARNING, "The rules in the folder give warnings 1"),
    ],
)
def test_what_is_wrong_with_the_rules_in_the_folder_is_shown(
    served: Served, severity: Severity, heading: str
) -> None:
    ready(served)
    problem = Problem("rules/x.yaml", 3, 5, "no such state", "did you…", severity)
    object.__setattr__(served.site, "check_folder", lambda: [problem])

    page = said(today(served))

    assert heading in page
    assert "rules/x.yaml:3:5" in page


def test_it_is_for_the_vendors_operations_alone(served: Served) -> None:
    ready(served, a_person("finance", roles=("finance",)))

    for person in ("finance", "nord.poc", "acme.contact"):
        assert today(served, person).status_code == 403


def test_it_reads_in_french(served: Served) -> None:
    page = said(today(ready(served), language="fr"))

    assert "Rien ne vous attend aujourd’hui" in page


def test_the_rules_in_a_folder_are_checked_again_only_when_a_file_changed(
    tmp_path: Path,
) -> None:
    checks: list[int] = []

    def check() -> list[Problem]:
        checks.append(1)
        return [Problem("a.yaml", 1, 1, f"check {len(checks)}")]

    watched = WatchedRules(check, [tmp_path])
    first, again = watched(), watched()
    (tmp_path / "a.yaml").write_text("rules: renewal")
    changed = watched()

    assert [one[0].message for one in (first, again, changed)] == [
        "check 1",
        "check 1",
        "check 2",
    ]


def test_a_folder_that_is_gone_is_a_problem_of_its_own(tmp_path: Path) -> None:
    def check() -> list[Problem]:
        raise TacitError("there is no folder rules")

    [problem] = WatchedRules(check, [tmp_path / "rules"])()

    assert problem.message == "there is no folder rules"
