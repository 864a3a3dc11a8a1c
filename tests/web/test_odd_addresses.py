"""Addresses that nobody means are answered with a 4xx that says why, never a 5xx."""

import pytest

from tests.support.books import a_small_book, at
from tests.web.conftest import Served

ODD = [
    "/customers/%00", "/changes/%00", "/partners/%00", "/messages/%00",
    "/customers?search=%00", "/changes?search=%00", "/messages?search=%00",
    "/changes?page=1000000000", "/customers?page=1000000000", "/customers?page=x",
    "/changes?sort=nonsense", "/changes?deadline_from=9999-12-31",
    "/changes?deadline_to=0001-01-01", "/changes?deadline_from=2026-02-30",
    "/changes/%ed%a0%80", "/customers/" + "x" * 5_000, "/changes/K-1.R20270301/events/%00",
    "/messages?after=%00", "/back-office/people?page=1000000000", "/nonsense",
    "/changes.pdf", "/webhooks/1000000000000000000000", "/calendar/%00.ics",
    "/sign-in?next=//evil.example", "/sign-in/link/%00",
]  # fmt: skip


@pytest.mark.parametrize("path", ODD)
def test_an_odd_address_is_never_a_failure_of_ours(served: Served, path: str) -> None:
    served.book.imports(a_small_book(), at("2026-10-01"))

    answer = served.signed_in("ops").get(path)

    assert answer.status_code < 500
    assert "Traceback" not in answer.text
