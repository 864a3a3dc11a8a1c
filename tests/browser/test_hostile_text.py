"""Forty hostile texts in every field that is kept: shown as text, and nothing runs."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from playwright.sync_api import Browser

from engine.domain.book import Row
from engine.domain.ruleset import Rulebook
from engine.store.unit_of_work import Store
from notifiers.rendering import Templates
from tests.browser.conftest import SHOWN, Browsing
from tests.support.books import (
    a_contract,
    a_customer,
    a_partner,
    a_person,
    at,
    some_usage,
)
from tests.support.hostile import HOSTILE
from tests.support.installation import Installation
from tests.support.serving import serving
from tests.web.conftest import Served, SettableClock, a_site
from web.app import create_app

#: What is written into the database behind the program's back, by number.
KEPT = (
    ("UPDATE outbox SET reason = :text, status = 'held' WHERE id % 40 = :number"),
    ("UPDATE deliveries SET error = :text, address = :text WHERE id % 40 = :number"),
    ("UPDATE changes SET attention = :text WHERE id % 40 = :number AND id % 2 = 0"),
)


def a_hostile_book(book: Installation) -> None:
    """Each text is a partner, its customer, their people, a site and a product."""
    rows = [a_person("ops", roles=("operations",), name=HOSTILE[0])]
    for number, text in enumerate(HOSTILE):
        partner, customer, contract = f"p{number}", f"c{number}", f"K-{number}"
        rows += [
            a_partner(partner, name=text),
            a_person(f"{partner}.poc", name=text, partner=partner),
            a_customer(customer, name=text, domain=text, partner=partner),
            a_person(f"{customer}.contact", name=text, customer=customer),
            Row(
                "sites",
                {"code": f"s{number}", "name": text, "customer": customer},
                "",
                1,
            ),
            a_contract(contract, customer=customer, product=text, new_mrr=100),
            some_usage(contract, contacts=400, emails_sent=2_000),
        ]
    book.imports(rows, at("2026-10-01"))
    book.runs(at("2026-10-01"), SHOWN)
    for number, text in enumerate(HOSTILE):
        for statement in KEPT:
            book.execute(statement, text=text, number=number)


@pytest.fixture(scope="module")
def hostile_server(
    empty_sqlite: Path,
    tmp_path_factory: pytest.TempPathFactory,
    rulebook: Rulebook,
    templates: Templates,
) -> Iterator[Served]:
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    file = tmp_path_factory.mktemp("hostile") / "tacit.db"
    shutil.copyfile(empty_sqlite, file)
    store, clock = Store.open(f"sqlite:///{file}"), SettableClock(SHOWN)
    site = a_site(store, rulebook, templates, clock)
    app = create_app(site)
    with serving(app) as url:
        made = Served(Installation(store, rulebook, templates), site, app, clock, url)
        a_hostile_book(made.book)
        yield made
        made.close()
    store.close()
    structlog.reset_defaults()


@pytest.fixture
def hostile(hostile_server: Served, chromium: Browser) -> Iterator[Browsing]:
    made = Browsing(hostile_server, chromium)
    yield made
    made.close()
    assert not made.misdeeds


BOOK = ("customers", "people", "contracts", "partners", "sites", "usage")


def addresses(served: Served) -> list[str]:
    """Every kind of page, and of those about one thing, the page of each."""
    messages = [
        f"/messages/{row['id']}" for row in served.book.rows("SELECT id FROM outbox")
    ]
    changes = [row["code"] for row in served.book.rows("SELECT code FROM changes")]
    numbers = range(len(HOSTILE))
    return [
        "/changes", "/customers", "/messages", "/messages?status=held", "/today",
        "/account", "/webhooks",
        *(f"/changes?search={kind}" for kind in ("%3Cscript%3Ewindow.taken=1", "%22%3E")),
        *(f"/back-office/{kind}" for kind in BOOK),
        *(f"/back-office/customers/rows/c{number}" for number in numbers),
        *(f"/changes/{code}" for code in changes),
        *(f"/changes/{code}/events/request_cancellation" for code in changes[:8]),
        *(f"/customers/c{number}" for number in numbers),
        *(f"/customers/c{number}/end-association" for number in (0, 16, 35)),
        *(f"/partners/p{number}" for number in (0, 6, 16)),
        *messages[:80],
    ]  # fmt: skip


def test_nothing_runs_of_what_people_wrote(hostile: Browsing) -> None:
    page = hostile.page("ops")
    seen = 0
    for address in addresses(hostile.served):
        answer = page.goto(address, wait_until="load")
        assert answer is not None
        assert answer.status == 200, address
        assert page.url == f"{hostile.served.url}{address}", address
        assert page.evaluate("window.taken === undefined"), address
        seen += 1
    assert seen > 180


def test_it_is_shown_as_it_was_written(hostile: Browsing) -> None:
    page = hostile.page("ops")
    page.goto("/changes")

    names = page.locator("td.who-for a").all_inner_texts()

    assert {" ".join(name.split()) for name in names} >= {
        " ".join(text.split()) for text in HOSTILE
    }
