"""The process dies by kill -9 anywhere, starts again, and every invariant holds.

`make test` samples the boundaries; with TACIT_SOAK=1 thousands are tried.
"""

import os
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Final

import pytest

from engine.store.unit_of_work import Store
from tests.faults.child import Step
from tests.faults.conftest import NewBook, Nursery
from tests.support.books import at
from tests.support.invariants import broken_invariants

# A longer test run is no setting of the program.
SOAK: Final = bool(os.environ.get("TACIT_SOAK"))  # noqa: TID251
CASES: Final = 1_000 if SOAK else 13

LIFE: Final[list[Step]] = [
    ["pass", "2026-11-01T08:00+00:00"],
    ["own", "2026-11-02T08:00+00:00", "acme", "partner"],
    ["pass", "2026-12-01T14:00+00:00"],
    ["use", "2026-12-03T08:00+00:00", "K-1", "1500"],
    ["fire", "2026-12-04T08:00+00:00", "K-1.R20270301", "accept", "acme.contact"],
    ["pass", "2026-12-31T14:00+00:00"],
    ["part", "2027-01-02T08:00+00:00", "bolt"],
    ["move", "2027-01-03T08:00+00:00", "K-2.R20270301", "70"],
    ["pass", "2027-01-03T08:00+00:00"],
    ["pass", "2027-01-16T12:00+00:00"],
    ["pass", "2027-03-02T12:00+00:00"],
]
END: Final = at("2027-03-03")
AFTER: Final = [["pass", (END + timedelta(hours=6 * n)).isoformat()] for n in range(4)]
LAST: Final = END + timedelta(hours=18)


@pytest.fixture(scope="module")
def boundaries(sqlite_book: NewBook, nursery: Nursery) -> int:
    """How many boundaries an undisturbed life has."""
    nursery.forget()
    url = sqlite_book()
    life = nursery.live(url, LIFE + AFTER)
    store = Store.open(url)
    assert life["error"] == ""
    assert broken_invariants(store.engine, LAST, nursery.ledger()) == []
    store.close()
    return life["boundaries"]


@pytest.mark.req("BOT-2", "OPS-2")
@pytest.mark.parametrize("case", range(CASES))
def test_a_process_that_is_killed_loses_and_repeats_nothing(
    new_book: NewBook, nursery: Nursery, boundaries: int, case: int
) -> None:
    nursery.forget()
    url = new_book()
    part = boundaries / CASES
    die_at = int(part * (case + Random(case).random())) + 1  # noqa: S311 - a sample

    killed = nursery.live(url, LIFE, die_at)
    revived = nursery.live(url, AFTER)

    store = Store.open(url)
    broken = broken_invariants(store.engine, LAST, nursery.ledger())
    store.close()
    assert killed["error"] == revived["error"] == ""
    assert broken == []


@pytest.mark.req("BOT-2", "OPS-2")
def test_a_process_that_is_killed_again_and_again_gets_there(
    new_book: NewBook, nursery: Nursery
) -> None:
    nursery.forget()
    url = new_book()
    chance = Random(7)  # noqa: S311 - a sample
    deaths = 0

    for step in LIFE:
        deaths += nursery.live(url, [step], chance.randrange(1, 40))["signal"] == 9
    nursery.live(url, AFTER)

    store = Store.open(url)
    broken = broken_invariants(store.engine, LAST, nursery.ledger())
    store.close()
    assert deaths > 3
    assert broken == []


@pytest.mark.req("OPS-4")
def test_an_archive_whose_process_is_killed_is_finished_by_the_next(
    new_book: NewBook, nursery: Nursery, tmp_path: Path
) -> None:
    nursery.forget()
    url, file = new_book(), tmp_path / "trail.jsonl"
    nursery.live(url, LIFE)
    archiving = [["archive", LAST.isoformat(), str(file)]]
    lives = [nursery.live(url, archiving, die_at) for die_at in range(1, 40)]

    nursery.live(url, AFTER)

    store = Store.open(url)
    ledger = nursery.ledger()
    broken = broken_invariants(store.engine, LAST, ledger, archives=[file])
    store.close()
    deaths = [life["signal"] for life in lives]
    assert deaths[:8] == [9] * 8
    assert broken == []
