"""The running process: the clock and the relay, until it is told to stop."""

import os
import signal
import sys
import threading
from datetime import datetime
from types import FrameType
from typing import Final

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from engine.domain.errors import TacitError
from engine.services.advance_clock import advance_clock
from engine.services.relay_outbox import relay_outbox
from engine.services.seal_audit import seal
from tacit.bootstrap import App
from tacit.logs import configure

log = structlog.get_logger("tacit")
_WATCH_SECONDS: Final = 1.0


class Worker:
    """What the scheduler calls; catches its own failures, since nobody else would."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.stopping = threading.Event()
        self.busy = threading.Lock()
        self.alive_at = app.clock()

    def pass_once(self) -> None:
        """One tick, one relay, and the seal when it is due. Never raises."""
        with self.busy:
            if not self.stopping.is_set():
                self._pass()

    def _pass(self) -> None:
        try:
            self._tick()
        except TacitError as error:
            log.error("pass failed, tried again at the next", error=str(error))
        except Exception:
            log.exception("pass failed, tried again at the next")
        self.alive_at = self._app.clock()

    def _tick(self) -> None:
        app = self._app
        now = app.clock()
        done = advance_clock(app.store, app.rulebook, now, progress=self._sign_of_life)
        sent = relay_outbox(
            app.store,
            app.rulebook,
            app.delivering(),
            app.clock,
            should_stop=self.stopping.is_set,
            progress=self._sign_of_life,
        )
        self._beat_and_seal(now)
        if any(done.numbers.values()) or any(sent.numbers.values()):
            # Both count what is "held": changes here, messages there.
            log.info("pass done", clock=done.numbers, relay=sent.numbers)

    def _sign_of_life(self, _done: int) -> None:
        """A long backlog is not silence: each batch counts as alive."""
        self.alive_at = self._app.clock()

    def _beat_and_seal(self, now: datetime) -> None:
        with self._app.store.begin() as unit:
            sealed_at = unit.book.heartbeats().get("seal")
            unit.book.beat("clock", now)
            unit.commit()
        if sealed_at is None or now - sealed_at >= self._app.settings.clock.seal_every:
            seal(self._app.store, now)


def run(app: App) -> None:
    """Run until SIGTERM or SIGINT, then finish what is in flight.

    When the clock falls silent the whole process ends with exit code 1, whatever its
    threads are at: a supervisor should start it anew.
    """
    configure()
    worker = Worker(app)
    # A bad rule file or template stops the start, not the first tick.
    _ = app.rulebook, app.templates
    _stop_on_signals(worker)
    scheduler = BackgroundScheduler(timezone="UTC")
    scheduler.add_job(
        worker.pass_once,
        "interval",
        seconds=app.settings.clock.tick_every.total_seconds(),
        misfire_grace_time=None,
        coalesce=True,
        max_instances=1,
        next_run_time=app.clock(),
    )
    log.info("started", home=str(app.home.path), rules=app.rulebook.version)
    scheduler.start()
    while not worker.stopping.wait(_WATCH_SECONDS):
        _end_if_silent(app, worker)
    while not worker.busy.acquire(timeout=_WATCH_SECONDS):
        _end_if_silent(app, worker)
    worker.busy.release()
    scheduler.shutdown()
    log.info("stopped")


def _stop_on_signals(worker: Worker) -> None:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        worker.stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _end_if_silent(app: App, worker: Worker) -> None:
    if app.clock() - worker.alive_at <= app.settings.clock.silent_for:
        return
    log.critical("the clock has fallen silent", since=str(worker.alive_at))
    sys.stderr.flush()
    # To exit as usual would wait for the threads that hang; what they were at is
    # taken up again by whoever finds its lease run out.
    os._exit(1)
