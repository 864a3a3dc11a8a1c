"""What can be proved of a rule file before anything fires.

Each check walks a compiled ruleset and complains at a path of the file. What is proved
here: every state is reached and can end, no branch is dead, no two dated transitions
collide, no reminder comes too late to be sent or answered, and silence never acts
before its notice can have been out.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Protocol

from engine.domain import vocabulary
from engine.domain.moments import Offset
from engine.domain.rule_shape import Path
from engine.domain.ruleset import CalendarRow, MomentBranch, Notice, Ruleset, State


class Complain(Protocol):
    """Notes a problem at a path of the rule file."""

    def __call__(self, path: Path, message: str, hint: str = "") -> None: ...


def check(ruleset: Ruleset, at: Complain, at_key: Complain) -> None:
    """Run every check; `at` marks a value, `at_key` the name before one."""
    _check_calendar(ruleset, at)
    _check_reachable(ruleset, at_key)
    _check_ends(ruleset, at_key)
    _check_dead_branches(ruleset, at)
    _check_unused_moments(ruleset, at_key)
    for index, row in enumerate(ruleset.calendar):
        for state in ruleset.states.values():
            _check_collisions(state, row, at_key)
            _check_reminders(state, row, index, at)
        if ruleset.notice:
            _check_notice(ruleset, ruleset.notice, index, at)


def instant(offset: Offset) -> timedelta:
    """Where an offset lies relative to its date, in a zone without surprises."""
    at = timedelta(hours=offset.at.hour, minutes=offset.at.minute)
    return timedelta(days=offset.days + offset.end_of_day) + at


def _check_calendar(ruleset: Ruleset, at: Complain) -> None:
    last = len(ruleset.calendar) - 1
    for index, row in enumerate(ruleset.calendar):
        if row.guard is None and index < last:
            at(
                ("calendar", index + 1),
                "this row is never reached: the one above has no condition",
            )
        if row.guard is not None and index == last:
            at(
                ("calendar", index, "if"),
                "the last row should have no condition",
                "a contract that meets no row would have no dates",
            )


def _targets(state: State) -> Iterator[str]:
    for event_branches in state.on.values():
        yield from (branch.to for branch in event_branches)
    for branches in state.at.values():
        yield from (branch.to for branch in branches if branch.to)


def _check_reachable(ruleset: Ruleset, at_key: Complain) -> None:
    reached, waiting = {ruleset.initial}, [ruleset.initial]
    while waiting:
        for target in _targets(ruleset.states[waiting.pop()]):
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    for name in ruleset.states:
        if name not in reached:
            at_key(
                ("states", name),
                f'nothing leads to state "{name}"',
                "name it after a to: or take it out",
            )


def _ends(state: State) -> bool:
    effects = {branch.do for branches in state.at.values() for branch in branches}
    return state.final or bool(effects & vocabulary.CLOSING)


def _check_ends(ruleset: Ruleset, at_key: Complain) -> None:
    for name, state in ruleset.states.items():
        if state.final and (state.on or state.at or state.remind):
            at_key(("states", name), f'nothing can happen in final state "{name}"')
    ending = {name for name, state in ruleset.states.items() if _ends(state)}
    while more := {
        name
        for name, state in ruleset.states.items()
        if name not in ending and ending & set(_targets(state))
    }:
        ending |= more
    for name in ruleset.states.keys() - ending:
        at_key(
            ("states", name),
            f'dead end: state "{name}" never ends and leads nowhere that does',
            'give it a way out, or "final: true"',
        )


def _check_dead_branches(ruleset: Ruleset, at: Complain) -> None:
    for name, state in ruleset.states.items():
        for moment, branches in state.at.items():
            for index, branch in enumerate(branches[:-1]):
                if branch.guard is None:
                    at(
                        ("states", name, "at", moment, index + 1),
                        "this branch is never taken: the one above has no condition",
                    )


def _check_unused_moments(ruleset: Ruleset, at_key: Complain) -> None:
    used = set(vocabulary.REQUIRED_MOMENTS)
    if ruleset.notice:
        used.add(ruleset.notice.keeps_open)
    for state in ruleset.states.values():
        used |= set(state.at)
        used |= {moment for reminder in state.remind for moment in reminder.moments}
        for branches in state.on.values():
            used |= {branch.until for branch in branches if branch.until}
    for name in ruleset.calendar[0].moments:
        if name not in used:
            at_key(
                ("calendar", 0, name),
                f'nothing happens at moment "{name}"',
                "use it or take it out",
            )


def _moves(branches: tuple[MomentBranch, ...]) -> bool:
    return any(branch.to or branch.do for branch in branches)


def _check_collisions(state: State, row: CalendarRow, at_key: Complain) -> None:
    """Two dated transitions of one state at one instant: which comes first?"""
    seen: dict[timedelta, str] = {}
    for moment, branches in state.at.items():
        if not _moves(branches):
            continue
        for offset in row.moments[moment]:
            other = seen.setdefault(instant(offset), moment)
            if other != moment:
                at_key(
                    ("states", state.name, "at", moment),
                    f'collides with "{other}": both are {offset.describe()}',
                    "give them different days",
                )


def _surely_left(state: State, row: CalendarRow) -> timedelta | None:
    """The instant by which no subject is in the state any more, if there is one."""
    leaving = [
        instant(row.first(moment))
        for moment, branches in state.at.items()
        if any(
            branch.guard is None and not branch.after_notice and _leaves(branch)
            for branch in branches
        )
        and all(_leaves(branch) for branch in branches)
    ]
    return min(leaving, default=None)


def _leaves(branch: MomentBranch) -> bool:
    return branch.to is not None or branch.do in vocabulary.CLOSING | {vocabulary.HOLD}


def _check_reminders(
    state: State, row: CalendarRow, row_index: int, at: Complain
) -> None:
    left = _surely_left(state, row)
    for index, reminder in enumerate(state.remind):
        path: Path = ("states", state.name, "remind", index)
        for place, moment in enumerate(reminder.moments):
            for offset in row.moments[moment]:
                _check_reminder(state, row, offset, left, _at(path, place), at)
    _check_answers(state, row, row_index, at)


def _at(path: Path, place: int) -> Path:
    return (*path, "at", place)


def _check_reminder(
    state: State,
    row: CalendarRow,
    offset: Offset,
    left: timedelta | None,
    path: Path,
    at: Complain,
) -> None:
    if left is not None and instant(offset) >= left:
        at(
            path,
            f'this reminder can never fire: "{state.name}" is over by '
            f"{offset.describe()}",
        )
    elif instant(offset) < instant(row.first("listed")):
        at(
            path,
            f"this reminder can never fire in time: {offset.describe()} comes before "
            f"the change is listed, {row.first('listed').describe()}",
        )


def _check_answers(
    state: State, row: CalendarRow, row_index: int, at: Complain
) -> None:
    """A reminder should not ask for what can no longer be answered."""
    for index, reminder in enumerate(state.remind):
        sent = max(instant(o) for m in reminder.moments for o in row.moments[m])
        for place, event in enumerate(reminder.telling.asks):
            ends = [
                instant(row.first(branch.until)) if branch.until else None
                for branch in state.on[event]
            ]
            if all(end is not None and end <= sent for end in ends):
                at(
                    ("states", state.name, "remind", index, "asks", place),
                    f'asks for "{event}" when it can no longer be answered '
                    f"(calendar row {row_index + 1})",
                    "send the reminder earlier",
                )


def _silences(ruleset: Ruleset) -> Iterator[tuple[State, str, int]]:
    for state in ruleset.states.values():
        for moment, branches in state.at.items():
            for index, branch in enumerate(branches):
                if branch.after_notice:
                    yield state, moment, index


def _check_notice(ruleset: Ruleset, notice: Notice, index: int, at: Complain) -> None:
    row = ruleset.calendar[index]
    for state, moment, branch in _silences(ruleset):
        path: Path = ("states", state.name, "at", moment, branch, "after_notice")
        silence = row.first(moment)
        if instant(row.first(notice.keeps_open)) > instant(silence):
            at(
                ("calendar", index, notice.keeps_open),
                f'"{moment}" acts while "{notice.keeps_open}" is still open',
                f"let {notice.keeps_open} end first",
            )
        carried = _carried(state, row)
        if not carried:
            at(path, f'no reminder of "{state.name}" carries the notice')
        elif min(map(instant, carried)) + notice.out_for > instant(silence):
            first = min(carried, key=instant)
            needed = silence.days - notice.out_for.days
            at(
                ("calendar", index, moment),
                f"{moment} ({silence.describe()}) comes before the notice can be out "
                f"for {notice.out_for.days} days: the first reminder that carries it "
                f"is {first.describe()}",
                f"send it {abs(needed)} days before or earlier, or lower out_for",
            )


def _carried(state: State, row: CalendarRow) -> list[Offset]:
    return [
        offset
        for reminder in state.remind
        if reminder.telling.is_notice
        for moment in reminder.moments
        for offset in row.moments[moment]
    ]
