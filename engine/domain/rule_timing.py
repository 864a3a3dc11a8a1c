"""What can be proved of a machine's dates before anything fires.

No two dated transitions of a state collide, no reminder comes too early, too late or
together with another, and none asks for what is closed by then. Moments that could not
be read are passed over.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from engine.domain import vocabulary
from engine.domain.complaints import Complaints
from engine.domain.moments import Offset
from engine.domain.rule_checks import is_certain
from engine.domain.ruleset import (
    CalendarRow,
    MomentBranch,
    Reminder,
    Ruleset,
    State,
)
from engine.domain.worlds import World, taken, worlds
from engine.domain.yaml_text import Path

_ALWAYS: Final = timedelta.min
#: The beginning of renewal start, to which all moments are relative.
_START: Final = timedelta(0)
#: The clock strikes every so often: what allows less is never in time.
_LEAST: Final = timedelta(minutes=5)


def check(ruleset: Ruleset, complaints: Complaints) -> None:
    """Run every check on every row of the calendar."""
    for index, row in enumerate(ruleset.calendar):
        _check_single(ruleset, row, index, complaints)
        _check_order(row, index, complaints)
        _check_sides(ruleset, row, index, complaints)
        entered = _entered(ruleset, row, complaints)
        for state in ruleset.states.values():
            _check_collisions(state, row, complaints)
            left = _left(ruleset, state, row)
            _check_reminders(state, row, (entered[state.name], left), complaints)
            _check_answers(state, row, complaints)
    for state in ruleset.states.values():
        _check_tolerances(state, complaints)


def instant(offset: Offset) -> timedelta:
    """Where an offset lies relative to its date, in a zone without surprises."""
    at = timedelta(hours=offset.at.hour, minutes=offset.at.minute)
    return timedelta(days=offset.days + offset.end_of_day) + at


def offsets(row: CalendarRow, moment: str | None) -> tuple[Offset, ...]:
    """The instants of a moment; none where it is unknown."""
    return row.moments.get(moment or "", ())


def first(row: CalendarRow, moment: str | None) -> Offset | None:
    """The first instant of a moment; None where it is unknown."""
    return next(iter(offsets(row, moment)), None)


def _check_single(
    ruleset: Ruleset, row: CalendarRow, index: int, complaints: Complaints
) -> None:
    """Only reminders can have several days; all else happens once."""
    single = set(vocabulary.REQUIRED_MOMENTS)
    if ruleset.notice:
        single.add(ruleset.notice.keeps_open)
    for state in ruleset.states.values():
        single |= set(state.at)
        for branches in state.on.values():
            single |= {branch.until for branch in branches if branch.until}
    for moment in single:
        days = len(offsets(row, moment))
        if days > 1:
            complaints.at(
                ("calendar", index, moment),
                f'"{moment}" should be one day, not {days}',
                "only moments of reminders can have several days",
            )


def _check_order(row: CalendarRow, index: int, complaints: Complaints) -> None:
    listed, deadline = first(row, "listed"), first(row, "deadline")
    if listed and deadline and instant(deadline) <= instant(listed):
        complaints.at(
            ("calendar", index, "deadline"),
            f"the deadline comes before the change is listed, {listed.describe()}",
            "let listed come first",
        )


def _check_sides(
    ruleset: Ruleset, row: CalendarRow, index: int, complaints: Complaints
) -> None:
    """What is agreed in time for renewal start applies from then on, and not before."""
    deadline = first(row, "deadline")
    if deadline and instant(deadline) > _START:
        complaints.at(
            ("calendar", index, "deadline"),
            f"the deadline comes too late, {deadline.describe()}",
            "let it be earlier: the new conditions apply by then",
        )
    branches = [dated for state in ruleset.states.values() for dated in _dated(state)]
    for moment, branch in branches:
        offset, place = first(row, moment), ("calendar", index, moment)
        if offset and instant(offset) < _START and branch.do in vocabulary.NOT_BEFORE:
            message = f'"{branch.do}" comes too early, {offset.describe()}'
            hint = f'let "{moment}" be {offset.date_name}, or later'
            complaints.at(place, message, hint)
        if offset and instant(offset) > _START and branch.after_notice:
            message = f"silence acts too late, {offset.describe()}"
            hint = f'let "{moment}" be earlier: the new conditions apply by then'
            complaints.at(place, message, hint)


def _dated(state: State) -> Iterator[tuple[str, MomentBranch]]:
    for moment, branches in state.at.items():
        for branch in branches:
            yield moment, branch


def _moves(branches: tuple[MomentBranch, ...]) -> bool:
    return any(branch.to or branch.do for branch in branches)


def _check_collisions(state: State, row: CalendarRow, complaints: Complaints) -> None:
    """Two dated transitions of one state at one instant: which comes first?"""
    seen: dict[timedelta, str] = {}
    for moment, branches in state.at.items():
        offset = first(row, moment)
        if offset is None or not _moves(branches):
            continue
        other = seen.setdefault(instant(offset), moment)
        if other != moment:
            complaints.at_key(
                ("states", state.name, "at", moment),
                f'collides with "{other}": both are {offset.describe()}',
                "give them different days, or make them branches of one moment",
            )


def _entered(
    ruleset: Ruleset, row: CalendarRow, complaints: Complaints
) -> dict[str, timedelta]:
    """The earliest instant at which each state can be entered."""
    if not ruleset.initial or not is_certain(ruleset, complaints):
        return dict.fromkeys(ruleset.states, _ALWAYS)
    found = dict.fromkeys(ruleset.states, timedelta.max)
    found[ruleset.initial] = _ALWAYS
    waiting = [ruleset.initial]
    while waiting:
        name = waiting.pop()
        for target, at in _ways(ruleset.states[name], row):
            earliest = max(found[name], at)
            if earliest < found[target]:
                found[target] = earliest
                waiting.append(target)
    return {name: at if at != timedelta.max else _ALWAYS for name, at in found.items()}


def _ways(state: State, row: CalendarRow) -> Iterator[tuple[str, timedelta]]:
    """Where a state leads, and from when."""
    for event_branches in state.on.values():
        for event_branch in event_branches:
            yield event_branch.to, _ALWAYS
    for moment, branches in state.at.items():
        offset = first(row, moment)
        for branch in branches:
            if branch.to:
                yield branch.to, instant(offset) if offset else _ALWAYS


def _left(ruleset: Ruleset, state: State, row: CalendarRow) -> timedelta | None:
    """The instant by which no change is in the state any more, if there is one."""
    leaving = [
        instant(offset)
        for moment, branches in state.at.items()
        if (offset := first(row, moment)) and _all_leave(ruleset, row, branches)
    ]
    return min(leaving, default=None)


def _all_leave(
    ruleset: Ruleset, row: CalendarRow, branches: tuple[MomentBranch, ...]
) -> bool:
    """Whether every contract that the row is for leaves the state by some branch."""
    found = worlds(branches, ruleset.calendar)

    def leaves(world: World) -> bool:
        branch = taken(branches, world)
        is_meant = taken(ruleset.calendar, world) is row
        return not is_meant or (branch is not None and _leaves(branch))

    return found.always(leaves)


def _leaves(branch: MomentBranch) -> bool:
    moves = branch.to is not None and not branch.after_notice
    return moves or branch.do in vocabulary.CLOSING


def _slots(state: State, row: CalendarRow) -> Iterator[tuple[Offset, Reminder, Path]]:
    for index, reminder in enumerate(state.remind):
        for place, moment in enumerate(reminder.moments):
            path: Path = ("states", state.name, "remind", index, "at", place)
            for offset in offsets(row, moment):
                yield offset, reminder, path


def _check_reminders(
    state: State,
    row: CalendarRow,
    stay: tuple[timedelta, timedelta | None],
    complaints: Complaints,
) -> None:
    """`stay` is when the state is entered at the earliest, and left at the latest."""
    (entered, left), listed = stay, first(row, "listed")
    together: dict[timedelta, list[Reminder]] = {}
    # From the last on, since of several due together the last one is sent.
    for offset, reminder, path in reversed(list(_slots(state, row))):
        at, words, why = instant(offset), offset.describe(), ""
        others = together.setdefault(at, [])
        other = next((other for other in others if _displaces(other, reminder)), None)
        others.append(reminder)
        if left is not None and at >= left:
            why = f'"{state.name}" is over by {words}'
        elif at <= entered:
            why = f'"{state.name}" is not entered before {words} is past'
        elif listed and at < instant(listed):
            why = f"{words} is before the change is listed, {listed.describe()}"
        elif other:
            why = f'"{other.telling.message}" goes out at {words} in its place'
        if why:
            message = f"this reminder can never fire: {why}"
            complaints.at(path, message, "send it at another time")


def _displaces(other: Reminder, reminder: Reminder) -> bool:
    """Whether only the other one of two that fall due together is ever sent."""
    if other.guard is not None:
        return False
    if other.send_within is None:
        return True
    within = reminder.send_within
    return within is not None and within <= other.send_within


def _check_tolerances(state: State, complaints: Complaints) -> None:
    for index, reminder in enumerate(state.remind):
        if reminder.send_within is not None and reminder.send_within < _LEAST:
            complaints.at(
                ("states", state.name, "remind", index, "late", "send_within"),
                "this reminder can never fire: no clock is so exact",
                'allow it some time, such as "6 hours"',
            )


def _check_answers(state: State, row: CalendarRow, complaints: Complaints) -> None:
    """A reminder should not ask for what is closed, or will be sooner than it says."""
    deadline = first(row, "deadline")
    for index, reminder in enumerate(state.remind):
        sent = [o for moment in reminder.moments for o in offsets(row, moment)]
        last = max(sent, key=instant, default=None)
        for place, event in enumerate(reminder.telling.asks):
            path: Path = ("states", state.name, "remind", index, "asks", place)
            closed = _closed(state, row, event, reminder.telling.to)
            if last and closed and instant(last) >= instant(closed):
                what = f'asks for "{event}" {last.describe()}, but it is open only '
                hint = "send the reminder earlier, or do not ask"
            elif closed and deadline and instant(closed) < instant(deadline):
                what = f'this names the deadline, but "{event}" is open only '
                hint = f'let "{event}" be open until deadline'
            else:
                continue
            complaints.at(path, f"{what}until {closed.describe()}", hint)
            break  # The next event is probably closed for the same reason.


def _closed(state: State, row: CalendarRow, event: str, role: str) -> Offset | None:
    """From when no reader of a role can fire an event any more."""
    readers = set(vocabulary.ANSWERERS.get(role, ()))
    branches = state.on.get(event, ())
    open_to = [branch for branch in branches if readers & set(branch.by)]
    ends = [first(row, branch.until) for branch in open_to]
    known = [end for end in ends if end is not None]
    return max(known, key=instant) if known and len(known) == len(ends) else None
