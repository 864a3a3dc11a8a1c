"""Turns outcomes into rows: state, audit entries and messages, written together."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.domain import audit
from engine.domain.interfaces import UnitOfWork
from engine.domain.outcome import Outcome, Step, StepKind
from engine.domain.prompts import PromptEnd
from engine.domain.records import ChangeRow, ChangeUpdate, NewEntry, NewMessage
from engine.domain.ruleset import Ruleset, Telling
from engine.domain.vocabulary import CLOSING


@dataclass(frozen=True, slots=True)
class Note:
    """One audit entry to be, before it has its place in a chain."""

    kind: str
    body: str
    text: bytes
    tells: tuple[tuple[Telling, str | None], ...] = ()
    about: str | None = None


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What an outcome writes, the same for all subjects that share it."""

    notes: tuple[Note, ...]
    counted: Counter[str]


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that a step does beyond its own change."""

    do: str
    change: ChangeRow


class Ledger:
    """Collects what one unit of work writes about changes, at one moment.

    A change may be taken once: its row says what it was before.
    """

    def __init__(self, unit: UnitOfWork, now: datetime) -> None:
        self._unit = unit
        self._now = now
        self._updates: list[ChangeUpdate] = []
        self._entries: list[NewEntry] = []
        self._messages: list[NewMessage] = []
        self._prepared: dict[int, tuple[Outcome, _Prepared]] = {}
        self._left: list[int] = []
        self._moot: list[tuple[int, int]] = []
        self._answered: list[tuple[int, int]] = []
        self._reminded: list[int] = []
        self.effects: list[Effect] = []
        self.counted: Counter[str] = Counter()

    def take(  # noqa: PLR0913 - an outcome, and all that its entries say of it
        self,
        row: ChangeRow,
        ruleset: Ruleset,
        outcome: Outcome,
        *,
        by: str = "clock",
        about: str | None = None,
        before: Sequence[Note] = (),
        answers: int | None = None,
    ) -> None:
        """Record an outcome.

        `before` are entries that come first in the chain; `about` goes with every
        message that it queues, for the templates; `answers` is the prompt that the
        event is an answer to.
        """
        prepared = self._prepare(outcome, ruleset, by, about)
        version, head = self._chain(row, (*before, *prepared.notes))
        self._settle(row, outcome, row.version + len(before), answers)
        subject = outcome.subject
        closed_at = row.closed_at or (self._now if subject.closed else None)
        due = [outcome.next_due_at, None if closed_at else row.contract_ends_at]
        self._updates.append(
            ChangeUpdate(
                row.id,
                row.version,
                version,
                subject.state,
                subject.handled_until,
                subject.notice_out_at,
                min((at for at in due if at is not None), default=None),
                subject.attention,
                closed_at,
                ruleset.version,
                head,
            )
        )
        # Not Counter.update, which takes as long as all the rest.
        for name, number in prepared.counted.items():
            self.counted[name] += number
        for step in outcome.steps:
            if step.do in CLOSING:
                self.effects.append(Effect(step.do, row))
            if step.kind is StepKind.TRANSITION:
                self._left.append(row.id)
            elif step.kind is StepKind.REMINDER:
                self._reminded.append(row.id)

    def note(
        self, row: ChangeRow, ruleset: Ruleset, *notes: Note, **fields: object
    ) -> None:
        """Append entries to a change; `fields` of its update that change with them."""
        version, head = self._chain(row, notes)
        update = ChangeUpdate(
            row.id,
            row.version,
            version,
            row.state,
            row.handled_until,
            row.notice_out_at,
            row.next_due_at,
            row.attention,
            row.closed_at,
            ruleset.version,
            head,
        )
        self._updates.append(update._replace(**fields))  # type: ignore[arg-type]

    def write(self) -> None:
        """Write all that was collected; what it makes untrue is not sent any more."""
        outbox = self._unit.outbox
        self._unit.changes.apply(self._updates)
        self._unit.audit.append(self._entries)
        outbox.drop_bound(self._left, "the change has moved on")
        later = "a later reminder takes its place"
        outbox.drop_bound(self._reminded, later, reminders_only=True)
        outbox.add(self._messages)
        self._end_prompts()
        self._updates, self._entries, self._messages = [], [], []
        self._left, self._reminded = [], []

    def _settle(
        self, row: ChangeRow, outcome: Outcome, seq: int, answers: int | None
    ) -> None:
        """Mark what was asked about the change as moot, once it has moved.

        The entry that says so is that of the first step that left the state.
        """
        moved = [step.kind is StepKind.TRANSITION for step in outcome.steps]
        if True in moved:
            ended_by = seq + moved.index(True) + 1
        elif outcome.subject.closed:
            ended_by = seq + len(outcome.steps)
        else:
            return
        self._moot.append((row.id, ended_by))
        if answers is not None:
            self._answered.append((answers, ended_by))

    def _end_prompts(self) -> None:
        prompts = self._unit.prompts
        for prompt_id, seq in self._answered:
            prompts.end([prompt_id], PromptEnd.ANSWERED, seq, self._now)
        prompts.end_of_changes(self._moot, PromptEnd.MOVED_ON, self._now)
        self._answered, self._moot = [], []

    def _chain(self, row: ChangeRow, notes: Iterable[Note]) -> tuple[int, str]:
        version = row.version
        head = row.head or audit.first_link(audit.CHANGE, row.code)
        for note in notes:
            version += 1
            head = audit.link(head, note.text)
            self._entries.append(
                NewEntry(
                    audit.CHANGE, row.id, version, self._now, note.kind, note.body, head
                )
            )
            self._queue(row, version, note)
        return version, head

    def _queue(self, row: ChangeRow, seq: int, note: Note) -> None:
        for position, (telling, while_state) in enumerate(note.tells):
            self._messages.append(
                NewMessage(
                    row.id,
                    seq,
                    position,
                    telling.message,
                    telling.to,
                    "|".join(telling.asks),
                    telling.urgent,
                    telling.channel,
                    telling.is_notice,
                    while_state,
                    note.kind == StepKind.REMINDER,
                    row.plan,
                    note.about,
                    self._now,
                    self._now,
                    telling.person_id,
                    telling.thread,
                )
            )

    def _prepare(
        self, outcome: Outcome, ruleset: Ruleset, by: str, about: str | None
    ) -> _Prepared:
        """Shared by all subjects with this very outcome; kept alive with it."""
        kept = self._prepared.get(id(outcome))
        if kept is not None:
            return kept[1]
        notes = tuple(
            self._step_note(step, ruleset, by, about) for step in outcome.steps
        )
        counted = Counter(step.kind.value for step in outcome.steps)
        counted["messages"] = sum(len(note.tells) for note in notes)
        prepared = _Prepared(notes, counted)
        self._prepared[id(outcome)] = (outcome, prepared)
        return prepared

    def _step_note(
        self, step: Step, ruleset: Ruleset, by: str, about: str | None
    ) -> Note:
        final = step.kind is StepKind.TRANSITION and ruleset.states[step.target].final
        body = audit.step_body(step, by=by, rules=ruleset.version, final=final)
        bound = step.kind in (StepKind.REMINDER, StepKind.TRANSITION)
        while_state = step.target if bound else None
        tells = tuple((telling, while_state) for telling in step.tells)
        return make_note(self._now, step.kind.value, body, tells, about)


def held_note(why: str, at: datetime) -> Note:
    """The entry of a change that waits for a person before anybody is told."""
    return make_note(at, "held", audit.body({"by": "clock", "why": why}))


def make_note(
    at: datetime,
    kind: str,
    body: str,
    tells: tuple[tuple[Telling, str | None], ...] = (),
    about: str | None = None,
) -> Note:
    """An entry to be, with the text that its hash covers."""
    return Note(kind, body, audit.entry_text(at, kind, body), tells, about)
