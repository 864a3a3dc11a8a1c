"""Serves the pages over a book and runs its clock, in a process of its own.

The database is the one that the environment names. It says on its output where it
listens, and then, for every tick, how long that took.
"""

import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from benchmarks.tick_book import NOW
from engine.services.advance_clock import advance_clock
from tacit import home as homes
from tacit.bootstrap import App
from tacit.home import Home
from tacit.serving import Server

TICK_EVERY_S: Final = 1.0


def main() -> None:
    """`TACIT_DATABASE__URL=... TACIT_WEB__PORT=0 python -m benchmarks.web_server`."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    began = time.monotonic()

    def clock() -> datetime:
        return NOW + timedelta(seconds=time.monotonic() - began)

    with tempfile.TemporaryDirectory(prefix="tacit-bench-") as folder:
        home = Home(Path(folder))
        homes.create(home)
        app = App(home, clock)
        server = Server(app)
        server.start()
        print(server.url, flush=True)
        _run_clock(app)


def _run_clock(app: App) -> None:
    """Ticks until whoever started this ends it."""
    while True:
        started = time.perf_counter()
        advance_clock(app.store, app.rulebook, app.clock())
        taken = time.perf_counter() - started
        print(f"{taken:.6f}", flush=True)
        time.sleep(max(0.0, TICK_EVERY_S - taken))


if __name__ == "__main__":
    main()
