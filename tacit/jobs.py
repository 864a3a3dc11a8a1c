"""What the running process does again and again: the clock, webhooks, the inbox."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from time import perf_counter
from typing import Final

import structlog

from engine.domain.errors import TacitError
from engine.services.advance_clock import advance_clock
from engine.services.call_webhooks import call_webhooks
from engine.services.follow_trail import follow_trail
from engine.services.relay_outbox import relay_outbox
from engine.services.seal_audit import seal
from engine.services.settle_copies import CopySettler, Settling
from engine.services.tidy_up import Kept, tidy_up
from engine.services.work_inbox import work_inbox
from engine.store.unit_of_work import Store
from notifiers.mail_fetcher import MailFetcher
from tacit.bootstrap import App

log = structlog.get_logger("tacit")
#: A long pass says so often within `silent_for` that it is alive.
_BEATS: Final = 4


class Job:
    """Work that is done in passes, never two at once; each catches its own failures.

    Nobody else would: what calls it is a scheduler.
    """

    name = "job"

    def __init__(self, app: App, stopping: threading.Event | None = None) -> None:
        self._app = app
        self.stopping = stopping or threading.Event()
        self.busy = threading.Lock()
        self.alive_at = app.clock()

    @property
    def every(self) -> timedelta:
        """How long after the start of a pass the next one starts."""
        return self._app.settings.clock.tick_every

    def pass_once(self) -> None:
        """One pass, unless it is time to stop. Never raises."""
        with self.busy:
            if not self.stopping.is_set():
                self._guarded()

    def _guarded(self) -> None:
        began, outcome = perf_counter(), "failed"
        try:
            self._pass()
            outcome = "done"
        except TacitError as error:
            log.error("pass failed, tried again at the next", error=str(error))
        except Exception:
            log.exception("pass failed, tried again at the next")
        self.alive_at = self._app.clock()
        self._app.metrics.pass_done(self.name, outcome, perf_counter() - began)

    def _pass(self) -> None:
        raise NotImplementedError

    def _sign_of_life(self, _done: int = 0) -> None:
        """A long backlog is not silence: each batch counts as alive."""
        self.alive_at = self._app.clock()


class Worker(Job):
    """The clock: one tick, one relay, and the housekeeping when it is due."""

    name = "clock"

    def __init__(self, app: App, stopping: threading.Event | None = None) -> None:
        super().__init__(app, stopping)
        self._beaten_at: datetime | None = None

    def _pass(self) -> None:
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
        self._beat(now)
        self._keep_house(now)
        if any(done.numbers.values()) or any(sent.numbers.values()):
            # Both count what is "held": changes here, messages there.
            log.info("pass done", clock=done.numbers, relay=sent.numbers)

    def _sign_of_life(self, _done: int = 0) -> None:
        super()._sign_of_life()
        every = self._app.settings.clock.silent_for / _BEATS
        if self._beaten_at is not None and self.alive_at - self._beaten_at >= every:
            self._beat(self.alive_at)

    def _beat(self, now: datetime) -> None:
        """Let other processes see that the clock runs."""
        with self._app.store.begin() as unit:
            unit.book.beat("clock", now)
            unit.commit()
        self._beaten_at = now

    def _keep_house(self, now: datetime) -> None:
        """What is done once in a while, each when its time has come."""
        with self._app.store.begin(read_only=True) as unit:
            beats = unit.book.heartbeats()
        for name, work in self._housekeeping().items():
            last = beats.get(name)
            if last is None or now - last >= self._app.settings.clock.seal_every:
                work(self._app.store, now)

    def _housekeeping(self) -> dict[str, Callable[[Store, datetime], object]]:
        """Each notes by its name when it was done last."""
        return {"seal": seal, "tidy": self._tidy}

    def _tidy(self, store: Store, now: datetime) -> None:
        web = self._app.site.settings
        kept = Kept(web.sessions, web.sign_in_window, web.api.answers_kept)
        tidy_up(store, kept, now)
        with store.begin() as unit:
            unit.webhooks.forget(now - self._app.settings.webhooks.keep_for)
            unit.inbox.forget(now - self._app.settings.inbox.keep_for)
            unit.book.beat("tidy", now)
            unit.commit()


class Caller(Job):
    """Webhooks, apart from the clock: an endpoint that hangs delays no mail."""

    name = "webhooks"

    def _pass(self) -> None:
        app = self._app
        follow_trail(app.store, app.rulebook, app.clock())
        done = call_webhooks(
            app.store,
            app.calling,
            app.clock,
            should_stop=self.stopping.is_set,
            progress=self._sign_of_life,
        )
        if any(done.numbers.values()):
            log.info("webhooks called", **done.numbers)


class Fetcher(Job):
    """The mailbox that answers are fetched from; between two looks it is told of mail."""

    name = "mailbox"
    _LONGEST_WAIT: Final = 20.0  #: in seconds: a pass that waits longer looks silent

    def __init__(
        self,
        app: App,
        fetcher: MailFetcher,
        stopping: threading.Event | None = None,
    ) -> None:
        super().__init__(app, stopping)
        self._fetcher = fetcher
        self._look_at = app.clock()

    @property
    def every(self) -> timedelta:
        """Each pass waits by itself, as long as the server says when mail has come."""
        return timedelta(seconds=1)

    def _pass(self) -> None:
        if self._app.clock() >= self._look_at:
            if taken := self._fetcher.fetch(self.stopping.is_set):
                log.info("mail fetched", mails=taken)
            self._look_at = self._app.clock() + self._app.settings.imap.poll_every
        silent_for = self._app.settings.clock.silent_for.total_seconds()
        seconds = min(self._LONGEST_WAIT, silent_for / _BEATS)
        if self._fetcher.wait(seconds, self.stopping.is_set):
            self._look_at = self._app.clock()


class Reader(Job):
    """The inbox, apart from the clock: who answers is not to wait for a long tick."""

    name = "inbox"

    @property
    def every(self) -> timedelta:
        """People wait for what comes of their answer."""
        return self._app.settings.inbox.look_every

    def _pass(self) -> None:
        app = self._app
        done = work_inbox(
            app.store,
            app.working,
            app.clock,
            should_stop=self.stopping.is_set,
            progress=self._sign_of_life,
        )
        if any(done.numbers.values()):
            log.info("inbox worked on", **done.numbers)


class Settler(Job):
    """What messages in Slack show of questions that have ended, apart from all else."""

    name = "copies"

    def __init__(self, app: App, stopping: threading.Event | None = None) -> None:
        super().__init__(app, stopping)
        self._settler = None
        if app.slack.desk is not None:
            relay = app.delivering()
            vendor, retry = relay.vendor, relay.retry
            settling = Settling(app.slack.desk, relay.renderer, vendor, retry)
            self._settler = CopySettler(
                app.store, lambda: app.rulebook, app.policy, settling
            )

    @property
    def every(self) -> timedelta:
        """As soon as somebody has answered, nobody else is to be asked."""
        return self._app.settings.inbox.look_every

    def _pass(self) -> None:
        if self._settler is None:
            return
        done = self._settler.settle(
            self._app.clock, self.stopping.is_set, self._sign_of_life
        )
        if any(done.numbers.values()):
            log.info("copies changed", **done.numbers)
