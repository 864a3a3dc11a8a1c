"""Serves the pages over a book and runs its clock, in a process of its own.

It says on its output where it listens, and then, for every tick, how long that took.
"""

import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
import uvicorn

from benchmarks.measuring import shipped_rulebook
from benchmarks.tick_book import NOW
from config.permissions import SHIPPED, load_policy
from engine.domain.accounts import SessionLimits
from engine.domain.parsing import LANGUAGES
from engine.services.advance_clock import advance_clock
from engine.store.book_files.writing import write_list
from engine.store.unit_of_work import Store
from notifiers.rendering import Templates
from notifiers.wording import Wording
from web.app import create_app
from web.site import Site, SiteSettings

TICK_EVERY_S: Final = 1.0
_A_DAY: Final = timedelta(days=1)


def main(arguments: Sequence[str]) -> None:
    """`python -m benchmarks.web_server URL`; ends when its input does."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    store = Store.open(arguments[0])
    began = time.monotonic()

    def clock() -> datetime:
        return NOW + timedelta(seconds=time.monotonic() - began)

    site = _site(store, clock)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(create_app(site), log_config=None, access_log=False)
    )
    threading.Thread(target=_run_clock, args=(site,), daemon=True).start()
    threading.Thread(target=_end_with_input, args=(server,), daemon=True).start()
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    server.run(sockets=[listener])
    store.close()


def _site(store: Store, clock: Callable[[], datetime]) -> Site:
    rulebook, templates = shipped_rulebook(), Templates()
    return Site(
        store=store,
        rules=lambda: rulebook,
        messages=lambda: templates,
        policy=load_policy(SHIPPED),
        clock=clock,
        words={language: Wording(language) for language in LANGUAGES},
        write_list=write_list,
        settings=SiteSettings(
            vendor="Acme Cloud",
            time_zone="Europe/Paris",
            language="en",
            url="http://127.0.0.1",
            sessions=SessionLimits(_A_DAY, _A_DAY),
            link_lasts=_A_DAY,
            key_lasts=_A_DAY,
            sign_in_attempts=10,
            sign_in_window=timedelta(minutes=15),
            page_size=50,
            largest_request=2_000_000,
        ),
    )


def _run_clock(site: Site) -> None:
    while True:
        started = time.perf_counter()
        counts = advance_clock(site.store, site.rulebook, site.clock())
        taken = time.perf_counter() - started
        print(f"{taken:.6f} {sum(counts.numbers.values())}", flush=True)
        time.sleep(max(0.0, TICK_EVERY_S - taken))


def _end_with_input(server: uvicorn.Server) -> None:
    sys.stdin.read()
    server.should_exit = True


if __name__ == "__main__":
    main(sys.argv[1:])
