"""The import of a large book from CSV files: `python -m benchmarks.book`."""

import argparse
import csv
import multiprocessing
import sqlite3
import statistics
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from benchmarks.book_files import write_book
from benchmarks.measuring import (
    Bar,
    Result,
    check,
    parser,
    peak_rss_mb,
    show,
    stopwatch,
)
from benchmarks.tick_book import NOW
from engine.store.unit_of_work import Store
from tacit.bootstrap import App
from tacit.cli.book_commands import import_files
from tacit.home import Home, create

MOST_SECONDS: Final = 60.0
MOST_RSS_MB: Final = 400.0

_T = TypeVar("_T")


def main() -> None:
    """Measure as the options say, and show it."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="tacit-bench-") as folder:
        show(_measure(options, Path(folder)), as_json=options.json)


def _options() -> argparse.Namespace:
    made = parser("book", __doc__ or "")
    made.add_argument("--contracts", type=int, default=100_000)
    made.set_defaults(repeat=3)
    return made.parse_args()


def _measure(options: argparse.Namespace, folder: Path) -> Result:
    """Ours and the floor by turns, each in a process and a database of its own."""
    files = folder / "files"
    files.mkdir()
    rows = write_book(files, options.contracts)
    ours, floor, peaks = [], [], []
    for turn in range(options.repeat):
        seconds, peak = _alone(_import, files, folder / f"home-{turn}", rows)
        ours.append(seconds)
        peaks.append(peak)
        floor.append(_alone(_floor, files, folder / f"floor-{turn}.db"))
    return Result(
        f"book: {options.contracts:,} contracts, {rows:,} rows",
        ours,
        floor,
        rows,
        max(peaks),
        [
            Bar("seconds", statistics.median(ours), MOST_SECONDS),
            Bar("MB resident", max(peaks), MOST_RSS_MB),
        ],
        {"contracts": options.contracts, "rows": rows},
    )


def _alone(work: Callable[..., _T], *arguments: object) -> _T:
    """The work's result; in a fresh process, so that its memory is its own."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh) as processes:
        return processes.submit(work, *arguments).result()


def _import(files: Path, folder: Path, rows: int) -> tuple[float, float]:
    """Seconds and memory of `tacit import`, from wiring the home to the commit."""
    home = Home(folder)
    create(home)
    app = App(home)
    _ = app.store  # Making the database is the work of `tacit init`.
    counts: dict[str, dict[str, int]] = {}
    seconds = stopwatch(
        lambda: counts.update(import_files(app, [files], None, NOW, dry_run=False))
    )
    taken = sum(count.get("new", 0) for count in counts.values())
    opened = counts["changes"]["opened"]
    check(
        {
            f"{rows} rows are new: {counts}": taken == rows,
            f"each contract has its renewal: {counts}": opened
            == counts["contracts"]["new"],
        }
    )
    app.close()
    return seconds, peak_rss_mb()


def _floor(files: Path, file: Path) -> float:
    """Seconds to read the files and insert their rows as they are, unchecked."""
    Store.open(f"sqlite:///{file}").close()
    return stopwatch(lambda: _insert_unchecked(files, file))


def _insert_unchecked(files: Path, file: Path) -> None:
    connection = sqlite3.connect(file)
    with connection:
        for kind, insert in _INSERTS.items():
            connection.executemany(insert, _cells(files / f"{kind}.csv"))
    connection.close()


_INSERTS: Final = {
    "customers": "INSERT INTO customers (code, name, domain, time_zone, language, "
    "primary_contact_id, communication_owner) "
    "VALUES (?, ?, ?, ?, ?, substr(?, 3) + 1, 'default')",
    "people": "INSERT INTO people (code, name, email, language, channel, customer_id, "
    "roles) VALUES (?, ?, ?, ?, ?, substr(?, 3) + 1, '')",
    "contracts": "INSERT INTO contracts (code, customer_id, product, started_on, "
    "commitment_months, automatic_renewal, billing_months, contact_limit, currency, "
    "mrr, new_mrr, starter) "
    "VALUES (?, substr(?, 3) + 1, ?, ?, ?, ? = 'yes', ?, ?, ?, ? * 100, ? * 100, 0)",
}


def _cells(file: Path) -> Iterator[list[str]]:
    with file.open(newline="", encoding="utf-8") as stream:
        reader = csv.reader(stream)
        next(reader)
        yield from reader


if __name__ == "__main__":
    main()
