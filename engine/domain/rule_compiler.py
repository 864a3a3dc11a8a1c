"""Resolves the names, moments and guards of a rule file into a `Ruleset`.

Nothing stops at the first mistake: each is noted with its place and compiling goes
on, so that ops see all of them at once.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

from engine.domain import (
    rule_advice,
    rule_checks,
    rule_ends,
    rule_notice,
    rule_openings,
    rule_silence,
    rule_timing,
    vocabulary,
    yaml_text,
)
from engine.domain import rule_models as models
from engine.domain.complaints import Complaints
from engine.domain.problems import Problem, Severity, nearest
from engine.domain.rule_names import CALENDAR, STATES, Names, Written
from engine.domain.rule_shape import shape
from engine.domain.ruleset import (
    CalendarRow,
    EventBranch,
    MomentBranch,
    NearLimit,
    Notice,
    Opening,
    Reminder,
    Ruleset,
    State,
    Telling,
)
from engine.domain.yaml_text import Path, Source

Proof = Callable[[Ruleset, Complaints], None]

#: In this order: of two complaints about one place the first is told.
_PROOFS: Final[tuple[Proof, ...]] = (
    rule_checks.check,
    rule_ends.check,
    rule_silence.check,
    rule_timing.check,
    rule_notice.check,
    rule_openings.check,
    rule_advice.check,
)


def content_version(text: str) -> str:
    """The version of a rule file: a short hash of its content."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def is_usable(problems: list[Problem]) -> bool:
    """Whether a file with these problems can be used: warnings do not matter."""
    return all(problem.severity is Severity.WARNING for problem in problems)


def compile_machine(
    source: Source, node: yaml_text.Mapping, written: Written
) -> tuple[Ruleset | None, list[Problem]]:
    """The ruleset of a machine file if it can be used, and every problem in it."""
    return _compile(source, node, written, _PROOFS)


def compile_kept(source: Source, node: yaml_text.Mapping) -> Ruleset | None:
    """The ruleset of a text that was in force, however it fits what there is today.

    Its templates may be gone by now, and checks may have been added since.
    """
    ruleset, _ = _compile(source, node, None, ())
    return ruleset


def _compile(
    source: Source,
    node: yaml_text.Mapping,
    written: Written | None,
    proofs: Sequence[Proof],
) -> tuple[Ruleset | None, list[Problem]]:
    shaped = shape(source, node, models.MachineModel)
    if shaped.model is None:  # pragma: no cover - see shape
        return None, shaped.problems
    complaints = Complaints(source, shaped.node)
    names = Names(shaped.model, complaints, written)
    ruleset = _Compiler(shaped.model, complaints, names).ruleset()
    for prove in proofs:
        prove(ruleset, complaints)
    problems = sorted(shaped.problems + complaints.found)
    return (ruleset if is_usable(problems) else None), problems


class _Compiler:
    """Walks one model; every method takes the path at which it stands."""

    def __init__(
        self,
        model: models.MachineModel,
        complaints: Complaints,
        names: Names,
    ) -> None:
        self._model = model
        self._complain = complaints
        self._names = names

    def ruleset(self) -> Ruleset:
        model = self._model
        self._machine_name()
        notice = self._notice()
        calendar = tuple(
            self._row(row, ("calendar", index))
            for index, row in enumerate(model.calendar)
        )
        states = {
            name: self._state(name, state, (*STATES, name))
            for name, state in model.states.items()
        }
        self._compare_rows()
        return Ruleset(
            name=model.machine,
            version=content_version(self._complain.source.text),
            why=model.why,
            initial=self._initial(),
            states=states,
            calendar=calendar,
            notice=notice,
            opening=self._opening(model.opens, ("opens",)),
            reads=frozenset(self._names.facts_read),
        )

    def _machine_name(self) -> None:
        self._complain.known(
            ("machine",), "machine", self._model.machine, vocabulary.CHANGE_TYPES
        )

    def _initial(self) -> str:
        initial = [name for name, state in self._model.states.items() if state.initial]
        for name in initial[1:]:
            path = (*STATES, name, "initial")
            first = f'"{initial[0]}" is initial already'
            self._complain.at_key(path, "a second initial state", first)
        if not initial and not self._lost_initial():
            hint = 'add "initial: true" to the first one'
            self._complain.at_key(STATES, "no state is initial", hint)
        return initial[0] if initial else ""

    def _lost_initial(self) -> bool:
        paths = [(*STATES, name) for name in self._model.states]
        return self._complain.lost_names(STATES, *paths)

    def _notice(self) -> Notice | None:
        model = self._model.notice
        if model is None:
            return None
        names, path = self._names, ("notice",)
        names.notices = frozenset(
            names.message(message, (*path, "messages", index))
            for index, message in enumerate(model.messages)
        )
        keeps_open = names.moment(model.keeps_open, (*path, "keeps_open"))
        out_for = names.duration(model.out_for, (*path, "out_for"))
        if out_for is None:
            return None
        return Notice(names.notices, out_for, keeps_open)

    def _row(self, row: models.CalendarRowModel, path: Path) -> CalendarRow:
        offsets = {
            name: self._names.offsets(phrase, (*path, name))
            for name, phrase in row.moments().items()
        }
        return CalendarRow(self._names.guard(row.if_, (*path, "if")), offsets)

    def _compare_rows(self) -> None:
        """Complain where a row lacks a moment that is used, or misspells one."""
        for index, row in enumerate(self._model.calendar):
            path, names = (*CALENDAR, index), row.moments()
            missing = sorted(self._names.used_moments - {*names})
            for name in sorted({*names} - self._names.used_moments):
                meant = nearest(name, missing)
                if meant is not None:
                    missing.remove(meant)
                    hint = f'did you mean "{meant}"?'
                    message = f'unknown moment "{name}"'
                    self._complain.at_key((*path, name), message, hint)
            if missing and not self._complain.lost_names(path):
                words = " and ".join(f'"{name}"' for name in missing)
                self._complain.at(path, f"this row has no moment {words}")

    def _opening(self, model: models.OpeningModel, path: Path) -> Opening:
        names, facts = self._names, vocabulary.OPENING_FACTS
        guard = names.guard(model.if_, (*path, "if"), facts)
        limits = model.new_contact_limit
        if list(limits) != sorted(set(limits)):
            limits_path = (*path, "new_contact_limit")
            self._complain.at(limits_path, "the tiers should grow from left to right")
        emails = model.email_limit
        multiples = (emails.starter, emails.otherwise) if emails else None
        warn = self._near_limit(model.warn, (*path, "warn"))
        return Opening(guard, model.effective, limits, multiples, warn)

    def _near_limit(
        self, model: models.NearLimitModel | None, path: Path
    ) -> NearLimit | None:
        if model is None:
            return None
        names = self._names
        guard = names.guard(model.if_, (*path, "if"), vocabulary.OPENING_FACTS)
        message = names.message(model.message, (*path, "message"))
        role = names.role(model.to, (*path, "to"))
        names.readers(message, role, (*path, "message"))
        return NearLimit(guard, Telling(message, role)) if guard else None

    def _state(self, name: str, model: models.StateModel, path: Path) -> State:
        enter = tuple(
            self._names.telling(entry, (*path, "enter", index), name)
            for index, entry in enumerate(model.enter)
        )
        on = {
            event: tuple(
                self._event_branch(branch, (*path, "on", event, index))
                for index, branch in enumerate(branches)
            )
            for event, branches in model.on.items()
        }
        at = {
            self._names.moment_key(moment, (*path, "at", moment)): tuple(
                self._moment_branch(branch, (*path, "at", moment, index), name)
                for index, branch in enumerate(branches)
            )
            for moment, branches in model.at.items()
        }
        remind = tuple(
            self._reminder(reminder, (*path, "remind", index), name)
            for index, reminder in enumerate(model.remind)
        )
        return State(name, model.final, model.why or "", enter, on, at, remind)

    def _event_branch(self, model: models.EventBranch, path: Path) -> EventBranch:
        names = self._names
        to = names.state(model.to, (*path, "to"))
        roles = tuple(
            names.actor(role, (*path, "by", index))
            for index, role in enumerate(model.by)
        )
        until = model.until and names.moment(model.until, (*path, "until"))
        guard = names.guard(model.if_, (*path, "if"))
        tells = self._tells(model, path, to)
        return EventBranch(to, roles, guard, until, tells, model.why or "")

    def _moment_branch(
        self, model: models.MomentBranch, path: Path, state: str
    ) -> MomentBranch:
        to = model.to and self._names.state(model.to, (*path, "to"))
        if model.to is not None and model.do is not None:
            self._complain.at(
                (*path, "do"), 'a branch has "to" or "do", not both', "take one out"
            )
        if model.to is None and model.do is None and model.tell is None:
            hint = 'give it a "to", a "do" or a "tell"'
            self._complain.at(path, "this branch does nothing", hint)
        elif model.after_notice:
            self._after_notice(model, (*path, "after_notice"))
        guard = self._names.guard(model.if_, (*path, "if"))
        tells = self._tells(model, path, to or state)
        why = model.why or ""
        return MomentBranch(guard, to, model.after_notice, model.do, tells, why)

    def _after_notice(self, model: models.MomentBranch, path: Path) -> None:
        if model.to is None and not self._complain.is_torn(path[:-1]):
            message = '"after_notice" is for branches that lead to a state'
            self._complain.at(path, message, 'add a "to", or take it out')
        elif self._model.notice is None and not self._complain.lost_names(()):
            message = '"after_notice" needs a "notice" in this file'
            self._complain.at(path, message, 'add "notice:" above "states:"')

    def _reminder(self, model: models.Reminder, path: Path, state: str) -> Reminder:
        names = self._names
        at = tuple(
            names.moment(moment, (*path, "at", index))
            for index, moment in enumerate(model.at)
        )
        telling = names.telling(model, path, state)
        guard = names.guard(model.if_, (*path, "if"))
        if not isinstance(model.late, models.Late):
            return Reminder(telling, at, guard, None, hold_when_later=False)
        within_path = (*path, "late", "send_within")
        within = names.duration(model.late.send_within, within_path)
        hold = model.late.otherwise == "hold"
        return Reminder(telling, at, guard, within, hold_when_later=hold)

    def _tells(
        self, model: models.Telling, path: Path, state: str
    ) -> tuple[Telling, ...]:
        if model.tell is not None and model.message is not None:
            # What a transition tells is read in the state it leads to.
            return (self._names.telling(model, path, state),)
        for word, other in (("tell", "message"), ("message", "tell")):
            if getattr(model, word) is not None and not self._complain.is_torn(path):
                self._complain.at_key((*path, word), f'"{word}" needs "{other}"')
        if model.tell is None and model.message is None and model.asks:
            message = '"asks" needs "tell" and "message": who is asked?'
            self._complain.at_key((*path, "asks"), message)
        return ()
