"""Files and people change terms while a renewal is open; renewals go on all the same."""

from datetime import date
from typing import Any

import pytest

from tests.support.books import a_contract, a_small_book, at
from tests.support.installation import RENEWAL, Installation

JUNE = at("2026-06-01")


def open_renewals(tacit: Installation) -> list[tuple[str, date]]:
    rows = tacit.rows(
        "SELECT code FROM changes WHERE closed_at IS NULL AND type = 'renewal'"
    )
    return [(row["code"], tacit.change(row["code"]).renewal_start) for row in rows]


def ended_on(tacit: Installation) -> Any:
    [contract] = tacit.rows("SELECT ended_on FROM contracts")
    return contract["ended_on"] and str(contract["ended_on"])


@pytest.mark.req("REN-15", "REN-17")
def test_renewals_go_on_after_a_commitment_was_shortened(tacit: Installation) -> None:
    start = date(2026, 1, 31)
    tacit.imports(a_small_book(started_on=start), JUNE)
    tacit.imports([a_contract(started_on=start, commitment_months=6)], JUNE)
    moved = open_renewals(tacit)

    tacit.runs(JUNE, at("2026-07-20"))
    tacit.fire("accept", "ops", at("2026-07-20"), "K-1.R20270131")
    tacit.runs(at("2026-07-20"), at("2026-08-01"))

    assert moved == [("K-1.R20270131", date(2026, 7, 31))]
    assert open_renewals(tacit) == [("K-1.R20270131-2", date(2027, 1, 31))]
    assert tacit.flaws() == []


@pytest.mark.req("REN-15", "REN-17")
def test_the_terms_after_a_renewal_start_that_was_moved_are_counted_from_it(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(commitment_months=1), JUNE)
    tacit.edit(JUNE).renewal_start("K-1.R20260701", date(2026, 7, 31))
    tacit.runs(JUNE, at("2026-07-20"))
    starts = []

    for now in ("2026-07-31T12:00", "2026-08-31T12:00", "2026-09-30T12:00"):
        [(code, _)] = open_renewals(tacit)
        tacit.fire("accept", "ops", at(now), code)
        tacit.passes(at(now))
        starts += [start for _, start in open_renewals(tacit)]

    assert starts == [date(2026, 8, 31), date(2026, 9, 30), date(2026, 10, 31)]
    assert tacit.flaws() == []


@pytest.mark.req("OPS-1", "REN-17")
def test_a_file_changes_terms_after_a_start_that_was_moved_took_effect(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), JUNE)
    tacit.edit(JUNE).renewal_start(RENEWAL, date(2026, 9, 1))
    tacit.runs(JUNE, at("2026-09-02"))
    following = open_renewals(tacit)

    tacit.imports([a_contract(automatic_renewal=False)], at("2026-10-01"))
    in_place = open_renewals(tacit)
    tacit.imports([a_contract(started_on=date(2026, 3, 15))], at("2026-10-01"))

    assert following == in_place == [("K-1.R20270901", date(2027, 9, 1))]
    assert open_renewals(tacit) == [("K-1.R20270901", date(2027, 3, 15))]
    assert tacit.flaws() == []
