"""A request that is sent twice is carried out once, even if the process dies between.

It is taken on first, in a transaction of its own. Whatever it then writes is marked as
done in the very transaction that writes it, so a mark says exactly whether it was. What
was answered is recorded last.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.domain.answered import (
    DONE,
    Answer,
    AnswerNotKeptError,
    KeyReusedError,
    StillWorkingError,
)
from engine.domain.interfaces import Storage, UnitOfWork


@dataclass(frozen=True, slots=True)
class Once:
    """One request of a person: its key, a hash of it, and when it was taken on."""

    person_id: int
    key: str
    request_hash: str
    at: datetime


def take_on(
    store: Storage, once: Once, lease: timedelta, kept: timedelta
) -> Answer | None:
    """None where the request is now to be carried out, or what it was answered.

    One that was begun more than a `lease` ago and did nothing is taken over: its
    process died, or will find that it may not write any more. Answers are `kept` for
    so long. Raises KeyReusedError, StillWorkingError, AnswerNotKeptError.
    """
    with store.begin() as unit:
        unit.answered.forget(once.at - kept)
        is_new = unit.answered.take_on(*_named(once), once.request_hash, once.at)
        if not is_new:
            found = _answer_of(unit, once, lease)
            if found is not None:
                return found
        unit.commit()
    return None


def record(store: Storage, once: Once, answer: Answer) -> None:
    """Keep what a request was answered, for when it comes again."""
    with store.begin() as unit:
        unit.answered.record(*_named(once), once.at, answer)
        unit.commit()


def let_go(store: Storage, once: Once) -> bool:
    """Forget a request that did nothing, so that it may come again; whether it was so."""
    with store.begin() as unit:
        was_idle = unit.answered.let_go(*_named(once), once.at)
        unit.commit()
    return was_idle


@dataclass(frozen=True)
class OnceStorage:
    """The store in the hands of one request: whatever is written marks it as done.

    StillWorkingError where somebody else took the request over in the meantime.
    """

    store: Storage
    once: Once

    @contextmanager
    def begin(self, *, read_only: bool = False) -> Iterator[UnitOfWork]:
        """A unit of work that is marked, unless it only reads."""
        with self.store.begin(read_only=read_only) as unit:
            if not read_only:
                is_mine = unit.answered.mark_done(*_named(self.once), self.once.at)
                if not is_mine:
                    raise StillWorkingError
            yield unit

    def copy_in_memory(self) -> Storage:
        return self.store.copy_in_memory()

    def close(self) -> None:
        self.store.close()


def _answer_of(unit: UnitOfWork, once: Once, lease: timedelta) -> Answer | None:
    """What it was answered; None where it is taken over."""
    found = unit.answered.find(*_named(once))
    if found is None:  # it was let go just now
        raise StillWorkingError
    if found.request_hash != once.request_hash:
        raise KeyReusedError
    if found.status == DONE:
        raise _begun(found.at, once.at, lease)
    if found.status is not None:
        return Answer(found.status, found.body or "")
    is_left = once.at - found.at >= lease
    if is_left and unit.answered.take_over(*_named(once), found.at, once.at):
        return None
    raise StillWorkingError


def _begun(
    at: datetime, now: datetime, lease: timedelta
) -> StillWorkingError | AnswerNotKeptError:
    """It was carried out: its answer is about to come, or never will."""
    return AnswerNotKeptError() if now - at >= lease else StillWorkingError()


def _named(once: Once) -> tuple[int, str]:
    return once.person_id, once.key
