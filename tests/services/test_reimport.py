from datetime import date
from pathlib import Path

import pytest

from engine.services.seal_audit import seal
from tests.support.archives import archived
from tests.support.books import a_contract, a_small_book, at, some_usage
from tests.support.installation import RENEWAL, Installation


def open_codes(tacit: Installation) -> list[str]:
    query = "SELECT code FROM changes WHERE closed_at IS NULL ORDER BY code"
    return [row["code"] for row in tacit.rows(query)]


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


@pytest.mark.req("OPS-1", "REN-15")
def test_an_end_to_come_leaves_what_comes_before_it(tacit: Installation) -> None:
    book = [*a_small_book(commitment_months=6), some_usage(contacts=1_500)]
    tacit.imports(book, at("2026-12-02"))
    tacit.fire("accept", "acme.contact", at("2026-12-02"), "K-1.R20270301")

    end = date(2027, 8, 15)
    tacit.imports([a_contract(commitment_months=6, ended_on=end)], at("2026-12-03"))
    kept = open_codes(tacit)
    tacit.runs(at("2026-12-03"), at("2027-08-16"))

    assert kept == ["K-1.R20270301", "K-1.T20270101"]
    assert open_codes(tacit) == []
    assert tacit.rows("SELECT 1 FROM changes WHERE code = 'K-1.R20270901'") == []
    assert tacit.flaws() == []


@pytest.mark.req("OPS-1", "REN-6", "REN-15")
@pytest.mark.parametrize("by_file", [True, False])
def test_an_end_that_is_corrected_brings_the_renewal_back_as_it_was(
    tacit: Installation, by_file: bool
) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    tacit.fire("request_cancellation", "acme.contact", at("2026-06-01"), RENEWAL)
    tacit.imports([a_contract(ended_on=date(2026, 7, 1))], at("2026-07-01"))
    closed = open_codes(tacit)

    if by_file:
        later = [a_contract(ended_on=date(2029, 7, 1))]
        tacit.imports(later, at("2026-07-02"))
    else:
        tacit.edit(at("2026-07-02")).end("K-1", None)

    assert closed == []
    assert open_codes(tacit) == [RENEWAL]
    assert tacit.change().state == "cancellation_requested"
    assert tacit.change().next_due_at == at("2027-02-28T23:00")
    assert tacit.flaws() == []


@pytest.mark.req("OPS-4", "REN-6")
def test_a_renewal_comes_back_although_its_trail_is_archived(
    tacit: Installation, tmp_path: Path
) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    tacit.fire("request_cancellation", "acme.contact", at("2026-06-01"), RENEWAL)
    tacit.imports([a_contract(ended_on=date(2026, 7, 1))], at("2026-07-01"))
    seal(tacit.store, at("2026-07-02"))
    archived(tacit, tmp_path / "trail.jsonl")

    tacit.edit(at("2026-07-02")).end("K-1", None)

    assert open_codes(tacit) == [RENEWAL]
    assert tacit.change().state == "cancellation_requested"
    assert tacit.flaws() == []


@pytest.mark.req("REN-15")
def test_a_contract_that_goes_on_after_its_end_has_its_next_renewal(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(automatic_renewal=False), at("2026-06-01"))
    tacit.runs(at("2026-10-30"), at("2027-03-02"))

    tacit.edit(at("2027-03-05")).end("K-1", None)

    assert open_codes(tacit) == ["K-1.R20280301"]
    assert tacit.flaws() == []


@pytest.mark.req("OPS-4")
def test_the_contact_that_is_chosen_already_changes_nothing(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    before = tacit.contents()

    tacit.edit(at("2026-06-02")).contact("acme", "acme.contact")

    assert tacit.contents() == before
