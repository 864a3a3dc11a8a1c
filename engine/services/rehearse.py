"""Finds what an action would do by doing it in a transaction that is not committed.

So a confirmation cannot say otherwise than what happens; and when it is confirmed, the
deed is done only if it still comes to what was shown.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Generic, TypeVar, cast

from engine.domain.audit import CHANGE, canonical
from engine.domain.errors import TacitError
from engine.domain.interfaces import AuditTrail, Storage, UnitOfWork
from engine.domain.moments import local_day
from engine.domain.records import ChangeRow, Claimed, NewEntry, OutboxStatus
from engine.domain.ruleset import Rulebook
from engine.services.claim_messages import why_stale
from engine.services.foresee_readers import Directory, Readers, directory
from engine.services.list_changes import view_changes
from engine.services.show_change import steps_ahead

#: More changes than these are counted, and not shown each.
MOST_SHOWN: Final = 12

T = TypeVar("T")


class ChangedMeanwhileError(TacitError):
    """Raised when a deed would no longer do what was shown of it; nothing was done."""

    def __init__(self) -> None:
        super().__init__("this is no longer what it was: look again before you confirm")


@dataclass(frozen=True, slots=True)
class Told:
    """A message that waits, with those who would read it."""

    key: tuple[str, int, int]  # change, audit entry, position
    message: str
    readers: Readers
    is_held: bool


@dataclass(frozen=True, slots=True)
class Next:
    """The next message that the plan has, with those who would read it as things are."""

    at: datetime
    message: str
    readers: Readers


@dataclass(frozen=True, slots=True)
class Standing:
    """How a change stands: before a deed, or after it."""

    code: str
    customer: str
    type: str
    state: str
    owner: str
    renewal_start: date
    deadline: date
    zone: str
    version: int
    is_closed: bool
    attention: str | None
    contract_ends_on: date | None
    automatic_renewal: bool
    waiting: tuple[Told, ...]
    next: Next | None


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What becomes of one change; `before` is None where the deed opens it."""

    before: Standing | None
    after: Standing

    @property
    def told(self) -> list[Told]:
        """What is queued by the deed, or queued again."""
        return self._of(self.after, self.before)

    @property
    def dropped(self) -> list[Told]:
        """What waited and is not sent any more."""
        kept = {one.key for one in self.after.waiting}
        waited = self.before.waiting if self.before else ()
        return [one for one in waited if one.key not in kept]

    @property
    def is_touched(self) -> bool:
        """Whether anything that can be seen of it is another."""
        before = self.before
        return before is None or (before.version, before.waiting, before.owner) != (
            self.after.version,
            self.after.waiting,
            self.after.owner,
        )

    @staticmethod
    def _of(after: Standing, before: Standing | None) -> list[Told]:
        waited = {one.key: one for one in before.waiting} if before else {}
        return [
            one
            for one in after.waiting
            if one.key not in waited or (waited[one.key].is_held and not one.is_held)
        ]


@dataclass(frozen=True)
class Rehearsal(Generic[T]):
    """What a deed would come to: its own answer, and each change that it concerns.

    `mark` stands for all of that: it is another as soon as anything of it is.
    """

    said: T
    changes: tuple[Rehearsed, ...]
    more: int
    is_committed: bool
    mark: str


@dataclass(frozen=True)
class Stage:
    """Where deeds are rehearsed, and done as rehearsed."""

    store: Storage
    rulebook: Rulebook
    channels: Collection[str]
    now: datetime

    def rehearse(
        self, deed: Callable[[Storage], T], customer_ids: Collection[int] = ()
    ) -> Rehearsal[T]:
        """What would come of a deed that concerns these customers; nothing is kept."""
        rehearsing = _Rehearsing(self, customer_ids)
        said = deed(rehearsing)
        after = rehearsing.seen
        with self.store.begin(read_only=True) as unit:
            ids = after.ids if after else _open_of(unit, customer_ids)
            before = _look(unit, self, ids)
        found = _compared(before, after or before, self)
        is_committed = after is not None
        shown = [one for one in found if one.is_touched or not is_committed]
        more = max(0, len(shown) - MOST_SHOWN)
        mark = after.mark if after else before.mark
        return Rehearsal(said, tuple(shown[:MOST_SHOWN]), more, is_committed, mark)

    def perform(
        self,
        deed: Callable[[Storage], T],
        mark: str,
        customer_ids: Collection[int] = (),
    ) -> T:
        """Do a deed if it comes to what the mark stands for, or ChangedMeanwhileError."""
        return deed(_Rehearsing(self, customer_ids, mark))


@dataclass(frozen=True)
class _Seen:
    """What was read at one moment, to be worked out when nothing is locked any more."""

    rows: Sequence[ChangeRow]
    views: Sequence[dict[str, Any]]
    waiting: Sequence[tuple[OutboxStatus, Claimed]]
    directory: Directory

    @property
    def ids(self) -> list[int]:
        return [row.id for row in self.rows]

    @property
    def mark(self) -> str:
        """The same as long as nothing that is shown of it differs."""
        said = [
            [
                [
                    row.code,
                    row.version,
                    row.state,
                    row.renewal_start,
                    row.closed_at is None,
                ]
                for row in self.rows
            ],
            [
                [claimed.key, status, _codes(self.directory.readers_of(claimed))]
                for status, claimed in self.waiting
            ],
            [
                _codes(self.directory.told(row, "owner"))
                for row in self.rows
                if row.customer_id in self.directory.customers
            ],
        ]
        return hashlib.sha256(canonical(said).encode()).hexdigest()[:32]


def _codes(readers: Readers) -> list[list[str]]:
    return [[one.code, one.channel] for one in readers.people]


@dataclass
class _Rehearsing:
    """A store whose units commit nothing, or only what was shown before."""

    stage: Stage
    customer_ids: Collection[int]
    mark: str | None = None
    seen: _Seen | None = field(default=None, init=False)

    @contextmanager
    def begin(self, *, read_only: bool = False) -> Iterator[UnitOfWork]:
        with self.stage.store.begin(read_only=read_only) as unit:
            yield cast(UnitOfWork, _WatchedUnit(unit, self))

    def look(self, unit: UnitOfWork, entries: Sequence[NewEntry]) -> None:
        """Read what a deed has done, just before it would be committed."""
        touched = {one.subject_id for one in entries if one.subject_kind == CHANGE}
        ids = sorted(touched | {*_open_of(unit, self.customer_ids)})
        self.seen = _look(unit, self.stage, ids)
        if self.mark is not None:
            if self.mark != self.seen.mark:
                raise ChangedMeanwhileError
            unit.commit()

    def copy_in_memory(self) -> Storage:
        return self.stage.store.copy_in_memory()

    def close(self) -> None:
        """The store is its owner's to close."""


class _WatchedUnit:
    """A unit of work that is looked at where it would be committed."""

    def __init__(self, unit: UnitOfWork, rehearsing: _Rehearsing) -> None:
        self._unit = unit
        self._rehearsing = rehearsing
        self.audit = cast(AuditTrail, _WatchedTrail(unit.audit))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._unit, name)

    def commit(self) -> None:
        entries = cast(_WatchedTrail, self.audit).entries
        self._rehearsing.look(self._unit, entries)


class _WatchedTrail:
    """The audit trail; remembers what is appended to it."""

    def __init__(self, trail: AuditTrail) -> None:
        self._trail = trail
        self.entries: list[NewEntry] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._trail, name)

    def append(self, entries: Sequence[NewEntry]) -> None:
        self.entries += entries
        self._trail.append(entries)


def _open_of(unit: UnitOfWork, customer_ids: Collection[int]) -> list[int]:
    return [row.id for row in unit.changes.open_of_customers(sorted(customer_ids))]


def _look(unit: UnitOfWork, stage: Stage, ids: Sequence[int]) -> _Seen:
    rows = unit.changes.by_ids(ids)
    today = local_day(stage.now, "UTC")
    customers = {row.customer_id for row in rows}
    waiting = unit.outbox.waiting(ids)
    return _Seen(
        rows,
        view_changes(unit, stage.rulebook, rows, today),
        [(status, one) for status, one in waiting if not why_stale(one)],
        directory(
            unit,
            stage.rulebook.routing,
            customers,
            stage.channels,
            [one for _, one in waiting],
        ),
    )


def _compared(before: _Seen, after: _Seen, stage: Stage) -> list[Rehearsed]:
    was = dict(zip(before.ids, _standings(before, stage), strict=True))
    now = zip(after.ids, _standings(after, stage), strict=True)
    return [Rehearsed(was.get(id_), standing) for id_, standing in now]


def _standings(seen: _Seen, stage: Stage) -> list[Standing]:
    waiting: dict[int, list[Told]] = {}
    for status, one in seen.waiting:
        told = Told(
            (one.change.code, one.seq, one.position),
            one.message,
            seen.directory.readers_of(one),
            status is OutboxStatus.HELD,
        )
        waiting.setdefault(one.change.id, []).append(told)
    return [
        Standing(
            row.code,
            view["customer"],
            row.type,
            row.state,
            view["owner"],
            row.renewal_start,
            view["deadline"],
            row.zone,
            row.version,
            row.closed_at is not None,
            row.attention,
            row.ended_on,
            row.automatic_renewal,
            tuple(waiting.get(row.id, ())),
            _next(seen, row, stage),
        )
        for row, view in zip(seen.rows, seen.views, strict=True)
    ]


def _next(seen: _Seen, row: ChangeRow, stage: Stage) -> Next | None:
    """The next message that comes if nobody does anything."""
    if row.closed_at is not None:
        return None
    for at, step in steps_ahead(stage.rulebook.machines[row.type], row, stage.now):
        for telling in step.tells:
            readers = seen.directory.told(row, telling.to, telling.channel)
            return Next(at, telling.message, readers)
    return None
