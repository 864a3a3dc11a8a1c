"""How soon what Slack sends is acknowledged, which is after it is stored.

`python -m benchmarks.inbox`: the pages and doors in a process of their own, whose clock
runs; events at an even pace, at first undisturbed, then with a locked database.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import httpx
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from benchmarks.databases import DATABASES, copies
from benchmarks.measuring import Bar, check, parser
from benchmarks.tick_book import NOW
from engine.store.database import describe
from engine.store.unit_of_work import Store
from tests.fakes.slack_caller import SECRET, SlackCaller
from tests.fakes.slack_payloads import a_message

RATE: Final = 50
MOST_MS: Final = 200.0
MOST_LOCKED_MS: Final = 2_500.0
LOCKED_S: Final = 1.0
_WORKERS: Final = 150


@dataclass(frozen=True, slots=True)
class Sent:
    """One event: its id, whether it was acknowledged, and after how long in ms."""

    event_id: str
    acknowledged: bool
    ms: float


def main() -> None:
    """Measure as the options say, and show it."""
    options = _options()
    with copies(options.db, options.url) as made:
        Store.open(made.prepared).close()
        made.restore()
        _measure(options, made.working)


def _options() -> argparse.Namespace:
    made = parser("inbox", (__doc__ or "").partition("\n")[0])
    made.add_argument("--db", choices=DATABASES, default="sqlite")
    made.add_argument("--url", help="a PostgreSQL server, instead of the one found")
    made.add_argument("--seconds", type=int, default=20, help="of events, each time")
    return made.parse_args()


def _measure(options: argparse.Namespace, url: str) -> None:
    store = Store.open(url)
    calm: list[Sent] = []
    locked: list[Sent] = []
    with _serving(url) as address, httpx.Client(timeout=10, limits=_ALL) as client:
        began = time.monotonic()

        def clock() -> datetime:
            return NOW + timedelta(seconds=time.monotonic() - began)

        caller = SlackCaller(address, clock)
        _send(client, caller, 1)
        for _ in range(options.repeat):
            calm += _send(client, caller, max(1, options.seconds // options.repeat))
            lock = threading.Thread(target=_lock, args=(store,))
            lock.start()
            locked += _send(client, caller, 3)
            lock.join()
    stored = _stored(store)
    database = describe(store.engine)
    store.close()
    everything = [*calm, *locked]
    lost = [
        one for one in everything if one.acknowledged and one.event_id not in stored
    ]
    check(
        {
            "whatever was acknowledged is stored": not lost,
            "undisturbed, all was acknowledged": all(one.acknowledged for one in calm),
            "the lock was felt": max(one.ms for one in locked) > 500,
        }
    )
    bars = [
        Bar("acknowledged, 99th of a hundred, ms", _percentile(calm, 0.99), MOST_MS),
        Bar(
            "slowest while locked for 1 s, ms",
            max(s.ms for s in locked),
            MOST_LOCKED_MS,
        ),
    ]
    facts = {
        "database": database,
        "events": len(everything),
        "events_per_s": RATE,
        "median_ms": round(statistics.median(one.ms for one in calm), 1),
        "slowest_ms": round(max(one.ms for one in calm), 1),
        "refused_while_locked": sum(not one.acknowledged for one in locked),
        "acknowledged_and_not_stored": len(lost),
    }
    _show(bars, facts, as_json=options.json)


_ALL: Final = httpx.Limits(max_connections=_WORKERS, max_keepalive_connections=_WORKERS)


def _send(client: httpx.Client, caller: SlackCaller, seconds: int) -> list[Sent]:
    """Events at an even pace, whether those before were answered or not."""
    began = time.perf_counter()

    def one(number: int) -> Sent:
        due = began + number / RATE
        time.sleep(max(0.0, due - time.perf_counter()))
        payload = a_message(f"event {number}")
        body = json.dumps(payload).encode()
        headers = {**caller.signed(body), "Content-Type": "application/json"}
        answer = client.post(
            f"{caller.url}/slack/events", content=body, headers=headers
        )
        ms = (time.perf_counter() - due) * 1000
        return Sent(payload["event_id"], answer.status_code == httpx.codes.OK, ms)

    with ThreadPoolExecutor(_WORKERS) as pool:
        return [*pool.map(one, range(RATE * seconds))]


def _lock(store: Store) -> None:
    """Keep everybody from storing anything for a second."""
    time.sleep(0.5)
    with store.engine.begin() as connection:
        if store.engine.dialect.name == "postgresql":
            connection.execute(text("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE"))
        time.sleep(LOCKED_S)


def _stored(store: Store) -> set[str]:
    with store.engine.connect() as connection:
        rows = connection.execute(text("SELECT external_id FROM inbox")).scalars()
        return {str(one).rpartition("/")[2] for one in rows}


def _percentile(sent: Sequence[Sent], part: float) -> float:
    taken = sorted(one.ms for one in sent)
    return taken[min(len(taken) - 1, int(len(taken) * part))]


@contextmanager
def _serving(url: str) -> Iterator[str]:
    names = {
        "TACIT_DATABASE__URL": url,
        "TACIT_WEB__PORT": "0",
        "TACIT_SLACK__TOKEN": "xoxb-none",
        "TACIT_SLACK__SIGNING_SECRET": SECRET,
    }
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.web_server"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **names},  # noqa: TID251 - the server's settings, by its own door
    ) as process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        output = process.stdout
        address = output.readline().strip()
        # What its clock says is read, or it would wait for that.
        threading.Thread(target=lambda: [*output], daemon=True).start()
        try:
            yield address
        finally:
            process.terminate()


def _show(bars: Sequence[Bar], facts: dict[str, object], *, as_json: bool) -> None:
    """One JSON object for programs, a table for people."""
    if as_json:
        said = {"name": "inbox", **facts, "bars": [bar.as_json() for bar in bars]}
        print(json.dumps(said))
        return
    table = Table(title="inbox", title_justify="left", box=None, show_header=False)
    for name, value in facts.items():
        table.add_row(name.replace("_", " "), str(value))
    for bar in bars:
        met = "met" if bar.met else "missed"
        table.add_row(bar.what, f"{bar.measured:,.4g} of {bar.limit:,.4g}: {met}")
    Console(highlight=False).print(table)


if __name__ == "__main__":
    main()
