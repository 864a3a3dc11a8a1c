"""Every route of the API says what it needs, and nobody reaches what is not theirs."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from engine.domain.access import Action
from engine.domain.accounts import form_token
from tests.support.books import (
    a_contract,
    a_customer,
    a_partner,
    a_person,
    a_small_book,
)
from tests.support.installation import RENEWAL
from tests.web.api_client import API, Program, a_program, a_stranger
from tests.web.conftest import NOW, Served
from web.api.app import create_api
from web.visits import Needs

#: What each route needs somewhere; `me` is for whoever may do anything.
NEEDS = {
    "GET /changes": Action.SEE_CHANGES,
    "GET /changes/{change}": Action.SEE_CHANGES,
    "POST /changes/{change}/events": Action.ANSWER,
    "PUT /changes/{change}/owner": Action.CHOOSE_OWNER,
    "PUT /changes/{change}/renewal-start": Action.MOVE_DATES,
    "GET /messages": Action.SEE_MESSAGES,
    "GET /messages/{message}": Action.SEE_MESSAGES,
    "POST /releases": Action.RELEASE_MESSAGES,
    "GET /previews/{message}": Action.SEE_RULES,
    "GET /customers": Action.SEE_CUSTOMERS,
    "GET /customers/{code}": Action.SEE_CUSTOMERS,
    "PUT /customers/{code}/owner": Action.CHOOSE_OWNER,
    "PUT /customers/{code}/primary-contact": Action.CHOOSE_CONTACT,
    "PUT /customers/{code}/association": Action.ASSOCIATE,
    "DELETE /customers/{code}/association": Action.END_ASSOCIATION,
    "GET /partners": Action.SEE_PARTNERS,
    "GET /partners/{code}": Action.SEE_PARTNERS,
    "PUT /partners/{code}/owner": Action.CHOOSE_STANDING_OWNER,
    "GET /contracts": Action.SEE_CUSTOMERS,
    "GET /contracts/{code}": Action.SEE_CUSTOMERS,
    "PUT /contracts/{code}/automatic-renewal": Action.SET_TERMS,
    "PUT /contracts/{code}/end": Action.SET_TERMS,
    "DELETE /contracts/{code}/end": Action.SET_TERMS,
    "GET /people": Action.SEE_PEOPLE,
    "GET /people/{code}": Action.SEE_PEOPLE,
    "POST /book/import": Action.IMPORT_BOOK,
    "GET /exports/changes": Action.SEE_CHANGES,
    "GET /exports/book": Action.EXPORT_BOOK,
    "POST /clock/tick": Action.RUN_CLOCK,
    "POST /clock/relay": Action.RUN_CLOCK,
    "GET /simulation": Action.SIMULATE,
    "GET /rules/problems": Action.SEE_RULES,
    "GET /audit/verification": Action.SEE_TRAIL,
    "GET /attention": Action.SEE_ATTENTION,
    "GET /me/keys": Action.OWN_ACCOUNT,
    "POST /me/keys": Action.OWN_ACCOUNT,
    "DELETE /me/keys/{key}": Action.OWN_ACCOUNT,
}
ANYBODY = {"GET /openapi.json"}
WHOEVER_MAY_ANYTHING = {"GET /me"}


def needs_of(dependant: Dependant) -> Iterator[Needs]:
    for below in dependant.dependencies:
        if isinstance(below.call, Needs):
            yield below.call
        yield from needs_of(below)


def test_every_route_says_what_it_needs(served: Served) -> None:
    found: dict[str, tuple[Action, ...]] = {}
    for route in create_api(served.site).state.routes:
        assert isinstance(route, APIRoute)
        [needs] = needs_of(route.dependant)
        for method in route.methods or ():
            found[f"{method} {route.path}"] = needs.actions

    wanted = {name: (action,) for name, action in NEEDS.items()}
    assert found == {
        **wanted,
        **dict.fromkeys(ANYBODY, ()),
        **dict.fromkeys(WHOEVER_MAY_ANYTHING, tuple(Action)),
    }


@pytest.fixture
def book(served: Served) -> Served:
    """Two partners, each with a customer and a contract, and people of all sides."""
    served.book.imports(
        [
            *a_small_book(),
            a_partner("sud"),
            a_customer("other", partner="sud"),
            a_person("other.contact", customer="other"),
            a_person("sud.poc", partner="sud"),
            a_contract("K-2", customer="other"),
            a_person("fin", roles=("finance",)),
            a_person("nobody", customer="acme"),
        ],
        NOW,
    )
    return served


#: A request for each route, about the customer `acme` and what is its own.
REQUESTS: dict[str, Any] = {
    "POST /changes/{change}/events": {"event": "accept"},
    "PUT /changes/{change}/owner": {"owner": "vendor"},
    "PUT /changes/{change}/renewal-start": {"renewal_start": "2027-03-02"},
    "POST /releases": {"changes": [RENEWAL]},
    "PUT /customers/{code}/owner": {"owner": "vendor"},
    "PUT /customers/{code}/primary-contact": {"person": "nobody"},
    "PUT /customers/{code}/association": {"partner": "sud"},
    "PUT /partners/{code}/owner": {"owner": "vendor"},
    "PUT /contracts/{code}/automatic-renewal": {"automatic_renewal": False},
    "PUT /contracts/{code}/end": {"ended_on": "2027-02-01"},
    "POST /me/keys": {"name": "x", "actions": ["own account"]},
}
QUERIES = {"GET /simulation": "?from=2027-01-01&to=2027-01-02"}
CODES = {
    "customers": "acme",
    "partners": "nord",
    "contracts": "K-1",
    "people": "nobody",
}


def request(program: Program, route: str, codes: dict[str, str] = CODES) -> int:
    method, path = route.split(" ")
    kind = path.split("/")[1]
    path = path.format(
        change=codes.get("changes", RENEWAL),
        code=codes.get(kind, ""),
        message=1 if kind == "messages" else "renewal_notice",
        key=1_000,
    )
    options: dict[str, Any] = {}
    if route in REQUESTS:
        options["json"] = REQUESTS[route]
    if route == "POST /book/import":
        content = b"code,name\nnord,Nord\n"
        options = {"files": {"files": ("partners.csv", content)}}
    answer = program.call(method, path + QUERIES.get(route, ""), **options)
    return answer.status_code


def test_who_is_not_known_gets_in_nowhere(
    book: Served, subtests: pytest.Subtests
) -> None:
    stranger = a_stranger(book)
    for route in [*NEEDS, *WHOEVER_MAY_ANYTHING]:
        with subtests.test(route):
            assert request(stranger, route) == 401
    assert request(stranger, "GET /openapi.json") == 200


def test_a_key_does_nothing_that_it_does_not_carry(
    book: Served, subtests: pytest.Subtests
) -> None:
    for route, action in NEEDS.items():
        rest = [each for each in Action if each is not action]
        with subtests.test(route):
            assert request(a_program(book, "ops", rest), route) in (403, 404)


def test_a_users_key_does_nothing_but_what_is_their_own(
    book: Served, subtests: pytest.Subtests
) -> None:
    user = a_program(book, "nobody")
    for route, action in NEEDS.items():
        with subtests.test(route):
            found = request(user, route)
            if action is Action.OWN_ACCOUNT:
                assert found in (200, 201, 404)
            else:
                assert found == 403


FOREIGN = dict.fromkeys([*CODES, "changes"], "x-1")


def test_what_is_anothers_is_answered_as_what_is_not_there(
    book: Served, subtests: pytest.Subtests
) -> None:
    sud = a_program(book, "sud.poc")
    for route, action in NEEDS.items():
        if "{c" not in route or action in (Action.MOVE_DATES, Action.SET_TERMS):
            continue
        with subtests.test(route):
            foreign, absent = request(sud, route), request(sud, route, FOREIGN)
            assert foreign == absent
            assert foreign in (403, 404)


def test_lists_hold_what_is_ones_own(book: Served) -> None:
    sud = a_program(book, "sud.poc")

    def codes(path: str, name: str = "code") -> list[str]:
        return [item[name] for item in sud.get(path).json()["items"]]

    assert codes("/customers") == ["other"]
    assert codes("/partners") == ["sud"]
    assert codes("/contracts") == ["K-2"]
    assert codes("/people") == ["other.contact", "sud.poc"]
    assert codes("/changes", "id") == ["K-2.R20270301"]


def test_a_bad_key_is_not_made_good_by_a_session(book: Served) -> None:
    browser = book.signed_in("ops")
    program = Program(browser.client, "tct_abcdefgh_guess")

    answer = program.get("/changes")

    assert answer.status_code == 401
    assert "unknown, expired or revoked" in answer.json()["detail"]


def test_a_session_calls_too_and_needs_its_form_token_to_change_anything(
    book: Served,
) -> None:
    browser = book.signed_in("ops")
    program = Program(browser.client)
    path, body = f"/changes/{RENEWAL}/owner", {"owner": "partner"}
    assert browser.token is not None
    good = {"X-Form-Token": form_token(browser.token)}

    assert program.get("/changes").status_code == 200
    assert program.put(path, body).status_code == 403
    assert program.put(path, body, headers={"X-Form-Token": "x"}).status_code == 403
    assert program.put(path, body, headers=good).status_code == 200


def test_nothing_changes_on_get(book: Served) -> None:
    ops = a_program(book, "ops")
    ops.get("/me")
    before = book.book.contents()

    for route in NEEDS:
        if route.startswith("GET"):
            assert request(ops, route) == 200, route

    assert book.book.contents() == before


def test_the_address_of_the_api_is_where_the_document_says(book: Served) -> None:
    document = a_stranger(book).get("/openapi.json").json()

    assert document["servers"] == [{"url": API}]
    assert {
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method in operations
    } == {*NEEDS, *WHOEVER_MAY_ANYTHING}


def test_bad_keys_are_counted_and_after_too_many_told_to_wait(served: Served) -> None:
    served.book.imports(a_small_book(), NOW)
    good, stranger = a_program(served, "ops"), a_stranger(served)
    stranger.key = "tct_abcdefgh_guess"

    answers = [stranger.get("/changes") for _ in range(12)]
    basic = stranger.get("/me", headers={"Authorization": "Basic b3BzOm9wcw=="})
    metrics = stranger.client.get(
        "/metrics", headers={"Authorization": "Bearer tct_abcdefgh_guess"}
    )

    assert [each.status_code for each in answers] == [401] * 10 + [429] * 2
    assert answers[-1].headers["Retry-After"] == "900"
    assert answers[-1].headers["Content-Type"] == "application/problem+json"
    assert (basic.status_code, metrics.status_code) == (429, 429)
    assert good.get("/changes").status_code == 200
    seen = good.client.get("/metrics", headers={"Authorization": f"Bearer {good.key}"})
    assert "tacit_sign_in_failures_recent 10.0" in seen.text
    served.clock.now = NOW + served.site.settings.sign_in_window
    assert stranger.get("/changes").status_code == 401


def test_no_answer_to_somebody_is_kept_for_others(served: Served) -> None:
    served.book.imports(a_small_book(), NOW)
    program, browser = a_program(served, "ops"), served.signed_in("ops")
    made = program.post("/me/keys", {"name": "x", "actions": ["see changes"]})
    answers = [
        program.get("/changes"),
        program.get("/people"),
        program.get("/nowhere"),
        a_stranger(served).get("/me"),
        browser.get("/", follow_redirects=False),
        browser.client.post("/sign-in", data={}),
        made,
    ]
    tagged = program.get(f"/changes/{RENEWAL}")

    assert {each.headers.get("Cache-Control") for each in answers} == {"no-store"}
    assert "secret" in made.json()
    assert tagged.headers["Cache-Control"] == "private, no-cache"
    assert "no-store" not in browser.get("/static/tacit.css").headers.values()
