"""The running process: its jobs and its pages, until it is told to stop."""

import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType
from typing import Final, Protocol

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from tacit.bootstrap import App
from tacit.clock import utc_now
from tacit.jobs import Caller, Fetcher, Job, Reader, Settler, Worker
from tacit.logs import configure

log = structlog.get_logger("tacit")
_WATCH_SECONDS: Final = 1.0


class Serving(Protocol):
    """Answers requests in a thread of its own."""

    def start(self) -> None:
        """Begin to answer."""

    def stop(self) -> None:
        """Take no more requests, and let those that are being answered finish."""

    def is_over(self) -> bool:
        """Whether the last request is answered, or it broke."""


def run(
    app: App,
    serving: Serving | None = None,
    *,
    with_clock: bool = True,
    least: int = logging.INFO,
) -> None:
    """Run until SIGTERM or SIGINT, then finish what is in flight; a second ends at once.

    When a job falls silent the whole process ends with exit code 1, whatever its
    threads are at: a supervisor should start it anew. `least` is the level of the log.
    """
    configure(least)
    stopping = threading.Event()
    # A bad rule file or template stops the start, not the first tick.
    _ = app.rulebook, app.templates
    jobs = _jobs(app, stopping) if with_clock else []
    listener = app.mail_in.listener() if with_clock else None
    if listener is not None:
        listener.start()
    _stop_on_signals(stopping)
    scheduler = _scheduled(app, jobs)
    log.info("started", home=str(app.home.path), rules=app.rulebook.version)
    scheduler.start()
    if serving is not None:
        serving.start()
    ear = app.slack.socket_mode() if with_clock else None
    if ear is not None:
        ear.start()
    _watch(app, jobs, serving, stopping)
    if listener is not None:
        listener.stop()
    if ear is not None:
        ear.stop()
    _finish(app, jobs, serving)
    scheduler.shutdown()
    log.info("stopped")


def _jobs(app: App, stopping: threading.Event) -> list[Job]:
    jobs: list[Job] = [
        kind(app, stopping) for kind in (Worker, Caller, Reader, Settler)
    ]
    fetcher = app.mail_in.fetcher()
    return jobs if fetcher is None else [*jobs, Fetcher(app, fetcher, stopping)]


def _scheduled(app: App, jobs: Sequence[Job]) -> BackgroundScheduler:
    scheduler = BackgroundScheduler(timezone="UTC")
    for job in jobs:
        scheduler.add_job(
            job.pass_once,
            "interval",
            seconds=job.every.total_seconds(),
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
            # The machine's time, which is all that the scheduler knows of.
            next_run_time=utc_now(),
        )
    return scheduler


def _stop_on_signals(stopping: threading.Event) -> None:
    def stop(number: int, _frame: FrameType | None) -> None:
        if stopping.is_set():
            # Nothing is lost: leases run out, and what was not committed was not done.
            os._exit(128 + number)
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _watch(
    app: App, jobs: Sequence[Job], serving: Serving | None, stopping: threading.Event
) -> None:
    """Wait until it is time to stop."""
    while not stopping.wait(_WATCH_SECONDS):
        _end_if_silent(app, jobs)
        if serving is not None and serving.is_over():
            _end("the pages are not served any more")


def _finish(app: App, jobs: Sequence[Job], serving: Serving | None) -> None:
    """Let requests and passes that have begun come to their end."""
    if serving is not None:
        serving.stop()
    for job in jobs:
        while not job.busy.acquire(timeout=_WATCH_SECONDS):
            _end_if_silent(app, jobs)
        job.busy.release()


def _end_if_silent(app: App, jobs: Sequence[Job]) -> None:
    for job in jobs:
        if app.clock() - job.alive_at > app.settings.clock.silent_for:
            _end(f"the {job.name} has fallen silent", since=str(job.alive_at))


def _end(why: str, **more: str) -> None:
    log.critical(why, **more)
    sys.stderr.flush()
    # To exit as usual would wait for the threads that hang; what they were at is
    # taken up again by whoever finds its lease run out.
    os._exit(1)
