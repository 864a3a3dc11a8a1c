"""Proves that silence binds nobody who was not told, or who has asked to cancel.

A date *settles* a change where what was agreed comes to apply on it, or would by way
of other states, without an answer and without a notice that has to be out first.
"""

from collections.abc import Iterator

from engine.domain import vocabulary
from engine.domain.complaints import Complaints
from engine.domain.rule_checks import is_certain, tellings
from engine.domain.rule_ends import dated
from engine.domain.ruleset import MomentBranch, Ruleset, State
from engine.domain.vocabulary import ChangeType
from engine.domain.yaml_text import Path


def check(ruleset: Ruleset, complaints: Complaints) -> None:
    """Check every date of every state in which nobody may have agreed."""
    kind = vocabulary.CHANGE_TYPES.get(ruleset.name)
    if kind is None or not is_certain(ruleset, complaints):
        return
    dates = _Dates(ruleset, kind)
    for name in _unanswered(ruleset, dates):
        _check_silence(ruleset, ruleset.states[name], dates, complaints)
    for name in sorted(_cancelled(ruleset)):
        _check_cancelled(ruleset.states[name], dates, complaints)
    _check_answers(ruleset, complaints)


class _Dates:
    """Where the dates of one machine lead by themselves."""

    def __init__(self, ruleset: Ruleset, kind: ChangeType) -> None:
        self.settles, self.drops = kind.settles, kind.drops
        self.unasked = self._leading(ruleset, with_notice=False)
        self.at_all = self._leading(ruleset, with_notice=True)

    def settle(self, branch: MomentBranch) -> bool:
        """Whether a branch settles a change though perhaps nobody was told."""
        waits = branch.after_notice
        return branch.do == self.settles or (branch.to in self.unasked and not waits)

    def _leading(self, ruleset: Ruleset, *, with_notice: bool) -> frozenset[str]:
        """The states in which, or from which, dates alone settle a change."""
        found: set[str] = set()
        while more := {
            name
            for name, state in ruleset.states.items()
            if name not in found
            for _, branch in dated(state)
            if branch.do == self.settles
            or (branch.to in found and (with_notice or not branch.after_notice))
        }:
            found |= more
        return frozenset(found)


def _unanswered(ruleset: Ruleset, dates: _Dates) -> list[str]:
    """The states in which a change may be though nobody has said yes."""
    waiting = [ruleset.initial]
    for _, name, telling in tellings(ruleset):
        asked = (ruleset.states[name].on.get(event, ()) for event in telling.asks)
        if any(branch.to in dates.unasked for many in asked for branch in many):
            waiting.append(name)
    found: list[str] = []
    while waiting:
        name = waiting.pop(0)
        if name in ruleset.states and name not in found:
            found.append(name)
            waiting += [
                branch.to
                for _, branch in dated(ruleset.states[name])
                if branch.to and branch.to not in dates.unasked
            ]
    return found


def _check_silence(
    ruleset: Ruleset, state: State, dates: _Dates, complaints: Complaints
) -> None:
    for path, branch in dated(state):
        if not dates.settle(branch) or complaints.lost((*path, "after_notice")):
            continue
        if branch.do is not None:
            hint = 'lead to a state with "after_notice: true", and say this there'
            message = f'silence would "{branch.do}" though nobody may know'
            complaints.at((*path, "do"), message, hint)
        else:
            hint = 'add "after_notice: true"'
            if ruleset.notice is None:
                hint = f'{hint}, and a "notice:" above "states:"'
            message = f'silence leads to "{branch.to}" though nobody may know'
            complaints.at((*path, "to"), message, hint)


def _cancelled(ruleset: Ruleset) -> Iterator[str]:
    for state in ruleset.states.values():
        for branch in state.on.get(vocabulary.CANCELLING, ()):
            yield branch.to


def _check_cancelled(state: State, dates: _Dates, complaints: Complaints) -> None:
    for path, branch in dated(state):
        settles = branch.do == dates.settles
        if settles or branch.to in dates.at_all:
            word: Path = (*path, "do" if settles else "to")
            complaints.at(
                word,
                f'somebody asked to cancel: "{vocabulary.CANCELLING}" leads to '
                f'"{state.name}", and this would "{dates.settles}" all the same',
                f'say "do: {dates.drops}" instead',
            )


def _check_answers(ruleset: Ruleset, complaints: Complaints) -> None:
    """Where a message offers to cancel, its other answers should say something else."""
    no = vocabulary.CANCELLING
    for _, name, telling in tellings(ruleset):
        on = ruleset.states[name].on
        ends = {branch.to for branch in on.get(no, ()) if no in telling.asks}
        for event in telling.asks:
            targets = {branch.to for branch in on.get(event, ())}
            if event != no and targets and targets <= ends:
                complaints.at_key(
                    ("states", name, "on", event),
                    f'"{event}" leads to "{targets.pop()}", as "{no}" does',
                    "let the two answers lead to different states",
                )
