"""Changes by the API: listed, shown, answered and edited, by whoever may."""

import pytest

from tests.support.books import a_customer, a_partner, a_person, a_small_book
from tests.support.installation import RENEWAL
from tests.web.api_client import Program, a_program, a_stranger
from tests.web.conftest import NOW, Served

EVENTS = f"/changes/{RENEWAL}/events"
LISTED = ["id", "customer", "owner", "type", "state", "deadline", "renewal_start"]


@pytest.fixture
def ops(served: Served) -> Program:
    """A program of operations, over a small book with a stranger's customer in it."""
    served.book.imports(
        [
            *a_small_book(),
            a_partner("sud"),
            a_customer("other", partner="sud"),
            a_person("other.contact", customer="other"),
            a_person("sud.poc", partner="sud"),
            a_person("fin", roles=("finance",)),
        ],
        NOW,
    )
    return a_program(served, "ops")


def test_the_list_has_every_documented_field(ops: Program) -> None:
    answer = ops.get("/changes")

    [change] = answer.json()["items"]
    assert answer.status_code == 200
    assert answer.json()["next"] is None
    assert answer.headers["Total-Count"] == "1"
    assert {name: change[name] for name in LISTED} == {
        "id": RENEWAL,
        "customer": "Acme",
        "owner": "vendor",
        "type": "renewal",
        "state": "pending",
        "deadline": "2027-01-15",
        "renewal_start": "2027-03-01",
    }


def test_a_change_is_shown_whole(ops: Program) -> None:
    shown = ops.get(f"/changes/{RENEWAL}").json()

    assert shown["plan"][-1]["to"] == "renewed"
    assert shown["history"][0]["kind"] == "opened"
    assert "accept" in {one["event"] for one in shown["answers"]}


def test_an_event_is_fired_by_whose_key_it_is(served: Served, ops: Program) -> None:
    contact = a_program(served, "acme.contact")

    answer = contact.post(EVENTS, {"event": "accept"})

    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "change": RENEWAL,
        "event": "accept",
        "state": "renewed",
        "by": "acme.contact",
        "refused": None,
        "message": None,
    }
    assert served.book.change().state == "renewed"


def test_a_refused_event_says_why_in_the_callers_language(
    served: Served, ops: Program
) -> None:
    served.book.imports(
        [a_person("acme.contact", customer="acme", language="fr", name="Inès")], NOW
    )
    contact = a_program(served, "acme.contact")

    refused = contact.post(EVENTS, {"event": "withdraw"})

    assert refused.status_code == 409
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["refused"] == "not_possible_here"
    assert "possible" in refused.json()["detail"]
    assert "en attente" in refused.json()["detail"].lower()


def test_a_word_that_is_no_event_is_named(ops: Program) -> None:
    answer = ops.post(EVENTS, {"event": "acept"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#/event"
    assert "accept" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        ("/customers/acme/primary-contact", "person", "ops"),
        (f"/changes/{RENEWAL}/renewal-start", "renewal_start", "2020-01-01"),
        (f"/changes/{RENEWAL}/renewal-start", "renewal_start", "2090-01-01"),
    ],
)
def test_an_edit_that_is_not_possible_names_its_field(
    ops: Program, path: str, field: str, value: str
) -> None:
    answer = ops.put(path, {field: value})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"#/{field}"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/changes/{}", None),
        ("POST", "/changes/{}/events", {"event": "accept"}),
        ("POST", "/changes/{}/events", {"event": "no_event"}),
        ("PUT", "/changes/{}/owner", {"owner": "vendor"}),
        ("GET", "/messages?change={}", None),
    ],
    ids=["show", "event", "no event", "owner", "messages"],
)
def test_anothers_change_is_answered_as_one_that_is_not_there(
    served: Served, ops: Program, method: str, path: str, body: object
) -> None:
    sud = a_program(served, "sud.poc")
    options = {"json": body} if body else {}

    foreign = sud.call(method, path.format(RENEWAL), **options)
    absent = sud.call(method, path.format("K-9.R20270301"), **options)

    assert foreign.status_code == absent.status_code == 404
    assert (
        foreign.json()["detail"].replace(RENEWAL, "K-9.R20270301")
        == (absent.json()["detail"])
    )
    assert sud.get("/changes").json()["items"] == []


def test_who_may_see_and_not_answer_is_refused(served: Served, ops: Program) -> None:
    finance = a_program(served, "fin")

    assert finance.get(f"/changes/{RENEWAL}").status_code == 200
    assert finance.post(EVENTS, {"event": "accept"}).status_code == 403
    assert (
        finance.put(f"/changes/{RENEWAL}/owner", {"owner": "partner"}).status_code
        == 403
    )


def test_who_has_no_key_is_told_how_to_get_in(served: Served, ops: Program) -> None:
    answer = a_stranger(served).get("/changes")

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "API key" in answer.json()["detail"]


def test_owner_and_renewal_start_are_edited(served: Served, ops: Program) -> None:
    owner = ops.put(f"/changes/{RENEWAL}/owner", {"owner": "partner"})
    start = ops.put(
        f"/changes/{RENEWAL}/renewal-start", {"renewal_start": "2027-03-08"}
    )

    assert owner.json()["message"] == f"{RENEWAL}: communication owner is partner"
    assert "deadline is 2027-01-22" in start.json()["message"]
    [listed] = ops.get("/changes").json()["items"]
    assert (listed["owner"], listed["renewal_start"]) == ("partner", "2027-03-08")


def test_an_edit_that_makes_no_sense_is_refused(ops: Program) -> None:
    answer = ops.put(
        f"/changes/{RENEWAL}/renewal-start", {"renewal_start": "2029-03-08"}
    )

    assert answer.status_code == 422
    assert "not before the renewal after it" in answer.json()["detail"]
