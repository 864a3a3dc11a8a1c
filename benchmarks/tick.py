"""The tick against set-based SQL that writes the same rows: `python -m benchmarks.tick`."""

import argparse
import contextlib
import gc
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select

from benchmarks.databases import DATABASES, Copies, copies
from benchmarks.measuring import (
    Bar,
    Result,
    check,
    parser,
    peak_rss_mb,
    shipped_rulebook,
    show,
    stopwatch,
)
from benchmarks.tick_book import NOW
from benchmarks.tick_floor import select_floor, write_floor
from engine.domain import audit
from engine.domain.ruleset import Rulebook
from engine.services.advance_clock import advance_clock
from engine.store import tables
from engine.store.database import describe
from engine.store.unit_of_work import Store

MOST_TIMES_THE_FLOOR: Final = {"sqlite": 5.0, "postgresql": 4.0}
MOST_RSS_MB: Final = 400.0
#: The book that larger ones are compared with.
USUAL_TOTAL: Final = 100_000
SMALL_TOTAL: Final = 1_000
IDLE_TICKS: Final = 200
#: How far two medians of the same work lie apart on a machine that others use too.
NOISE: Final = 1.25
_SAMPLE: Final = 200


@dataclass
class Timings:
    """Seconds of each repetition."""

    ours: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)

    @property
    def medians(self) -> tuple[float, float]:
        return statistics.median(self.ours), statistics.median(self.floor)


def main() -> None:
    """Measure as the options say, and show it."""
    options = _options()
    rulebook = shipped_rulebook()
    measure = _measure_tick if options.due else _measure_idle
    show(measure(options, rulebook), as_json=options.json)


def _options() -> argparse.Namespace:
    made = parser("tick", __doc__ or "")
    made.add_argument("--db", choices=DATABASES, default="sqlite")
    made.add_argument("--url", help="a PostgreSQL server, instead of the one found")
    made.add_argument("--total", type=int, default=USUAL_TOTAL, help="contracts")
    made.add_argument("--due", type=int, default=10_000, help="0: an idle tick")
    return made.parse_args()


def _measure_tick(options: argparse.Namespace, rulebook: Rulebook) -> Result:
    facts: dict[str, object] = {"database": "", "total": options.total}
    with copies(options.db, options.url) as made:
        timings = _ticks(made, options, options.total, rulebook, facts)
    bars = [
        _ratio_bar(options.db, timings),
        Bar("MB resident", peak_rss_mb(), MOST_RSS_MB),
    ]
    if options.total > USUAL_TOTAL:
        with copies(options.db, options.url) as made:
            usual = _ticks(made, options, USUAL_TOTAL, rulebook, {})
        bars.append(_growth_bar(usual, timings, facts))
    name = f"tick: {options.due:,} of {options.total:,} due, {facts['database']}"
    return Result(
        name, timings.ours, timings.floor, options.due, bars[1].measured, bars, facts
    )


def _ratio_bar(database: str, timings: Timings) -> Bar:
    ours, floor = timings.medians
    return Bar("times the floor", ours / floor, MOST_TIMES_THE_FLOOR[database])


def _growth_bar(usual: Timings, large: Timings, facts: dict[str, object]) -> Bar:
    """How much more a larger book costs us, for what it costs the floor."""
    ours, floor = (
        many / few for few, many in zip(usual.medians, large.medians, strict=True)
    )
    facts |= {"ours_grew": round(ours, 3), "floor_grew": round(floor, 3)}
    return Bar("growth over the floor's", ours / floor, NOISE)


def _ticks(
    made: Copies,
    options: argparse.Namespace,
    total: int,
    rulebook: Rulebook,
    facts: dict[str, object],
) -> Timings:
    """Ours and the floor by turns, each over a fresh copy of the same book."""
    _prepare(made.prepared, total, options.due)
    made.restore()
    store, timings = Store.open(made.working), Timings()
    facts["database"] = describe(store.engine)
    before = _counts(store)
    for _ in range(options.repeat):
        _restore(made, store)
        timings.ours.append(stopwatch(lambda: advance_clock(store, rulebook, NOW)))
        ours = _written(before, _counts(store))
        broken = _broken_chains(store)
        _restore(made, store)
        timings.floor.append(stopwatch(lambda: write_floor(store)))
        floor = _written(before, _counts(store))
        _check(ours, floor, broken, options.due)
    store.close()
    facts["rows"] = ours
    return timings


def _prepare(url: str, total: int, due: int) -> None:
    command = [sys.executable, "-m", "benchmarks.tick_book", url, str(total), str(due)]
    subprocess.run(command, check=True)


def _restore(made: Copies, store: Store) -> None:
    """A fresh copy; the engine keeps its compiled statements, as a process does."""
    store.engine.dispose()
    made.restore()
    with store.engine.connect():
        pass  # Connecting is no part of a tick.
    gc.collect()  # Nor is the garbage of the one before.


def _counts(store: Store) -> Mapping[str, int]:
    questions = {
        "audit": select(func.count()).select_from(tables.audit),
        "outbox": select(func.count()).select_from(tables.outbox),
        "opened": select(func.count()).select_from(tables.changes),
        "updated": select(func.count()).where(tables.changes.c.handled_until == NOW),
        "ended": select(func.count()).where(tables.contracts.c.ended_on.is_not(None)),
    }
    with store.engine.connect() as connection:
        return {
            name: connection.execute(question).scalar_one()
            for name, question in questions.items()
        }


def _written(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    return {name: after[name] - before[name] for name in before}


def _broken_chains(store: Store) -> int:
    """How many trails of a sample of what was due do not hold."""
    due = select(tables.changes.c.id, tables.changes.c.code).where(
        tables.changes.c.handled_until == NOW
    )
    with store.engine.connect() as connection:
        sample: Any = connection.execute(due.limit(_SAMPLE)).all()
    with store.begin(read_only=True) as unit:
        return sum(
            audit.broken_at(
                audit.beginning(audit.CHANGE, code),
                unit.audit.chain(audit.CHANGE, id_),
            )
            is not None
            for id_, code in sample
        )


def _check(
    ours: Mapping[str, int], floor: Mapping[str, int], broken: int, due: int
) -> None:
    check(
        {
            f"both wrote the same rows: {ours} and {floor}": ours == floor,
            f"{due} changes were due": ours["updated"] - ours["opened"] == due,
            f"{broken} trails are broken": broken == 0,
        }
    )


def _measure_idle(options: argparse.Namespace, rulebook: Rulebook) -> Result:
    """Ticks with nothing to do, over a small book and over a large one by turns."""
    small, large = Timings(), Timings()
    with contextlib.ExitStack() as stack:
        few = stack.enter_context(_idle_store(options, SMALL_TOTAL))
        many = stack.enter_context(_idle_store(options, options.total))
        for _ in range(options.repeat):
            _time_idle(((few, small), (many, large)), rulebook)
        database = describe(many.engine)
    growth = large.medians[0] / small.medians[0]
    rss = peak_rss_mb()
    return Result(
        f"idle tick: {options.total:,} contracts, {database}",
        large.ours,
        large.floor,
        1,
        rss,
        [
            Bar(f"times as long as over {SMALL_TOTAL:,}", growth, NOISE),
            Bar("MB resident", rss, MOST_RSS_MB),
        ],
        {
            "small_s": round(small.medians[0], 6),
            "floor_grew": round(large.medians[1] / small.medians[1], 3),
            "total": options.total,
        },
    )


@contextlib.contextmanager
def _idle_store(options: argparse.Namespace, total: int) -> Iterator[Store]:
    with copies(options.db, options.url) as made:
        _prepare(made.prepared, total, 0)
        store = Store.open(made.prepared)
        try:
            yield store
        finally:
            store.close()


def _time_idle(books: Sequence[tuple[Store, Timings]], rulebook: Rulebook) -> None:
    """The median of many, since one idle tick is too short to be timed alone.

    Tick by tick, the first one changing: blocks of ticks a second apart differ by up
    to half on a machine that others use, whatever the size of their books.
    """
    earlier = NOW - timedelta(days=1000)
    seconds = [Timings() for _ in books]
    for turn in range(IDLE_TICKS):
        for place in (0, 1) if turn % 2 else (1, 0):
            store, found = books[place][0], seconds[place]
            found.ours.append(_timed_tick(store, rulebook, earlier))
            found.floor.append(_timed_select(store))
    for (_, timings), found in zip(books, seconds, strict=True):
        ours, floor = found.medians
        timings.ours.append(ours)
        timings.floor.append(floor)


def _timed_tick(store: Store, rulebook: Rulebook, now: datetime) -> float:
    return stopwatch(lambda: advance_clock(store, rulebook, now))


def _timed_select(store: Store) -> float:
    return stopwatch(lambda: select_floor(store))


if __name__ == "__main__":
    main()
