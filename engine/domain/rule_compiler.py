"""Resolves the names, moments and guards of a rule file into a `Ruleset`.

Nothing stops at the first mistake: each is noted with its place and compiling goes
on, so that ops see all of them at once.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.domain import moments, rule_checks, vocabulary, yaml_text
from engine.domain import rule_models as models
from engine.domain.guards import Guard, GuardError, compile_guard
from engine.domain.problems import Problem, did_you_mean
from engine.domain.rule_shape import Path, shape
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
from engine.domain.yaml_text import Source


@dataclass
class Complaints:
    """Collects problems of one file, found by their path in it."""

    source: Source
    node: yaml_text.Mapping
    found: list[Problem] = field(default_factory=list)

    def at(self, path: Path, message: str, hint: str = "") -> None:
        """Complain about a value."""
        self._add(yaml_text.find(self.node, path), message, hint)

    def at_key(self, path: Path, message: str, hint: str = "") -> None:
        """Complain about a name that stands before a value."""
        self._add(yaml_text.find_key(self.node, path), message, hint)

    def within(self, path: Path, word: str, message: str, hint: str = "") -> None:
        """Complain about one word of a value."""
        mark = yaml_text.find(self.node, path)
        line = self.source.text.splitlines()[mark.line - 1]
        start = line.find(word, mark.column - 1) if word else -1
        if start >= 0:
            mark = yaml_text.Mark(mark.line, start + 1, len(word))
        self._add(mark, message, hint)

    def _add(self, mark: yaml_text.Mark, message: str, hint: str) -> None:
        self.found.append(self.source.problem(mark, message, hint))

    def known(self, path: Path, kind: str, word: str, words: Iterable[str]) -> bool:
        """Whether the word is known; complains where it is not."""
        words = list(words)
        if word in words:
            return True
        self.within(path, word, f'unknown {kind} "{word}"', did_you_mean(word, words))
        return False


def content_version(text: str) -> str:
    """The version of a rule file: a short hash of its content."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def compile_machine(
    source: Source, node: yaml_text.Mapping, messages: Mapping[str, frozenset[str]]
) -> tuple[Ruleset | None, list[Problem]]:
    """The ruleset of a machine file, or every problem found in it.

    `messages` are the templates there are, each with the audiences it is written for.
    """
    model, problems = shape(source, node, models.MachineModel)
    if model is None:
        return None, problems
    complaints = Complaints(source, node)
    ruleset = _Compiler(model, complaints, messages).ruleset()
    if not complaints.found:
        rule_checks.check(ruleset, complaints.at, complaints.at_key)
    problems = sorted(complaints.found)
    return (None if problems else ruleset), problems


class _Compiler:
    """Walks one model; every method takes the path at which it stands."""

    def __init__(
        self,
        model: models.MachineModel,
        complaints: Complaints,
        messages: Mapping[str, frozenset[str]],
    ) -> None:
        self._model = model
        self._complain = complaints
        self._messages = messages
        self._notices = frozenset(model.notice.messages if model.notice else ())
        self._moments = set(model.calendar[0].moments())
        self._reads: set[str] = set()

    def ruleset(self) -> Ruleset:
        model = self._model
        calendar = tuple(
            self._row(row, ("calendar", index))
            for index, row in enumerate(model.calendar)
        )
        states = {
            name: self._state(name, state, ("states", name))
            for name, state in model.states.items()
        }
        opening = self._opening(model.opens, ("opens",))
        return Ruleset(
            name=model.machine,
            version=content_version(self._complain.source.text),
            why=model.why,
            initial=self._initial(),
            states=states,
            calendar=calendar,
            notice=self._notice(),
            opening=opening,
            reads=frozenset(self._reads),
        )

    def _initial(self) -> str:
        initial = [name for name, state in self._model.states.items() if state.initial]
        if len(initial) == 1:
            return initial[0]
        for name in initial[1:]:
            self._complain.at_key(
                ("states", name), f'a second initial state "{name}"', "keep one"
            )
        if not initial:
            self._complain.at_key(
                ("states",), "no state is initial", 'add "initial: true" to one of them'
            )
        return initial[0] if initial else ""

    def _notice(self) -> Notice | None:
        model = self._model.notice
        if model is None:
            return None
        for index, message in enumerate(model.messages):
            self._message(message, ("notice", "messages", index))
        self._moment(model.keeps_open, ("notice", "keeps_open"))
        try:
            out_for = moments.duration(model.out_for)
        except ValueError as error:
            self._complain.at(
                ("notice", "out_for"), f'"{model.out_for}" is no time', str(error)
            )
            return None
        return Notice(self._notices, out_for, model.keeps_open)

    def _row(self, row: models.CalendarRowModel, path: Path) -> CalendarRow:
        names = row.moments()
        for missing in sorted(
            (self._moments | set(vocabulary.REQUIRED_MOMENTS)) - set(names)
        ):
            self._complain.at(path, f'this row has no moment "{missing}"')
        for extra in sorted(set(names) - self._moments):
            hint = did_you_mean(extra, self._moments - set(names))
            self._complain.at_key(
                (*path, extra), f'the rows above have no moment "{extra}"', hint
            )
        offsets = {name: self._phrase(row, name, path) for name in names}
        return CalendarRow(self._guard(row.if_, (*path, "if")), offsets)

    def _phrase(
        self, row: models.CalendarRowModel, name: str, path: Path
    ) -> tuple[moments.Offset, ...]:
        phrase = row.moments()[name]
        try:
            offsets = moments.parse(phrase)
        except ValueError as error:
            self._complain.at((*path, name), f'"{phrase}" is no moment', str(error))
            return (moments.Offset(0, vocabulary.DATES[0]),)
        date_name = offsets[0].date_name
        self._complain.known((*path, name), "date", date_name, vocabulary.DATES)
        return offsets

    def _guard(
        self,
        text: str | None,
        path: Path,
        facts: Mapping[str, type] = vocabulary.DECISION_FACTS,
    ) -> Guard | None:
        if text is None:
            return None
        try:
            guard = compile_guard(text, facts)
        except GuardError as error:
            self._complain.within(path, error.word, str(error), error.hint)
            return None
        if facts is vocabulary.DECISION_FACTS:
            self._reads |= guard.reads
        return guard

    def _opening(self, model: models.OpeningModel, path: Path) -> Opening:
        facts = vocabulary.OPENING_FACTS
        guard = self._guard(model.if_, (*path, "if"), facts)
        if model.effective != "next term" and model.if_ is None:
            self._complain.at(path, f'"if" is missing: when does a {model.effective}?')
        limits = model.new_contact_limit
        if list(limits) != sorted(set(limits)):
            self._complain.at(
                (*path, "new_contact_limit"), "the tiers should grow from left to right"
            )
        near = None
        if model.warn:
            warn_path = (*path, "warn")
            near_guard = self._guard(model.warn.if_, (*warn_path, "if"), facts)
            self._message(model.warn.message, (*warn_path, "message"))
            self._role(model.warn.to, (*warn_path, "to"))
            self._readers(model.warn.message, model.warn.to, (*warn_path, "message"))
            telling = Telling(model.warn.message, model.warn.to)
            near = NearLimit(near_guard, telling) if near_guard else None
        emails = model.email_limit
        multiples = (emails.starter, emails.otherwise) if emails else None
        return Opening(guard, model.effective, limits, multiples, near)

    def _state(self, name: str, model: models.StateModel, path: Path) -> State:
        enter = tuple(
            telling
            for index, entry in enumerate(model.enter)
            for telling in self._tells(entry, (*path, "enter", index), name)
        )
        on = {
            event: tuple(
                self._event_branch(branch, (*path, "on", event, index), name)
                for index, branch in enumerate(branches)
            )
            for event, branches in model.on.items()
        }
        at = {}
        for moment, branches in model.at.items():
            self._moment_key(moment, (*path, "at", moment))
            at[moment] = tuple(
                self._moment_branch(branch, (*path, "at", moment, index), name)
                for index, branch in enumerate(branches)
            )
        remind = tuple(
            self._reminder(reminder, (*path, "remind", index), name)
            for index, reminder in enumerate(model.remind)
        )
        why = model.why or ""
        return State(name, model.final, why, enter, on, at, remind)

    def _event_branch(
        self, model: models.EventBranch, path: Path, state: str
    ) -> EventBranch:
        self._target(model.to, (*path, "to"))
        for index, role in enumerate(model.by):
            self._complain.known((*path, "by", index), "role", role, vocabulary.ACTORS)
        if model.until is not None:
            self._moment(model.until, (*path, "until"))
        return EventBranch(
            model.to,
            model.by,
            self._guard(model.if_, (*path, "if")),
            model.until,
            self._tells(model, path, state),
            model.why or "",
        )

    def _moment_branch(
        self, model: models.MomentBranch, path: Path, state: str
    ) -> MomentBranch:
        if model.to is not None:
            self._target(model.to, (*path, "to"))
        if model.to is not None and model.do is not None:
            self._complain.at(
                (*path, "do"), 'a branch has "to" or "do", not both', "take one out"
            )
        if model.to is None and model.do is None and model.tell is None:
            self._complain.at(path, "this branch does nothing", "add to, do or tell")
        if model.after_notice and (model.to is None or self._model.notice is None):
            self._complain.at(
                (*path, "after_notice"),
                '"after_notice" needs a "to" here and a "notice" at the top',
            )
        return MomentBranch(
            self._guard(model.if_, (*path, "if")),
            model.to,
            model.after_notice,
            model.do,
            self._tells(model, path, state),
            model.why or "",
        )

    def _reminder(self, model: models.Reminder, path: Path, state: str) -> Reminder:
        for index, moment in enumerate(model.at):
            self._moment(moment, (*path, "at", index))
        self._message(model.message, (*path, "message"))
        self._role(model.to, (*path, "to"))
        self._readers(model.message, model.to, (*path, "message"))
        self._asks(model.asks, path, state)
        telling = Telling(
            model.message,
            model.to,
            model.asks,
            model.urgent,
            model.channel,
            is_notice=model.message in self._notices,
        )
        guard = self._guard(model.if_, (*path, "if"))
        if not isinstance(model.late, models.Late):
            return Reminder(telling, model.at, guard, None, hold_when_later=False)
        late_path = (*path, "late", "send_within")
        try:
            within = moments.duration(model.late.send_within)
        except ValueError as error:
            text = model.late.send_within
            self._complain.at(late_path, f'"{text}" is no time', str(error))
            within = None
        hold = model.late.otherwise == "hold"
        return Reminder(telling, model.at, guard, within, hold_when_later=hold)

    def _tells(
        self, model: models.Telling, path: Path, state: str
    ) -> tuple[Telling, ...]:
        if (model.tell is None) != (model.message is None):
            self._complain.at(path, '"tell" and "message" belong together')
        if model.tell is None or model.message is None:
            return ()
        self._role(model.tell, (*path, "tell"))
        self._message(model.message, (*path, "message"))
        self._readers(model.message, model.tell, (*path, "message"))
        # What a transition tells is read in the state it leads to.
        self._asks(model.asks, path, getattr(model, "to", None) or state)
        return (
            Telling(
                model.message,
                model.tell,
                model.asks,
                model.urgent,
                model.channel,
                is_notice=model.message in self._notices,
            ),
        )

    def _asks(self, asks: tuple[str, ...], path: Path, state: str) -> None:
        found = self._model.states.get(state)
        events = found.on if found else {}
        for index, event in enumerate(asks):
            self._complain.known(
                (*path, "asks", index), f'event of "{state}"', event, events
            )

    def _target(self, name: str, path: Path) -> None:
        self._complain.known(path, "state", name, self._model.states)

    def _moment(self, name: str, path: Path) -> None:
        self._complain.known(path, "moment", name, self._moments)

    def _moment_key(self, name: str, path: Path) -> None:
        if name not in self._moments:
            hint = did_you_mean(name, self._moments)
            self._complain.at_key(path, f'unknown moment "{name}"', hint)

    def _role(self, name: str, path: Path) -> None:
        self._complain.known(path, "role", name, vocabulary.ADDRESSEES)

    def _message(self, name: str, path: Path) -> None:
        self._complain.known(path, "template", name, self._messages)

    def _readers(self, message: str, role: str, path: Path) -> None:
        """Complain unless the message is written for everybody the role may mean."""
        wanted = vocabulary.AUDIENCES.get(role, frozenset())
        missing = wanted - self._messages.get(message, wanted)
        if missing:
            self._complain.at(
                path,
                f'message "{message}" has no template for {", ".join(sorted(missing))}',
                f'"{role}" may mean them',
            )
