"""Resolves what the words of a rule file refer to, and complains where to nothing."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from engine.domain import moments, vocabulary
from engine.domain import rule_models as models
from engine.domain.complaints import Complaints
from engine.domain.guards import Guard, GuardError, compile_guard, unreadable
from engine.domain.ruleset import Telling
from engine.domain.worlds import worlds_of
from engine.domain.yaml_text import Path

STATES: Path = ("states",)
CALENDAR: Path = ("calendar",)
#: No name that a file can declare.
_UNKNOWN = "?"


@dataclass(frozen=True, slots=True)
class Written:
    """Which messages are written, for which audiences, and whom each role may mean."""

    messages: Mapping[str, frozenset[str]]
    readers: Mapping[str, frozenset[str]] = field(
        default_factory=lambda: vocabulary.AUDIENCES
    )


class Names:
    """What one file and the vocabulary declare; every method takes a path to mark.

    A name that is unknown is complained about and answered with what was probably
    meant, so that compiling can go on. Without `written`, which is for a text that was
    checked when it came into force, messages and conditions are taken as they are.
    """

    def __init__(
        self,
        model: models.MachineModel,
        complaints: Complaints,
        written: Written | None,
    ) -> None:
        self._states = model.states
        self._complain = complaints
        self._written = written
        self._rows = [(*CALENDAR, index) for index, _ in enumerate(model.calendar)]
        self._moments = {
            *vocabulary.REQUIRED_MOMENTS,
            *(name for row in model.calendar for name in row.moments()),
        }
        self.used_moments = {*vocabulary.REQUIRED_MOMENTS}
        self.notices: frozenset[str] = frozenset()
        self.facts_read: set[str] = set()

    def state(self, name: str, path: Path) -> str:
        known = self._complain.known(path, "state", name, self._states, STATES)
        return known or _UNKNOWN

    def moment(self, name: str, path: Path) -> str:
        declared_at = (CALENDAR, *self._rows)
        known = self._complain.known(path, "moment", name, self._moments, *declared_at)
        self.used_moments |= {known} if known else set()
        return known or _UNKNOWN

    def moment_key(self, name: str, path: Path) -> str:
        declared_at = (CALENDAR, *self._rows)
        self._complain.known_key(path, "moment", name, self._moments, *declared_at)
        self.used_moments |= {name} & self._moments
        return name

    def role(self, name: str, path: Path) -> str:
        known = self._complain.known(path, "role", name, vocabulary.ADDRESSEES)
        return known or _UNKNOWN

    def actor(self, name: str, path: Path) -> str:
        known = self._complain.known(path, "role", name, vocabulary.ACTORS)
        return known or _UNKNOWN

    def message(self, name: str, path: Path) -> str:
        if self._written is None:
            return name
        messages = self._written.messages
        return self._complain.known(path, "template", name, messages) or _UNKNOWN

    def events(self, asks: Collection[str], path: Path, state: str) -> tuple[str, ...]:
        """The events of a state that a message asks for."""
        if state not in self._states:
            return ()
        words = self._states[state].on
        declared_at = ((*STATES, state), (*STATES, state, "on"))
        found = [
            self._complain.known(
                (*path, "asks", index), "event", name, words, *declared_at, of=state
            )
            for index, name in enumerate(asks)
        ]
        return tuple(name or _UNKNOWN for name in found)

    def guard(
        self,
        text: str | None,
        path: Path,
        facts: Mapping[str, type] = vocabulary.DECISION_FACTS,
    ) -> Guard | None:
        """The condition; one that cannot be read is a condition all the same."""
        if text is None:
            # A condition may have stood there that was refused.
            return unreadable("") if self._complain.lost(path) else None
        try:
            guard = compile_guard(text, facts)
        except GuardError as error:
            for fault in error.faults:
                self._complain.within(
                    path, fault.word, fault.message, fault.hint, start=fault.start
                )
            return unreadable(text)
        if facts is vocabulary.DECISION_FACTS:
            self.facts_read |= guard.reads
        if self._written is not None:
            self._check_sense(guard, path)
        return guard

    def _check_sense(self, guard: Guard, path: Path) -> None:
        """Complain of a condition that decides nothing."""
        found = worlds_of([guard])
        if not guard.reads:
            message = "this condition reads no fact: it is always the same"
            self._complain.warn(path, message)
        elif found.never(guard.holds):
            hint = "change it, or take out what it stands at"
            self._complain.at(path, "this condition never holds", hint)
        elif found.always(guard.holds):
            self._complain.warn(path, "this condition always holds", "take it out")

    def duration(self, phrase: str, path: Path) -> timedelta | None:
        """A length of time, or None."""
        try:
            return moments.duration(phrase)
        except (ValueError, OverflowError) as error:
            self._complain.at(path, f'"{phrase}" is no length of time', str(error))
            return None

    def offsets(self, phrase: str, path: Path) -> tuple[moments.Offset, ...]:
        """The instants that a phrase names; none where it cannot be read."""
        try:
            offsets = moments.parse(phrase)
        except ValueError as error:
            is_condition = re.search("[<>=]", phrase) is not None
            hint = 'write "if:" before a condition' if is_condition else str(error)
            self._complain.at(path, f'"{phrase}" is no moment', hint)
            return ()
        name = offsets[0].date_name
        known = self._complain.known(path, "date", name, vocabulary.DATES)
        return offsets if known else ()

    def telling(
        self, model: models.Telling | models.Reminder, path: Path, state: str
    ) -> Telling:
        """Who is told what; `state` is the one in which the message is read."""
        role_word = "to" if isinstance(model, models.Reminder) else "tell"
        role_path, message_path = (*path, role_word), (*path, "message")
        role = self.role(_role_of(model), role_path)
        message = self.message(model.message or _UNKNOWN, message_path)
        self.readers(message, role, message_path)
        return Telling(
            message,
            role,
            self.events(model.asks, path, state),
            model.urgent,
            model.channel,
            # A notice is for the customer's side; telling others is none.
            is_notice=message in self.notices and role in vocabulary.CUSTOMER_SIDE,
        )

    def readers(self, message: str, role: str, path: Path) -> None:
        """Complain unless the message is written for everybody the role may mean."""
        if self._written is None:
            return
        wanted = self._written.readers.get(role, frozenset())
        missing = sorted(wanted - self._written.messages.get(message, wanted))
        if missing:
            self._complain.at(
                path,
                f'message "{message}" has no template for {", ".join(missing)}',
                f'"{role}" may stand for them',
            )


def _role_of(model: models.Telling | models.Reminder) -> str:
    found = model.to if isinstance(model, models.Reminder) else model.tell
    return found or _UNKNOWN
