"""A request with an Idempotency-Key is carried out once, whatever dies in between."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from engine.domain.access import Action
from engine.domain.answered import AnswerNotKeptError, StillWorkingError
from engine.services import answer_once
from engine.services.answer_once import Once, OnceStorage
from engine.services.edit_book import Editor
from tests.support.books import a_small_book
from tests.support.installation import RENEWAL
from tests.web.api_client import Program, a_program
from tests.web.conftest import NOW, Served

EVENTS = f"/changes/{RENEWAL}/events"
OWNER = f"/changes/{RENEWAL}/owner"
ONCE = {"Idempotency-Key": "b8d3-1"}
LEASE, KEPT = timedelta(minutes=2), timedelta(hours=24)


@pytest.fixture
def ops(served: Served) -> Program:
    served.book.imports(a_small_book(), NOW)
    return a_program(served, "ops")


def test_the_same_request_again_gets_the_same_answer_and_does_nothing(
    served: Served, ops: Program
) -> None:
    first = ops.post(EVENTS, {"event": "request_cancellation"}, headers=ONCE)
    trail = served.book.trail()
    again = ops.post(EVENTS, {"event": "request_cancellation"}, headers=ONCE)

    assert first.status_code == again.status_code == 200
    assert again.content == first.content
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["idempotency-replayed"] == "true"
    assert served.book.trail() == trail


def test_without_the_key_the_second_is_refused(served: Served, ops: Program) -> None:
    ops.post(EVENTS, {"event": "request_cancellation"})
    again = ops.post(EVENTS, {"event": "request_cancellation"})

    assert again.status_code == 409


def test_a_refusal_is_answered_once_too(served: Served, ops: Program) -> None:
    first = ops.post(EVENTS, {"event": "withdraw"}, headers=ONCE)
    trail = served.book.trail()
    again = ops.post(EVENTS, {"event": "withdraw"}, headers=ONCE)

    assert first.status_code == again.status_code == 409
    assert again.json() == first.json()
    assert served.book.trail() == trail


def test_another_request_under_the_same_key_is_refused(ops: Program) -> None:
    ops.put(OWNER, {"owner": "vendor"}, headers=ONCE)

    for path, body in ((OWNER, {"owner": "partner"}), (EVENTS, {"event": "accept"})):
        other = ops.call(
            "PUT" if path == OWNER else "POST", path, json=body, headers=ONCE
        )
        assert other.status_code == 422
        assert other.json()["errors"][0]["header"] == "Idempotency-Key"


def test_what_did_nothing_may_come_again(served: Served, ops: Program) -> None:
    body = {"renewal_start": "2029-01-01"}
    first = ops.put(f"/changes/{RENEWAL}/renewal-start", body, headers=ONCE)

    second = ops.put(OWNER, {"owner": "partner"}, headers=ONCE)

    assert first.status_code == 422
    assert second.status_code == 200


def test_the_key_of_one_person_is_nothing_to_another(
    served: Served, ops: Program
) -> None:
    other = a_program(served, "nord.poc")

    assert ops.put(OWNER, {"owner": "vendor"}, headers=ONCE).status_code == 200
    assert other.put(OWNER, {"owner": "partner"}, headers=ONCE).status_code == 200


def test_two_at_once_are_carried_out_once(served: Served, ops: Program) -> None:
    start = threading.Barrier(6)

    def fire(_: int) -> int:
        program = Program(served.browser().client, ops.key)
        start.wait()
        body = {"event": "request_cancellation"}
        return program.post(EVENTS, body, headers=ONCE).status_code

    with ThreadPoolExecutor(6) as pool:
        found = sorted(pool.map(fire, range(6)))

    assert found[0] == 200
    assert set(found) <= {200, 409}
    assert served.book.kinds().count("transition") == 1
    assert "refused" not in served.book.kinds()


def taken_on(served: Served, at: Any = NOW) -> Once:
    """A request of ops that was taken on, as its process leaves it when it dies."""
    store = served.site.store
    with store.begin(read_only=True) as unit:
        person = unit.book.person("ops").id
    once = Once(person, "k", "hash", at)
    assert answer_once.take_on(store, once, LEASE, KEPT) is None
    return once


def again(served: Served, once: Once, later: timedelta) -> Any:
    taken = Once(once.person_id, once.key, once.request_hash, once.at + later)
    return answer_once.take_on(served.site.store, taken, LEASE, KEPT)


def edit(served: Served, once: Once) -> Callable[[], str]:
    actor = served.book.edit(NOW).actor
    store = OnceStorage(served.site.store, once)
    editor = Editor(store, served.site.rulebook, actor, NOW)
    return lambda: editor.owner_of_change(RENEWAL, "partner")


def test_one_whose_process_died_before_it_did_anything_is_taken_over(
    served: Served, ops: Program
) -> None:
    once = taken_on(served)

    with pytest.raises(StillWorkingError):
        again(served, once, LEASE - timedelta(seconds=1))
    assert again(served, once, LEASE) is None


def test_one_that_was_taken_over_writes_nothing_any_more(
    served: Served, ops: Program
) -> None:
    once = taken_on(served)
    again(served, once, LEASE)

    with pytest.raises(StillWorkingError):
        edit(served, once)()

    assert served.book.change().owner_choice is None


def test_one_whose_process_died_before_it_answered_is_not_done_again(
    served: Served, ops: Program
) -> None:
    once = taken_on(served)
    edit(served, once)()

    with pytest.raises(AnswerNotKeptError, match="carried out already"):
        again(served, once, LEASE)


def test_answers_are_kept_for_their_time(served: Served, ops: Program) -> None:
    ops.put(OWNER, {"owner": "partner"}, headers=ONCE)

    served.clock.now = NOW + KEPT + timedelta(seconds=1)
    other = ops.put(OWNER, {"owner": "vendor"}, headers=ONCE)

    assert other.status_code == 200
    [row] = served.book.rows("SELECT * FROM answered_requests")
    assert "vendor" in row["body"]


def test_a_key_that_is_made_once_keeps_its_secret_nowhere(
    served: Served, ops: Program
) -> None:
    body = {"name": "report", "actions": [Action.SEE_CHANGES]}
    made = ops.post("/me/keys", body, headers=ONCE)
    again = ops.post("/me/keys", body, headers=ONCE)

    assert made.status_code == 201, made.text
    secret = made.json()["secret"].split("_", 2)[2]
    tables = served.book.contents() | {
        name: served.book.rows(f"SELECT * FROM {name}")  # noqa: S608 - names are ours
        for name in ("api_keys", "answered_requests")
    }
    assert made.status_code == 201
    assert again.status_code == 409
    assert secret not in str(tables)
    assert len(ops.get("/me/keys").json()["items"]) == 2


def test_a_file_that_is_sent_again_is_taken_in_once(
    served: Served, ops: Program
) -> None:
    def send() -> Any:
        files = {"files": ("partners.csv", b"code,name\nest,Est\n", "text/csv")}
        return ops.post("/book/import", files=files, headers=ONCE)

    first, again = send(), send()

    assert first.status_code == 200, first.text
    assert first.json()["counts"]["partners"]["new"] == 1
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize("key", ["", "x" * 81, "caf\u00e9"], ids=["empty", "long", "é"])
def test_a_key_that_is_none_is_refused(ops: Program, key: str) -> None:
    headers = {"Idempotency-Key": key.encode("latin-1")}
    answer = ops.put(OWNER, {"owner": "partner"}, headers=headers)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["header"] == "Idempotency-Key"


def test_a_key_that_carries_less_is_not_given_what_one_with_more_was_answered(
    served: Served, ops: Program
) -> None:
    ops.post(EVENTS, {"event": "request_cancellation"}, headers=ONCE)
    narrow = a_program(served, "ops", [Action.SEE_CUSTOMERS])

    answer = narrow.post(EVENTS, {"event": "request_cancellation"}, headers=ONCE)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["header"] == "Idempotency-Key"
