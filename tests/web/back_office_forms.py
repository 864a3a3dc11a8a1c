"""The back office in a test's hands: forms filled in and sent, and what came of them."""

import re
from typing import Any
from urllib.parse import quote

import httpx

from engine.domain.book import Row
from tests.support.books import (
    a_contract,
    a_customer,
    a_partner,
    a_person,
    a_small_book,
    at,
    some_usage,
)
from tests.web.conftest import Browser, Served

NOW = at("2026-12-20T10:00")


def two_partners() -> list[Row]:
    """Two partners with a customer each, and people of every kind."""
    return [
        *a_small_book(currency="EUR", mrr=123_400),
        a_person("fin", roles=("finance",)),
        a_person("boss", partner="nord", roles=("partner_administrator",)),
        a_person("member", partner="nord", roles=("partner_member",)),
        a_person("owner", customer="acme", roles=("customer_owner",)),
        a_person("admin", customer="acme", roles=("administrator",)),
        a_person("usr", customer="acme", roles=("user",)),
        some_usage(month="2026-11", contacts=900),
        a_partner("sud"),
        a_person("sud.poc", partner="sud"),
        a_customer("other", partner="sud", name="Brûlerie"),
        a_person("other.contact", customer="other"),
        a_contract("K-2", customer="other"),
    ]


def path_of(kind: str, code: str) -> str:
    return f"/back-office/{kind}/rows/{quote(code)}"


def saved(browser: Browser, kind: str, code: str, **values: Any) -> httpx.Response:
    """Open a row's form, change some fields, and send it."""
    path = path_of(kind, code)
    page = browser.get(path)
    found = re.search(r'name="seen" value="(\w+)"', page.text)
    seen = found[1] if found else ""
    return browser.post(path, seen=seen, **values)


def added(browser: Browser, kind: str, **values: Any) -> httpx.Response:
    return browser.post(f"/back-office/{kind}/new", **values)


def wrong(response: httpx.Response) -> dict[str, str]:
    """What a form says is wrong, by field."""
    found = re.findall(r'class="wrong" id="(\w+)-wrong">([^<]*)<', response.text)
    return dict(found)


def held(served: Served, kind: str, code: str) -> dict[str, Any]:
    with served.site.store.begin(read_only=True) as unit:
        found = unit.directory.one(kind, code)
    assert found is not None
    return found
