"""What needs a person at the vendor, the most urgent first: why, and since when."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from engine.domain.access import Action, Actor, reach
from engine.domain.audit import CHANGE
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.listing import Question, Scope
from engine.domain.place import NOBODYS
from engine.domain.problems import Problem, Severity
from engine.domain.records import ChangeRow, Person
from engine.domain.ruleset import Rulebook
from engine.services.foresee_readers import Directory, directory
from engine.services.list_changes import view_changes
from engine.services.read_messages import Message, find_message, readings
from engine.services.row_actions import row_actions
from engine.services.show_change import steps_ahead

#: So many changes are looked at for whether they will tell nobody.
_MOST_FORESEEN: Final = 200


class Kind(StrEnum):
    """Kinds of concerns, the most urgent first."""

    CLOCK = "clock"  #: it does not run, so nothing happens
    RULES_REJECTED = "rules_rejected"  #: those in the folder cannot come into force
    CHANGE = "change"  #: held for a decision
    OVERDUE = "overdue"  #: its start has come, and nothing will move it
    MESSAGE = "message"  #: held: it reached nobody
    WAITING = "waiting"  #: it should have left long ago
    NOBODY = "nobody"  #: will be due, and has no reader
    DOUBT = "doubt"  #: may have arrived, or not, and is not tried again
    DEADLINE = "deadline"  #: passes soon, without an answer
    RULES_WARNED = "rules_warned"  #: they do something that was hardly meant


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: as of when, how many of each kind, and what counts as late."""

    now: datetime
    on: date
    channels: Collection[str]
    most: int
    silent_for: timedelta
    soon: timedelta  # deadlines that pass within it
    ahead: timedelta  # messages that fall due within it
    problems: Sequence[Problem] = ()  # of the rules in the folder


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing for a person, with what is known of it."""

    kind: Kind
    since: datetime | None = None
    due: datetime | None = None
    change: dict[str, Any] | None = None
    row: ChangeRow | None = None
    message: Message | None = None
    nobody: str | None = None  # why, where it will have no reader
    told: str | None = None  # the message that nobody would read
    events: tuple[str, ...] = ()  # that settle it
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Concerns:
    """The first of one kind, and how many there are."""

    kind: Kind
    first: Sequence[Concern]
    total: int

    @property
    def more(self) -> int:
        return self.total - len(self.first)


def count_attention(store: Storage, actor: Actor) -> int:
    """How many changes and messages wait for a person; 0 where that is not theirs."""
    if not actor.may(Action.SEE_ATTENTION, NOBODYS):
        return 0
    with store.begin(read_only=True) as unit:
        return unit.attention.count()


def needs_attention(
    store: Storage, rulebook: Rulebook, actor: Actor, person: Person, asked: Asked
) -> list[Concerns]:
    """Every kind of which there is something; NotPermittedError for outsiders."""
    actor.must(Action.SEE_ATTENTION, NOBODYS, "attention", "list")
    with store.begin(read_only=True) as unit:
        looking = _Looking(unit, rulebook, actor, person, asked)
        found = [*looking.at_all()]
    order = [*Kind]
    return sorted(
        (one for one in found if one.total), key=lambda one: order.index(one.kind)
    )


@dataclass(frozen=True)
class _Looking:
    """Looks for all kinds in one moment of the store."""

    unit: UnitOfWork
    rulebook: Rulebook
    actor: Actor
    person: Person
    asked: Asked

    def at_all(self) -> Iterator[Concerns]:
        yield self._clock()
        yield from self._rules()
        if self.actor.may(Action.SEE_CHANGES, NOBODYS):
            yield self._held_changes()
            yield self._overdue()
            yield self._nobody()
            yield self._deadlines()
        if self.actor.may(Action.SEE_MESSAGES, NOBODYS):
            yield self._held_messages()
            yield self._waiting()
            yield self._in_doubt()

    def _clock(self) -> Concerns:
        beat = self.unit.book.heartbeats().get("clock")
        late = beat is None or self.asked.now - beat > self.asked.silent_for
        first = [Concern(Kind.CLOCK, since=beat)] if late else []
        return Concerns(Kind.CLOCK, first, len(first))

    def _rules(self) -> Iterator[Concerns]:
        for kind, severity in (
            (Kind.RULES_REJECTED, Severity.ERROR),
            (Kind.RULES_WARNED, Severity.WARNING),
        ):
            of_kind = [p for p in self.asked.problems if p.severity is severity]
            first = [Concern(kind, problem=p) for p in of_kind[: self.asked.most]]
            yield Concerns(kind, first, len(of_kind))

    def _held_changes(self) -> Concerns:
        found = self._listed(needs_person=True)
        first = [
            replace(one, since=self._held_since(one.row))
            for one in self._changes(Kind.CHANGE, found.ids)
            if one.row is not None
        ]
        return Concerns(Kind.CHANGE, first, found.total)

    def _held_since(self, row: ChangeRow) -> datetime | None:
        """When a person was first asked for, as far as the trail is not archived."""
        trail = self.unit.audit.trail(CHANGE, row.id, row.code)
        held = [one.at for one in trail.entries if one.kind == "held"]
        return held[-1] if held else None

    def _overdue(self) -> Concerns:
        asked = self.asked
        ids, total = self.unit.attention.overdue(asked.on, asked.now, asked.most)
        return Concerns(Kind.OVERDUE, self._changes(Kind.OVERDUE, ids), total)

    def _deadlines(self) -> Concerns:
        """What nobody answered, and nobody will have been asked about for long."""
        initial = {each.initial for each in self.rulebook.machines.values()}
        until = self.asked.on + self.asked.soon
        found = self._listed(
            states=frozenset(initial),
            deadline_from=self.asked.on,
            deadline_to=until,
            sort="deadline",
        )
        first = self._changes(Kind.DEADLINE, found.ids)
        return Concerns(Kind.DEADLINE, first, found.total)

    def _listed(self, **narrowed: Any) -> Any:
        question = Question(
            on=self.asked.on, now=self.asked.now, limit=self.asked.most, **narrowed
        )
        return self.unit.listing.find(question, Scope())

    def _changes(self, kind: Kind, ids: Sequence[int]) -> list[Concern]:
        by_id = {row.id: row for row in self.unit.changes.by_ids(ids)}
        rows = [by_id[id_] for id_ in ids]
        views = view_changes(self.unit, self.rulebook, rows, self.asked.on)
        able = row_actions(self.rulebook, rows, self.actor, self.person, self.asked.now)
        return [
            Concern(kind, change=view, row=row, events=each.events)
            for row, view, each in zip(rows, views, able, strict=True)
        ]

    def _nobody(self) -> Concerns:
        """Customers who will be told something that nobody would read, each once."""
        ids, customers = self.unit.attention.unreachable(
            self.asked.channels, self.asked.now + self.asked.ahead, _MOST_FORESEEN
        )
        by_id = {row.id: row for row in self.unit.changes.by_ids(ids)}
        rows = [by_id[id_] for id_ in ids]
        wanted = {row.customer_id for row in rows}
        book = directory(self.unit, self.rulebook.routing, wanted, self.asked.channels)
        found: dict[int, tuple[ChangeRow, Concern]] = {}
        for row in rows:
            concern = self._will_tell_nobody(row, book)
            before = found.get(row.customer_id)
            if concern and (before is None or _due(concern) < _due(before[1])):
                found[row.customer_id] = row, concern
        by_due = sorted(found.values(), key=lambda one: _due(one[1]))
        first = by_due[: self.asked.most]
        views = view_changes(
            self.unit, self.rulebook, [row for row, _ in first], self.asked.on
        )
        shown = [
            replace(concern, change=view)
            for (_, concern), view in zip(first, views, strict=True)
        ]
        seen_all = len(ids) < _MOST_FORESEEN
        return Concerns(Kind.NOBODY, shown, len(found) if seen_all else customers)

    def _will_tell_nobody(self, row: ChangeRow, book: Directory) -> Concern | None:
        """The first thing that a change will say to nobody, if it will."""
        ruleset = self.rulebook.machines.get(row.type)
        if ruleset is None:
            return None
        for at, step in steps_ahead(ruleset, row, self.asked.now):
            for telling in step.tells:
                nobody = book.told(row, telling.to, telling.channel).nobody
                if nobody is not None:
                    return Concern(
                        Kind.NOBODY,
                        due=at,
                        row=row,
                        nobody=nobody,
                        told=telling.message,
                    )
        return None

    def _held_messages(self) -> Concerns:
        theirs = readings(self.actor, reach(self.actor, Action.SEE_MESSAGES))
        held = sorted(id_ for id_, _ in self.unit.messages.held(theirs, None))
        first = self._messages(Kind.MESSAGE, held[: self.asked.most])
        return Concerns(Kind.MESSAGE, first, len(held))

    def _in_doubt(self) -> Concerns:
        ids, total = self.unit.attention.in_doubt(self.asked.most)
        return Concerns(Kind.DOUBT, self._messages(Kind.DOUBT, ids), total)

    def _messages(self, kind: Kind, ids: Sequence[int]) -> list[Concern]:
        messages = [find_message(self.unit, self.actor, id_)[0] for id_ in ids]
        return [Concern(kind, since=one["queued_at"], message=one) for one in messages]

    def _waiting(self) -> Concerns:
        """One concern for all: what keeps the first mostly keeps the rest."""
        oldest = self.unit.watch.oldest_waiting()
        if oldest is None or self.asked.now - oldest <= self.asked.silent_for:
            return Concerns(Kind.WAITING, [], 0)
        return Concerns(Kind.WAITING, [Concern(Kind.WAITING, since=oldest)], 1)


def _due(concern: Concern) -> datetime:
    assert concern.due is not None  # noqa: S101 - it was foreseen
    return concern.due
