"""The pages of the list over a large book, by HTTP: `python -m benchmarks.web`."""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import httpx
from rich.console import Console
from rich.table import Table

from benchmarks.databases import DATABASES, copies
from benchmarks.measuring import Bar, check, parser
from benchmarks.tick_book import NOW
from benchmarks.web_floor import QUESTIONS, floor_seconds, our_seconds
from engine.services.sign_in import invite, sign_in_by_link
from engine.store.database import describe
from engine.store.unit_of_work import Store
from web.cookies import SESSION_COOKIE

MOST_MS: Final = 60.0
MOST_RATIO: Final = 3.0
MOST_KB: Final = 120.0
RATE: Final = 50
#: How much longer a tick may take than while nobody asks anything: a twentieth of the
#: time between two. Where writers wait for readers, no tick waits for nothing.
MOST_DELAY_MS: Final = 50.0
_LEAST_RATE: Final = 0.98
_WORKERS: Final = 16
_HEADERS: Final = {"Sec-Fetch-Site": "same-origin"}
_LOADED: Final = re.compile(
    r'(?:<link rel="(?:icon|stylesheet)" href|<script src)="([^"]+)"'
)


@dataclass
class Serving:
    """The process that serves, and what its clock said so far."""

    url: str
    ticks: list[float] = field(default_factory=list)

    def ticks_during(self, seconds: float) -> list[float]:
        """How long each tick took that began after now, for so many seconds."""
        before = len(self.ticks)
        time.sleep(seconds)
        return self.ticks[before + 1 :]


@dataclass(frozen=True, slots=True)
class Page:
    """One page: what it took over HTTP, and what its SQL took against the bare query."""

    name: str
    ms: float
    ours_ms: float
    floor_ms: float

    @property
    def ratio(self) -> float:
        return self.ours_ms / self.floor_ms


def main() -> None:
    """Measure as the options say, and show it."""
    options = _options()
    with copies(options.db, options.url) as made:
        command = [sys.executable, "-m", "benchmarks.web_book", made.prepared]
        subprocess.run([*command, str(options.changes)], check=True)
        made.restore()
        _measure(options, made.working)


def _options() -> argparse.Namespace:
    made = parser("web", __doc__ or "")
    made.add_argument("--db", choices=DATABASES, default="sqlite")
    made.add_argument("--url", help="a PostgreSQL server, instead of the one found")
    made.add_argument("--changes", type=int, default=100_000)
    made.add_argument("--seconds", type=int, default=20, help="of sustained requests")
    return made.parse_args()


def _measure(options: argparse.Namespace, url: str) -> None:
    store = Store.open(url)
    session = sign_in_by_link(store, invite(store, "ops", NOW, timedelta(hours=1)), NOW)
    with _serving(url) as serving, _client(serving, session) as client:
        pages = [_page(store, client, name, options.repeat) for name in QUESTIONS]
        kilobytes = _first_page_kb(client)
        alone = serving.ticks_during(options.seconds)
        rate, slow, during = _sustained(serving, session, options.seconds)
    database = describe(store.engine)
    store.close()
    check({"every request was answered": rate > 0, "the clock ran": bool(during)})
    delay = (statistics.median(during) - statistics.median(alone)) * 1000
    bars = [
        Bar("slowest page, median ms", max(one.ms for one in pages), MOST_MS),
        Bar("worst ratio to the bare query", max(p.ratio for p in pages), MOST_RATIO),
        Bar("first page, kB transferred", kilobytes, MOST_KB),
        Bar("requests/s short of those sent", RATE / rate, 1 / _LEAST_RATE),
        Bar("tick, ms longer than without requests", delay, MOST_DELAY_MS),
    ]
    facts = {
        "database": database,
        "changes": options.changes,
        "requests_per_s": round(rate, 1),
        "slowest_20th_ms": round(slow, 1),
        "tick_alone_ms": round(statistics.median(alone) * 1000, 1),
        "tick_during_ms": round(statistics.median(during) * 1000, 1),
    }
    _show(pages, bars, facts, as_json=options.json)


@contextmanager
def _serving(url: str) -> Iterator[Serving]:
    names = {"TACIT_DATABASE__URL": url, "TACIT_WEB__PORT": "0"}
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.web_server"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **names},  # noqa: TID251 - the server's settings, by its own door
    ) as process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        output = process.stdout
        serving = Serving(output.readline().strip())

        def follow() -> None:
            for line in output:
                serving.ticks.append(float(line))

        threading.Thread(target=follow, daemon=True).start()
        try:
            yield serving
        finally:
            process.terminate()


def _client(serving: Serving, session: str) -> httpx.Client:
    cookies = {SESSION_COOKIE: session}
    return httpx.Client(
        base_url=serving.url, cookies=cookies, headers=_HEADERS, timeout=30
    )


def _page(store: Store, client: httpx.Client, name: str, repeat: int) -> Page:
    """A page over HTTP, and its SQL and the bare one by turns."""
    path, question = QUESTIONS[name]
    taken, ours, floor = [], [], []
    _timed(client, path)
    for _ in range(max(repeat, 3) * 3):
        taken.append(_timed(client, path))
        ours.append(our_seconds(store, question))
        floor.append(floor_seconds(store, question))
    median = statistics.median
    return Page(name, median(taken) * 1e3, median(ours) * 1e3, median(floor) * 1e3)


def _timed(client: httpx.Client, path: str) -> float:
    started = time.perf_counter()
    answer = client.get(path)
    taken = time.perf_counter() - started
    check({f"{path} is answered": answer.status_code == httpx.codes.OK})
    return taken


def _first_page_kb(client: httpx.Client) -> float:
    """The bytes of the first page and of everything that it loads."""
    page = client.get("/changes")
    loaded = [client.get(path) for path in _LOADED.findall(page.text)]
    check({"the page loads something": bool(loaded)})
    return sum(one.num_bytes_downloaded for one in [page, *loaded]) / 1000


def _sustained(
    serving: Serving, session: str, seconds: int
) -> tuple[float, float, list[float]]:
    """Requests at an even pace: how many a second came back, the slow ones, the ticks."""
    paths, before = [path for path, _ in QUESTIONS.values()], len(serving.ticks)
    began = time.perf_counter()

    def send(number: int) -> float:
        due = began + number / RATE
        time.sleep(max(0.0, due - time.perf_counter()))
        _timed(client, paths[number % len(paths)])
        return time.perf_counter() - due

    with _client(serving, session) as client, ThreadPoolExecutor(_WORKERS) as pool:
        waited = sorted(pool.map(send, range(RATE * seconds)))
    took = time.perf_counter() - began
    slow = waited[int(len(waited) * 0.95)] * 1000
    return len(waited) / took, slow, serving.ticks[before + 1 :]


def _show(
    pages: Sequence[Page],
    bars: Sequence[Bar],
    facts: Mapping[str, object],
    *,
    as_json: bool,
) -> None:
    """One JSON object for programs, tables for people."""
    rows = [
        {
            "page": one.name,
            "ms": round(one.ms, 1),
            "sql_ms": round(one.ours_ms, 1),
            "bare_ms": round(one.floor_ms, 1),
            "ratio": round(one.ratio, 2),
        }
        for one in pages
    ]
    if as_json:
        said = {"name": "web", "pages": rows, **facts}
        print(json.dumps({**said, "bars": [bar.as_json() for bar in bars]}))
        return
    console = Console(highlight=False)
    table = Table(*rows[0], title="web: pages of the list", box=None)
    for row in rows:
        table.add_row(*map(str, row.values()))
    console.print(table)
    other = Table(box=None, show_header=False)
    for name, value in facts.items():
        other.add_row(name.replace("_", " "), str(value))
    for bar in bars:
        met = "met" if bar.met else "missed"
        other.add_row(bar.what, f"{bar.measured:,.4g} of {bar.limit:,.4g}: {met}")
    console.print(other)


if __name__ == "__main__":
    main()
