"""Every route by name: what it needs, and that it is refused to everybody else."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.domain.access import Action, Side
from engine.domain.accounts import form_token
from engine.domain.book import Row
from engine.domain.ruleset import Rulebook
from engine.store.unit_of_work import Store
from notifiers.rendering import Templates
from tests.support.books import (
    a_contract,
    a_customer,
    a_partner,
    a_person,
    at,
    some_usage,
)
from tests.support.installation import Installation
from tests.support.permission_matrix import COLUMNS, rows
from tests.support.serving import serving
from tests.web.conftest import NOW, Browser, Served, SettableClock, a_site
from tests.web.routes import routes_of
from web.app import create_app

NEEDS = Path(__file__).with_name("needs.txt")
API = "/api/v1"
#: Which thing stands in an address, by where the address begins; own, then foreign.
THINGS = {
    "/changes/{": ("K-1.R20270301", "K-2.R20270301"),
    f"{API}/changes/{{": ("K-1.R20270301", "K-2.R20270301"),
    "/contracts/": ("K-1", "K-2"),
    f"{API}/contracts/": ("K-1", "K-2"),
    "/customers/": ("acme", "other"),
    f"{API}/customers/": ("acme", "other"),
    "/partners/": ("nord", "sued"),
    f"{API}/partners/": ("nord", "sued"),
    f"{API}/people/": ("acme.contact", "other.contact"),
    "/back-office/customers/rows": ("acme", "other"),
    "/back-office/people/rows": ("acme.contact", "other.contact"),
    "/back-office/people/unlink": ("acme.contact", "other.contact"),
    "/back-office/contracts/rows": ("K-1", "K-2"),
    "/back-office/partners/rows": ("nord", "sued"),
    "/back-office/sites/rows": ("acme.paris", "other.paris"),
    "/back-office/usage/rows": ("K-1/2026-10", "K-2/2026-10"),
    "/messages/": ("1", "2"),
    f"{API}/messages/": ("1", "2"),
}
#: What else stands in addresses, the same for everybody.
REST = {"event": "request_cancellation", "form": "csv", "token": "none", "id_": "1",
        "call_id": "1", "key_id": "1", "key": "1", "number": "0"}  # fmt: skip


def needed() -> dict[str, tuple[str, ...]]:
    """By route, the actions of which one is needed; none where it is open."""
    found = {}
    for line in NEEDS.read_text().splitlines():
        if not line.startswith("#"):
            name, _, needs = line.rpartition(": ")
            found[name] = () if needs == "nothing" else tuple(needs.split(", "))
    return found


@pytest.fixture(scope="module")
def everything(
    empty_sqlite: Path,
    tmp_path_factory: pytest.TempPathFactory,
    rulebook: Rulebook,
    templates: Templates,
) -> Iterator[Served]:
    """Two customers with a partner each, and somebody in each role at the first ones."""
    file = tmp_path_factory.mktemp("routes") / "tacit.db"
    shutil.copyfile(empty_sqlite, file)
    store, clock = Store.open(f"sqlite:///{file}"), SettableClock()
    app = create_app(site := a_site(store, rulebook, templates, clock))
    with serving(app) as url:
        book = Installation(store, rulebook, templates)
        book.imports(a_whole_book(), at("2026-10-20"))
        book.runs(at("2026-10-20"), NOW)
        yield (made := Served(book, site, app, clock, url))
        made.close()
    store.close()


def a_whole_book() -> list[Row]:
    rows: list[Row] = []
    for partner, customer, contract in (
        ("nord", "acme", "K-1"),
        ("sued", "other", "K-2"),
    ):
        site = {"code": f"{customer}.paris", "name": "Paris", "customer": customer}
        rows += [
            a_partner(partner),
            a_customer(customer, partner=partner),
            a_person(f"{partner}.poc", partner=partner),
            a_person(f"{customer}.contact", customer=customer),
            Row("sites", site, "book.csv", 1),
            a_contract(contract, customer=customer),
            some_usage(contract, "2026-10", contacts=10),
        ]
    for role, side in COLUMNS:
        if (code := holder(role, side)).startswith("role."):
            roles = () if role.endswith("colleague") else (role,)
            whose = {"partner": "nord"} if side is Side.PARTNER else {}
            whose |= {"customer": "acme"} if side is Side.CUSTOMER else {}
            rows.append(a_person(code, roles=roles, **whose))
    return rows


def holder(role: str, side: Side) -> str:
    """The person who holds a role."""
    stands = {"primary_contact": "acme.contact", "point_of_contact": "nord.poc"}
    return stands.get(role, f"role.{role}.{side}")


def address(path: str, *, foreign: bool = False) -> str:
    """An address of the route, about one's own things or about another's."""
    for beginning, things in THINGS.items():
        if path.startswith(beginning):
            path = re.sub(
                r"\{(code|change|message|message_id)(:path)?\}", things[foreign], path
            )
    return re.sub(
        r"\{(\w+)\}", lambda blank: REST.get(blank[1], "renewal_notice"), path
    )


def about_a_thing(path: str) -> bool:
    return address(path) != address(path, foreign=True)


def ask(browser: Browser, method: str, where: str) -> int:
    """The status of an answer; forms and JSON carry the session's token and no fields."""
    headers = {"X-Form-Token": form_token(browser.token)} if browser.token else {}
    answer = browser.client.request(
        method, where, headers=headers, **content(method, where)
    )
    return answer.status_code


def content(method: str, where: str) -> dict[str, Any]:
    """What a request has to be for anybody to look who sends it."""
    if where.startswith(f"{API}/book"):
        return {"files": {"files": ("partners.csv", b"code,name\n")}}
    takes_json = where.startswith(API) and method in ("POST", "PUT")
    return {"json": {}} if takes_json and "/clock/" not in where else {}


def test_every_route_is_named_with_what_it_needs(everything: Served) -> None:
    found = {
        route.name: None
        if route.needs is None
        else tuple(str(one) for one in route.needs)
        for route in routes_of(everything.app)
    }

    wanted = {
        name: tuple(str(action) for action in Action)
        if needs == ("anything",)
        else needs
        for name, needs in needed().items()
    }
    assert found == wanted


@pytest.mark.parametrize("route", [name for name, needs in needed().items() if needs])
def test_a_stranger_gets_nothing(everything: Served, route: str) -> None:
    method, path = route.split()
    where = address(path)
    answer = everything.browser().client.request(
        method, where, **content(method, where)
    )

    if path.startswith(API):
        assert answer.status_code == 401
    else:
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in")


UNSAFE = [name for name in needed() if not name.startswith(("GET", "HEAD"))]


@pytest.mark.parametrize("route", [name for name in UNSAFE if needed()[name]])
def test_nothing_is_done_for_a_form_of_another_site(
    everything: Served, route: str
) -> None:
    method, path = route.split()
    browser = everything.signed_in("role.operations.vendor")
    before = everything.book.contents()

    where = address(path)
    forged = content(method, where) or {"data": {"form_token": "guess"}}
    answer = browser.client.request(method, where, **forged)

    assert answer.status_code == 403
    assert everything.book.contents() == before


@pytest.mark.parametrize(("role", "side"), COLUMNS)
def test_each_role_is_refused_what_it_may_not(
    everything: Served, role: str, side: Side
) -> None:
    """Own things 403 or 404 where the role does not grant it; another's always 404."""
    column = COLUMNS.index((role, side))
    browser = everything.signed_in(holder(role, side))
    before = everything.book.contents()
    wrong = []
    for name, needs in needed().items():
        method, path = name.split()
        granted = needs == ("anything",) or any(rows()[need][column] for need in needs)
        if needs and not granted:
            status = ask(browser, method, address(path))
            if status not in (403, 404):
                wrong.append(f"{name}: {status} without the right")
        if granted and side is not Side.VENDOR and about_a_thing(path):
            foreign = ask(browser, method, address(path, foreign=True))
            if foreign != 404 and not _asks_for_a_body_first(method, path, foreign):
                wrong.append(f"{name}: {foreign} of another's")

    assert not wrong, "\n".join(wrong)
    assert everything.book.contents() == before


def _asks_for_a_body_first(method: str, path: str, status: int) -> bool:
    """What is no request at all is refused before anybody looks for the thing."""
    return path.startswith(API) and method in ("POST", "PUT") and status in (415, 422)


@pytest.mark.parametrize(("role", "side"), COLUMNS)
def test_each_role_reads_what_it_may(everything: Served, role: str, side: Side) -> None:
    column = COLUMNS.index((role, side))
    browser = everything.signed_in(holder(role, side))
    wrong = []
    for name, needs in needed().items():
        method, path = name.split()
        granted = needs and (
            needs == ("anything",) or any(rows()[need][column] for need in needs)
        )
        if method == "GET" and granted and "{id_}" not in path:
            status = ask(browser, method, address(path))
            if status not in (200, 303, 409, 422):
                wrong.append(f"{name}: {status} with the right")

    assert not wrong, "\n".join(wrong)
