"""Takes in what comes from outside: whatever waits, in one commit; each is told when."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Final

from engine.domain.inbox import Source
from engine.domain.interfaces import Storage

_MOST: Final = 500  #: things stored by one commit


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Something that came in, and whoever waits until it is stored."""

    source: Source
    external_id: str
    body: bytes
    stored: "Future[bool]" = field(default_factory=Future)


class Intake:
    """Stores what it is handed, in a thread of its own.

    While the database is locked, any number wait for the one commit that follows, and
    none of them holds a thread of the pages.
    """

    def __init__(self, store: Storage, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._queue: SimpleQueue[_Waiting] = SimpleQueue()
        self._starting = Lock()
        self._thread: Thread | None = None

    def put(self, source: Source, external_id: str, body: bytes) -> "Future[bool]":
        """Have it stored: done once that is certain, with whether it was new.

        What fails is raised by the future. One that is cancelled before its turn is
        not stored.
        """
        waiting = _Waiting(source, external_id, body)
        self._queue.put(waiting)
        with self._starting:
            if self._thread is None:
                self._thread = Thread(target=self._run, name="intake", daemon=True)
                self._thread.start()
        return waiting.stored

    def _run(self) -> None:
        while True:
            waiting = [self._queue.get()]
            try:
                while len(waiting) < _MOST:
                    waiting.append(self._queue.get_nowait())
            except Empty:
                pass
            self._take(
                [one for one in waiting if one.stored.set_running_or_notify_cancel()]
            )

    def _take(self, waiting: Sequence[_Waiting]) -> None:
        if not waiting:
            return
        try:
            found = self._write(waiting)
        except Exception as error:
            # Whatever it was, whoever waits hears of it, and the thread goes on.
            for one in waiting:
                one.stored.set_exception(error)
            return
        for one, was_new in zip(waiting, found, strict=True):
            one.stored.set_result(was_new)

    def _write(self, waiting: Sequence[_Waiting]) -> list[bool]:
        now = self._clock()
        with self._store.begin() as unit:
            found = [
                unit.inbox.take_in(one.source, one.external_id, one.body, now)
                for one in waiting
            ]
            unit.commit()
        return found
