"""Who edits a change can say which sight of it they go by."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.books import a_person, a_small_book
from tests.support.installation import RENEWAL
from tests.web.api_client import Program, a_program
from tests.web.conftest import NOW, Served

SHOW = f"/changes/{RENEWAL}"
EVENTS = f"{SHOW}/events"
OWNER = f"{SHOW}/owner"


@pytest.fixture
def ops(served: Served) -> Program:
    served.book.imports(
        [*a_small_book(), a_person("acme.second", customer="acme")], NOW
    )
    return a_program(served, "ops")


def tag(program: Program) -> str:
    return str(program.get(SHOW).headers["etag"])


def test_the_tag_stays_while_nothing_changes(ops: Program) -> None:
    assert tag(ops) == tag(ops)
    assert tag(ops).startswith('"')


def test_what_is_known_already_is_not_sent_again(ops: Program) -> None:
    for known in (tag(ops), f'"x", {tag(ops)}', "*", f"W/{tag(ops)}"):
        answer = ops.get(SHOW, headers={"If-None-Match": known})

        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == tag(ops)
    assert ops.get(SHOW, headers={"If-None-Match": '"x"'}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", EVENTS, {"event": "accept"}),
        ("PUT", OWNER, {"owner": "vendor"}),
        ("PUT", f"{SHOW}/renewal-start", {"renewal_start": "2027-03-08"}),
    ],
    ids=["event", "owner", "renewal start"],
)
def test_an_edit_of_a_stale_sight_is_refused_and_leaves_no_trace(
    served: Served, ops: Program, method: str, path: str, body: object
) -> None:
    seen = tag(ops)
    ops.put(OWNER, {"owner": "partner"})
    trail = served.book.trail()

    stale = ops.call(method, path, json=body, headers={"If-Match": seen})

    assert stale.status_code == 412
    assert stale.json()["errors"][0]["header"] == "If-Match"
    assert served.book.trail() == trail

    fresh = ops.call(method, path, json=body, headers={"If-Match": tag(ops)})
    assert fresh.status_code == 200
    assert fresh.headers["etag"] == tag(ops) != seen


def test_the_tag_goes_by_all_that_is_shown(ops: Program) -> None:
    seen = tag(ops)

    ops.put("/customers/acme/primary-contact", {"person": "acme.second"})

    assert tag(ops) != seen
    answer = ops.post(EVENTS, {"event": "accept"}, headers={"If-Match": seen})
    assert answer.status_code == 412


def test_of_two_who_edit_the_same_sight_one_wins(served: Served, ops: Program) -> None:
    seen, start = tag(ops), threading.Barrier(4)

    def fire(_: int) -> int:
        program = Program(served.browser().client, ops.key)
        start.wait()
        headers = {"If-Match": seen}
        body = {"owner": "partner"}
        return program.put(OWNER, body, headers=headers).status_code

    with ThreadPoolExecutor(4) as pool:
        found = sorted(pool.map(fire, range(4)))

    assert found == [200, 412, 412, 412]


def test_a_weak_tag_is_not_enough_for_an_edit(ops: Program) -> None:
    headers = {"If-Match": f"W/{tag(ops)}"}

    assert ops.put(OWNER, {"owner": "partner"}, headers=headers).status_code == 412


def test_any_sight_will_do_for_a_star(ops: Program) -> None:
    headers = {"If-Match": "*"}

    assert ops.put(OWNER, {"owner": "partner"}, headers=headers).status_code == 200
    absent = ops.put("/changes/K-9/owner", {"owner": "vendor"}, headers=headers)
    assert absent.status_code == 404


def test_what_is_no_tag_is_refused(ops: Program) -> None:
    answer = ops.put(OWNER, {"owner": "partner"}, headers={"If-Match": "7"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["header"] == "If-Match"


def test_who_may_see_less_has_a_tag_of_their_own(served: Served, ops: Program) -> None:
    contact = a_program(served, "acme.contact")

    assert tag(contact) == tag(contact)
    answer = contact.post(
        EVENTS, {"event": "accept"}, headers={"If-Match": tag(contact)}
    )
    assert answer.status_code == 200
