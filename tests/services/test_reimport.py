from datetime import date

import pytest

from tests.support.books import a_contract, a_small_book, at
from tests.support.installation import Installation


@pytest.mark.req("OPS-1", "REN-15")
def test_a_file_that_does_not_know_of_an_end_does_not_undo_it(
    tacit: Installation,
) -> None:
    book = a_small_book(automatic_renewal=False, ended_on=None)
    tacit.imports(book, at("2026-06-01"))
    tacit.runs(at("2026-10-30"), at("2027-03-02"))

    tacit.imports(book, at("2027-03-03"))

    [contract] = tacit.rows("SELECT ended_on FROM contracts")
    assert str(contract["ended_on"]) == "2027-03-01"


@pytest.mark.req("OPS-1")
def test_an_end_that_a_file_gives_is_taken(tacit: Installation) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))

    tacit.imports([a_contract(ended_on=date(2026, 9, 1))], at("2026-09-01"))

    rows = tacit.rows("SELECT code FROM changes WHERE closed_at IS NULL")
    assert rows == []
