"""*Upcoming renewals* as a page: found, narrowed, sorted, chosen, and taken away."""

import csv
import io
import re
from datetime import date
from html import unescape
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import text

from tests.support.books import a_contract, a_customer, a_partner, a_person
from tests.support.hostile import HOSTILE
from tests.web.conftest import NOW, Browser, Served

LINK = re.compile(r'<a [^>]*?href="([^"]*)"[^>]*>(?:<code>)?([^<]*)')


def book_of(served: Served, *more: Any) -> Served:
    """Two partners' customers and one of nobody's, with their people, imported."""
    rows = [
        a_partner(owns_conversations=True),
        a_person("nord.poc", partner="nord"),
        a_person("nord.member", partner="nord", roles=("partner_member",)),
        a_person("ops", roles=("operations",)),
        a_person("clerk", roles=("finance",)),
        a_customer("acme", name="Brûlerie des Lices", partner="nord", hub_id="4711"),
        a_person("acme.contact", customer="acme"),
        a_person("acme.admin", customer="acme", roles=("administrator",)),
        a_contract("K-1", currency="EUR", mrr=120_000, new_mrr=130_000),
        a_customer("bolt", name="Bolt"),
        a_person("bolt.contact", customer="bolt"),
        a_contract(
            "K-2", customer="bolt", started_on=date(2026, 2, 15), billing_months=5
        ),
    ]
    served.book.imports([*rows, *more], NOW)
    return served


def listed(page: str) -> list[str]:
    """The ids of the changes that a page shows, in its order."""
    return re.findall(r"<code>([^<]*)</code>", page)


def links(page: str) -> dict[str, str]:
    """Where each link of a page leads, by its words."""
    return {unescape(said).strip(): unescape(to) for to, said in LINK.findall(page)}


@pytest.mark.req("REN-2", "REN-8", "REN-11")
def test_the_list_shows_the_five_locked_columns_and_the_usual_ones(
    served: Served,
) -> None:
    page = book_of(served).signed_in("ops").get("/changes").text

    assert listed(page) == ["K-2.R20270215", "K-1.R20270301"]
    for title in ("Customer", "Communication owner", "Type", "Status"):
        assert f'data-name="{title}"' in page
    assert "15 Jan 2027" in page
    assert "in 45 days" in page
    assert "awaiting an answer" in page
    assert links(page)["Brûlerie des Lices"] == "/customers/acme"


@pytest.mark.req("REN-12")
def test_a_search_answers_the_part_of_the_page_that_changes(served: Served) -> None:
    browser = book_of(served).signed_in("ops")
    headers = {"HX-Request": "true"}

    part = browser.get("/changes?q=brulerie&state=&from=", headers=headers)
    whole = browser.get("/changes?q=Brûlerie")

    assert listed(part.text) == listed(whole.text) == ["K-1.R20270301"]
    assert "<html" not in part.text
    assert "<html" in whole.text
    assert part.headers["HX-Push-Url"] == "/changes?q=brulerie"


@pytest.mark.req("REN-11")
def test_each_chip_takes_its_own_filter_off(served: Served) -> None:
    browser = book_of(served).signed_in("ops")
    asked = "/changes?q=bolt&state=pending&owner=vendor&from=2027-01-01&to=2027-01-31"

    page = browser.get(asked).text

    assert listed(page) == ["K-2.R20270215"]
    assert links(page)["Search: bolt"] == (
        "/changes?state=pending&owner=vendor&from=2027-01-01&to=2027-01-31"
    )
    off = links(page)["Deadline from 1 Jan 2027 to 31 Jan 2027"]
    assert off == "/changes?q=bolt&state=pending&owner=vendor"
    assert listed(browser.get(links(page)["Clear all"]).text) == [
        "K-2.R20270215",
        "K-1.R20270301",
    ]


@pytest.mark.req("REN-11")
def test_a_column_head_sorts_and_then_turns_the_order(served: Served) -> None:
    browser = book_of(served).signed_in("ops")
    first = browser.get("/changes").text

    once = browser.get(links(first)["Customer"]).text
    twice = browser.get(links(once)["Customer"]).text

    assert listed(once) == ["K-2.R20270215", "K-1.R20270301"]
    assert listed(twice) == ["K-1.R20270301", "K-2.R20270215"]
    assert 'aria-sort="ascending"' in once
    assert 'aria-sort="descending"' in twice


@pytest.mark.req("REN-11")
def test_the_list_is_cut_into_pages(served: Served) -> None:
    more = [
        a_contract(f"M-{number:03}", customer="bolt", started_on=date(2026, 2, 20))
        for number in range(60)
    ]
    browser = book_of(served, *more).signed_in("ops")

    first = browser.get("/changes").text
    second = browser.get(links(first)["Next"]).text

    assert "1 to 50 of 62" in first
    assert "51 to 62 of 62" in second
    assert not {*listed(first)} & {*listed(second)}
    assert links(second)["Previous"] == "/changes"
    assert "The list ends before this page" in browser.get("/changes?page=9").text


@pytest.mark.req("REN-11")
def test_columns_are_chosen_ordered_and_kept_for_each_person(served: Served) -> None:
    ops, clerk = book_of(served).signed_in("ops"), served.signed_in("clerk")

    for move in ({"add": "mrr"}, {"up": "mrr"}, {"remove": "primary_contact"}):
        ops.post("/columns", **move)

    assert columns(ops)[5:] == ["Renewal start", "Current MRR", "Change"]
    assert columns(clerk)[5:] == ["Primary contact", "Renewal start", "Change"]
    ops.post("/columns", usual="1")
    assert columns(ops) == columns(clerk)


@pytest.mark.req("REN-11")
def test_a_locked_column_cannot_be_removed(served: Served) -> None:
    ops = book_of(served).signed_in("ops")

    ops.post("/columns", remove="deadline")
    refused = ops.post("/columns", add="colour")

    assert "Renewal deadline" in columns(ops)
    assert refused.status_code == 422
    assert "there is no column &#34;colour&#34;" in refused.text


@pytest.mark.req("REN-11")
def test_amounts_are_shown_by_currency_and_only_to_whom_they_are_due(
    served: Served,
) -> None:
    ops = book_of(served).signed_in("ops")
    admin = served.signed_in("acme.admin")
    for browser in (ops, admin):
        browser.post("/columns", add="mrr")

    assert "€1,200.00" in ops.get("/changes").text
    assert "Current MRR" not in columns(admin)
    assert admin.get("/changes?sort=mrr").status_code == 422
    assert "1200" not in admin.get("/changes.csv").text


@pytest.mark.req("REN-11", "REN-14")
def test_everybody_sees_their_own_changes_alone(served: Served) -> None:
    book_of(served)
    seen = {
        person: listed(served.signed_in(person).get("/changes").text)
        for person in ("nord.poc", "acme.contact", "bolt.contact")
    }

    assert seen == {
        "nord.poc": ["K-1.R20270301"],
        "acme.contact": ["K-1.R20270301"],
        "bolt.contact": ["K-2.R20270215"],
    }


def test_anothers_partner_is_answered_as_one_that_is_not_there(served: Served) -> None:
    poc = book_of(
        served,
        a_partner("sud", point_of_contact="sud.poc"),
        a_person("sud.poc", partner="sud"),
    ).signed_in("nord.poc")

    there, nowhere = poc.get("/changes?partner=sud"), poc.get("/changes?partner=sut")

    assert there.status_code == nowhere.status_code == 404
    assert there.text.replace("sud", "sut") == nowhere.text


ACTIONS = {
    "ops": ["accept", "request_cancellation", "owner", "contact", "end-association"],
    "nord.member": ["accept", "request_cancellation", "owner", "contact"],
    "acme.contact": ["accept", "request_cancellation"],
    "acme.admin": [],
    "clerk": [],
}


@pytest.mark.req("REN-4", "REN-6", "REN-8")
@pytest.mark.parametrize(("person", "expected"), ACTIONS.items(), ids=list(ACTIONS))
def test_a_row_offers_what_its_reader_may_do(
    served: Served, person: str, expected: list[str]
) -> None:
    page = book_of(served).signed_in(person).get("/changes?q=brulerie").text

    offered = re.findall(
        r' href="/changes/K-1.R20270301/(?:events|actions)/(\w+)', page
    )
    offered += re.findall(r' href="/customers/acme/(end-association)', page)
    assert offered == expected


@pytest.mark.req("REN-6")
def test_after_the_deadline_nobody_is_offered_to_cancel(served: Served) -> None:
    book_of(served)
    with served.book.store.engine.begin() as connection:
        told = "UPDATE changes SET notice_out_at = '2026-11-02 00:00:00+00:00'"
        connection.execute(text(told.removesuffix("+00:00'") + "'"))
    served.clock.now = NOW.replace(year=2027, month=1, day=20)

    page = served.signed_in("acme.contact").get("/changes").text

    assert "passed" in page
    assert "request_cancellation" not in page


@pytest.mark.req("REN-2")
def test_the_strip_leads_to_each_day_that_has_a_deadline(served: Served) -> None:
    browser = book_of(served).signed_in("ops")
    page = browser.get("/changes").text

    day = links(page)["15 Jan 2027"]

    assert day == "/changes?from=2027-01-15&to=2027-01-15"
    assert listed(browser.get(day).text) == ["K-1.R20270301"]
    assert "<svg" in page
    assert "Deadlines in the next 120 days" in page


def test_an_empty_list_says_what_to_do(served: Served) -> None:
    served.book.imports([a_person("ops", roles=("operations",))], NOW)
    browser = served.signed_in("ops")

    assert "tacit import" in browser.get("/changes").text
    page = browser.get("/changes?q=nobody+here").text
    assert "Take a filter off" in page
    assert 'href="/customers?search=nobody%20here"' in page


@pytest.mark.req("REN-11")
def test_a_file_holds_what_is_shown_in_the_same_order(served: Served) -> None:
    ops = book_of(served).signed_in("ops")
    ops.post("/columns", add="mrr")

    answer = ops.get("/changes.csv?sort=customer&order=desc")
    rows = list(csv.reader(io.StringIO(answer.text)))
    workbook = ops.get("/changes.xlsx?q=brulerie")
    book = CalamineWorkbook.from_filelike(io.BytesIO(workbook.content))
    sheet = book.get_sheet_by_index(0).to_python()

    assert "upcoming-renewals-2026-12-01.csv" in answer.headers["content-disposition"]
    assert rows[0][-2:] == ["Currency", "Current MRR"]
    assert [row[0] for row in rows[1:]] == ["Brûlerie des Lices", "Bolt"]
    assert rows[1][3:5] == ["awaiting an answer", "2027-01-15"]
    assert rows[1][-2:] == ["EUR", "1200.00"]
    assert [row[0] for row in sheet] == ["Customer", "Brûlerie des Lices"]


def test_no_cell_of_a_file_is_taken_for_a_formula(served: Served) -> None:
    for number, begins in enumerate("=+-@"):
        name = f"{begins}cmd|'/c calc'!A{number}"
        book_of(
            served,
            a_customer(f"evil{number}", name=name),
            a_person(f"evil{number}.contact", customer=f"evil{number}"),
            a_contract(f"E-{number}", customer=f"evil{number}"),
        )

    ops = served.signed_in("ops")
    names = [row[0] for row in csv.reader(io.StringIO(ops.get("/changes.csv").text))]

    assert not [name for name in names if name[:1] in "=+-@"]
    assert len([name for name in names if "calc" in name]) == 4


@pytest.mark.parametrize("hostile", HOSTILE[:12], ids=range(12))
def test_what_is_stored_is_never_more_than_text(served: Served, hostile: str) -> None:
    book_of(
        served,
        a_customer("evil", name=hostile, domain=hostile, hub_id=hostile[:64]),
        a_person("evil.contact", customer="evil", name=hostile),
        a_contract("E-1", customer="evil", product=hostile),
    )
    ops = served.signed_in("ops")
    for column in ("website", "hub_id", "product"):
        ops.post("/columns", add=column)

    page = ops.get("/changes", params={"q": hostile}).text

    assert "window.taken" in unescape(page)
    for plain in (hostile, hostile.replace("'", "&#39;")):
        assert plain not in page or not re.search(r"[<>\"']", plain)


WRONG = {
    "/changes?state=x": (422, "there is no state"),
    "/changes?type=x": (422, "there is no type"),
    "/changes?owner=x": (422, "there is no owner"),
    "/changes?sort=x": (422, "there is no sort"),
    "/changes?from=yesterday": (400, "is not a date written YYYY-MM-DD"),
    "/changes?from=2027-02-02&to=2027-02-01": (422, "before they begin"),
    "/changes?page=0": (400, "is no page of the list"),
    "/changes?page=-1": (400, "is no page of the list"),
    "/changes?page=99999999999999999999": (400, "is no page of the list"),
    "/changes?page=²": (400, "is no page of the list"),
    "/changes?partner=nobody": (404, "no partner"),
    "/changes?partner=%00": (404, "no partner"),
    f"/changes?q={'x' * 500}": (422, "a search has at most 200 characters"),
    "/changes.pdf": (404, "no format"),
}


@pytest.mark.parametrize(("path", "expected"), WRONG.items(), ids=list(WRONG))
def test_what_cannot_be_asked_is_refused_with_a_reason(
    served: Served, path: str, expected: tuple[int, str]
) -> None:
    status, said = expected

    answer = book_of(served).signed_in("ops").get(path)

    assert answer.status_code == status
    assert said in unescape(answer.text)


def test_only_what_our_own_pages_ask_for_is_compressed(served: Served) -> None:
    browser = book_of(served).signed_in("ops")
    sites = ("same-origin", "none", "cross-site", "same-site", None)

    packed = {
        site: "content-encoding"
        in browser.get(
            "/changes", headers={"Sec-Fetch-Site": site} if site else {}
        ).headers
        for site in sites
    }

    assert [site for site, is_packed in packed.items() if is_packed] == [
        "same-origin",
        "none",
    ]


def test_the_list_is_for_those_who_may_see_changes(served: Served) -> None:
    book_of(served, a_person("bolt.user", customer="bolt", roles=("user",)))

    for path in ("/changes", "/changes.csv", "/columns"):
        assert served.signed_in("bolt.user").get(path).status_code == 403
        asked = served.browser().get(path, follow_redirects=False)
        assert asked.headers["location"] == f"/sign-in?next={path}"


def test_the_list_is_there_in_french(served: Served) -> None:
    browser = book_of(served).signed_in("ops")
    browser.post("/language", language="fr")

    page = browser.get("/changes").text

    assert "Échéance de renouvellement" in page
    assert "dans 45 jours" in page
    assert "1er mars 2027" in page


def test_in_another_language_the_list_stays_as_it_was_asked_for(served: Served) -> None:
    page = book_of(served).signed_in("ops").get("/changes?q=acme&sort=customer").text

    assert 'name="back" value="/changes?q=acme&amp;sort=customer"' in page


def columns(browser: Browser) -> list[str]:
    """The titles of the columns that somebody's list has."""
    page = browser.get("/changes").text
    first = page[page.index("<tbody>\n", page.index('<table class="cards"')) :]
    row = first[: first.index("</tr>")]
    return [unescape(one) for one in re.findall(r'data-name="([^"]*)"', row)]
