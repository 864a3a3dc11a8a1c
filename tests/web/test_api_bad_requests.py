"""Whatever is sent, the answer says what is wrong with it, and is never a failure."""

import json
from typing import Any

import httpx
import pytest

from tests.support.books import a_small_book
from tests.support.installation import RENEWAL
from tests.web.api_client import API, Program, a_program
from tests.web.conftest import NOW, Served

EVENTS = f"/changes/{RENEWAL}/events"
START = f"/changes/{RENEWAL}/renewal-start"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def ops(served: Served) -> Program:
    served.book.imports(a_small_book(), NOW)
    return a_program(served, "ops")


def is_problem(answer: httpx.Response, status: int) -> bool:
    """Whether it is problem details of this status, with a sentence."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    return bool(body["status"] == status and body["title"] and body["detail"])


BODIES: dict[str, tuple[bytes, int, str]] = {
    "no JSON": (b"accept", 400, "not JSON"),
    "nothing": (b"", 422, ""),
    "null": (b"null", 422, ""),
    "a list": (b"[]", 422, ""),
    "a name twice": (b'{"event": "accept", "event": "withdraw"}', 400, "twice"),
    "an unknown field": (b'{"event": "accept", "force": true}', 422, "nothing of this"),
    "a number": (b'{"event": 1}', 422, "#/event"),
    "NaN": (b'{"event": NaN}', 400, "NaN"),
    "NUL": (b'{"event": "a\\u0000b"}', 422, "NUL"),
    "half a character": (b'{"event": "a\\ud800b"}', 422, "half of a character"),
    "half a character as a name": (b'{"a\\ud800b": "accept"}', 422, "half of a"),
    "half a name twice": (b'{"\\ud800": 1, "\\ud800": 2}', 400, "twice"),
    "no UTF-8": (b'{"event": "\xff"}', 400, "UTF-8"),
    "UTF-16": ('{"event": "accept"}'.encode("utf-16"), 400, "UTF-8"),
    "a thousand brackets": (b"[" * 50_000, 400, "JSON"),
    "ten thousand digits": (b'{"event": ' + b"9" * 10_000 + b"}", 400, "JSON"),
    "deep": (b'{"event": ' + b"[" * 40 + b"]" * 40 + b"}", 422, "deep"),
}


def test_a_body_that_is_no_event_is_refused(
    served: Served, ops: Program, subtests: pytest.Subtests
) -> None:
    for name, (body, status, said) in BODIES.items():
        with subtests.test(name):
            answer = ops.call("POST", EVENTS, content=body, headers=JSON)

            assert is_problem(answer, status)
            assert said in answer.json()["detail"]
            assert served.book.change().state == "pending"


def test_a_body_of_another_type_is_refused(
    ops: Program, subtests: pytest.Subtests
) -> None:
    body = b'{"event": "accept"}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "", "text/xml"):
        with subtests.test(kind):
            headers = {"Content-Type": kind}
            answer = ops.call("POST", EVENTS, content=body, headers=headers)

            assert is_problem(answer, 415)
            assert "application/json" in answer.json()["detail"]


def test_a_body_where_none_is_taken_is_refused(ops: Program) -> None:
    assert is_problem(ops.post("/clock/tick", {"now": "2030-01-01"}), 415)


def test_large_bodies_are_refused(ops: Program) -> None:
    large = json.dumps({"event": "x" * 70_000}).encode()
    assert is_problem(ops.call("POST", EVENTS, content=large, headers=JSON), 413)

    def chunks() -> Any:
        for _ in range(40):
            yield b"x" * 100_000

    answer = ops.call("POST", EVENTS, content=chunks(), headers=JSON)
    assert is_problem(answer, 413)


PARAMETERS = [
    ("/changes?limit=1000000000", "limit"),
    ("/changes?limit=201", "limit"),
    ("/changes?limit=0", "limit"),
    ("/changes?limit=-1", "limit"),
    ("/changes?limit=99999999999999999999999", "limit"),
    ("/changes?limit=ten", "limit"),
    ("/changes?limit=1&limit=2", "limit"),
    ("/changes?page=2", "page"),
    ("/changes?cursor=xyz", "cursor"),
    ("/changes?cursor=%00", "cursor"),
    ("/changes?search=%00", "search"),
    ("/changes?search=" + "x" * 201, "search"),
    ("/changes?state=pendign", "state"),
    ("/changes?type=renewl", "type"),
    ("/changes?owner=nobody", "owner"),
    ("/changes?sort=colour", "sort"),
    ("/changes?on=9999-12-31", "on"),
    ("/changes?on=2027-02-30", "on"),
    ("/changes?on=20270101", "on"),
    ("/changes?deadline_from=2027-02-01&deadline_to=2027-01-01", "deadline_to"),
    ("/messages?status=lost", "status"),
    ("/messages?cursor=OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk", "cursor"),
    ("/messages/99999999999999999999", "message"),
    ("/customers?cursor=AA", "cursor"),
    ("/customers?cursor=%F0%9F%92%A9", "cursor"),
    ("/people?limit=1000", "limit"),
    ("/simulation?from=2027-01-01&to=2029-01-01", "to"),
    ("/simulation?from=2027-01-01&to=2027-01-01", "to"),
    ("/simulation?from=2027-01-01", "to"),
    ("/simulation?from=0001-01-01&to=9999-12-31", "from"),
    ("/previews/renewal_notice?language=xx", "language"),
]


def test_a_parameter_that_makes_no_sense_is_named(
    ops: Program, subtests: pytest.Subtests
) -> None:
    for path, name in PARAMETERS:
        with subtests.test(path):
            answer = ops.get(path)

            assert is_problem(answer, 422)
            assert answer.json()["errors"][0]["parameter"] == name


DAYS = [
    ("9999-12-31", "1970 to 2199"),
    ("2027-02-30", "calendar"),
    ("2027-3-8", "YYYY-MM-DD"),
    ("2027-W10-1", "YYYY-MM-DD"),
    (20270308, "YYYY-MM-DD"),
    (None, "YYYY-MM-DD"),
    ("2026-03-01", "began only on"),
]


def test_a_date_that_makes_no_sense_is_refused(
    ops: Program, subtests: pytest.Subtests
) -> None:
    for day, said in DAYS:
        with subtests.test(str(day)):
            answer = ops.put(START, {"renewal_start": day})

            assert is_problem(answer, 422)
            assert said in answer.json()["detail"]


ENDS = [
    "9999-12-31T23:59:59-12:00",
    "2027-01-01T00:00:00",
    1e300,
    "soon",
    0,
    "2026-11-30T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
]


def test_an_end_of_a_key_that_makes_no_sense_is_refused(
    ops: Program, subtests: pytest.Subtests
) -> None:
    for end in ENDS:
        with subtests.test(str(end)):
            body = {"name": "x", "actions": ["see changes"], "expires_at": end}

            answer = ops.post("/me/keys", body)

            assert is_problem(answer, 422)
            assert answer.json()["errors"][0]["pointer"] == "#/expires_at"


ABSENT = [
    "/nothing",
    "/changes/",
    "/changes/%00",
    "/changes/K-9.R20270301",
    "/customers/x",
    "/messages/1000",
    "/previews/no_message",
    "/changes?partner=x",
    "/changes?customer=x",
]


def test_what_is_not_there_is_said_not_to_be(
    ops: Program, subtests: pytest.Subtests
) -> None:
    for path in ABSENT:
        with subtests.test(path):
            assert is_problem(ops.get(path), 404)


def test_what_cannot_be_done_somewhere_is_said_with_what_can(ops: Program) -> None:
    answer = ops.call("PATCH", "/me/keys")

    assert is_problem(answer, 405)
    assert answer.headers["allow"] == "GET, POST"


NAMES = ["../../etc/passwd", "x.exe", "", "a\x00.csv", "x" * 300 + ".csv", ".csv"]


def test_a_file_of_a_strange_name_is_refused(
    ops: Program, subtests: pytest.Subtests
) -> None:
    for name in NAMES:
        with subtests.test(name):
            answer = ops.post("/book/import", files={"files": (name, b"code,name\n")})

            assert is_problem(answer, 422)


def test_what_is_wrong_with_files_is_named_by_line(
    served: Served, ops: Program
) -> None:
    bad = b"code,name,owns_conversations\nest,Est,perhaps\n"
    files = {"files": ("partners.csv", bad, "text/csv")}

    answer = ops.post("/book/import", files=files)

    assert is_problem(answer, 422)
    [error] = answer.json()["errors"]
    assert (error["file"], error["line"]) == ("partners.csv", 2)
    assert "tmp" not in answer.text


def test_a_body_under_a_strange_address_reaches_nothing(served: Served) -> None:
    raw = httpx.Client(base_url=served.url)
    with raw:
        for path in ("/api/v1/../../etc/passwd", "/api/v1/%2e%2e", "/api/v1//changes"):
            assert raw.get(path).status_code in (401, 404)
        assert raw.get(f"{API}/changes", headers={"Authorization": "x" * 5_000})
