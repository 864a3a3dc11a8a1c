"""What can be proved of a machine before anything fires, whatever its dates are.

Every state is reached and can end, no branch or row is dead, dates do not lead round
in a circle, and nobody is asked for what they may not answer. Where a part of the
file was refused, nothing is claimed that depends on it.
"""

from collections.abc import Iterator, Sequence

from engine.domain import vocabulary
from engine.domain.complaints import Complaints
from engine.domain.guards import Guard
from engine.domain.ruleset import (
    EventBranch,
    MomentBranch,
    Ruleset,
    State,
    Telling,
)
from engine.domain.worlds import Conditional, taken, worlds
from engine.domain.yaml_text import Path


def check(ruleset: Ruleset, complaints: Complaints) -> None:
    """Run every check."""
    _check_rows(ruleset, complaints)
    _check_reachable(ruleset, complaints)
    _check_circles(ruleset, complaints)
    _check_ends(ruleset, complaints)
    for state in ruleset.states.values():
        _check_moment_branches(state, complaints)
        _check_event_branches(state, complaints)
    for path, state_name, telling in tellings(ruleset):
        _check_answerers(ruleset, path, state_name, telling, complaints)


def is_certain(ruleset: Ruleset, complaints: Complaints) -> bool:
    """Whether it is known where everything leads."""
    return not complaints.lost_names(("states",)) and not any(
        _leads_anywhere(ruleset, state, complaints) for state in ruleset.states.values()
    )


def branches_of(state: State) -> Iterator[tuple[Path, EventBranch | MomentBranch]]:
    """What a state's events and moments lead to, each with its path."""
    path: Path = ("states", state.name)
    for event, answers in state.on.items():
        for index, answer in enumerate(answers):
            yield (*path, "on", event, index), answer
    for moment, branches in state.at.items():
        for index, branch in enumerate(branches):
            yield (*path, "at", moment, index), branch


def tellings(ruleset: Ruleset) -> Iterator[tuple[Path, str, Telling]]:
    """All that is told, its path, and the state in which it is read."""
    for name, state in ruleset.states.items():
        path: Path = ("states", name)
        for index, telling in enumerate(state.enter):
            yield (*path, "enter", index), name, telling
        for below, branch in branches_of(state):
            for telling in branch.tells:
                yield below, branch.to or name, telling
        for index, reminder in enumerate(state.remind):
            yield (*path, "remind", index), name, reminder.telling


def _check_rows(ruleset: Ruleset, complaints: Complaints) -> None:
    rows = ruleset.calendar
    for index, row in enumerate(rows):
        if row.guard is not None and "notice_out" in row.guard.reads:
            complaints.within(
                ("calendar", index, "if"),
                "notice_out",
                "notice_out cannot choose the dates: it changes while they run",
                "let it choose a branch instead",
            )
        above = [
            other
            for place, other in enumerate(rows[:index])
            if not complaints.doubtful(("calendar", place))
        ]
        doubtful = complaints.doubtful(("calendar", index, "if"))
        if not doubtful and _is_in_vain(row, above):
            complaints.at(
                ("calendar", index),
                "this row is never used: those above are used wherever it fits",
                "give those above another condition, or put this one first",
            )
    if rows[-1].guard is not None and not complaints.lost_names(("calendar",)):
        complaints.at(
            ("calendar", len(rows) - 1, "if"),
            "the last row should have no condition",
            "a contract that meets none of them would have no dates",
        )


def _is_in_vain(one: Conditional, above: Sequence[Conditional]) -> bool:
    """Whether one of those above is taken wherever this one could be."""
    if any(_is_same(other.guard, one.guard) for other in above):
        return True
    found = worlds(above, [one])
    return bool(above) and found.always(
        lambda world: taken((*above, one), world) != one
    )


def _is_same(above: Guard | None, below: Guard | None) -> bool:
    """Whether one condition is, or always holds where it is not, another one."""
    if above is None or below is None:
        return above is None
    return bool(above.text) and above.text == below.text


def _targets(state: State) -> Iterator[str]:
    for event_branches in state.on.values():
        yield from (branch.to for branch in event_branches)
    for branches in state.at.values():
        yield from (branch.to for branch in branches if branch.to)


def _leads_anywhere(ruleset: Ruleset, state: State, complaints: Complaints) -> bool:
    """Whether it is not known where the state may lead."""
    lost = any(
        complaints.lost(("states", state.name, word)) for word in ("on", "at", "final")
    )
    return lost or any(target not in ruleset.states for target in _targets(state))


def _check_reachable(ruleset: Ruleset, complaints: Complaints) -> None:
    if not ruleset.initial or not is_certain(ruleset, complaints):
        return
    reached, waiting = {ruleset.initial}, [ruleset.initial]
    while waiting:
        for target in _targets(ruleset.states[waiting.pop()]):
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    for name in ruleset.states:
        if name not in reached:
            complaints.at_key(
                ("states", name),
                f'state "{name}" is never reached',
                'name it after a "to:" of a state that is, or take it out',
            )


def _can_end(ruleset: Ruleset, state: State, complaints: Complaints) -> bool:
    effects = {branch.do for branches in state.at.values() for branch in branches}
    ends = state.final or bool(effects & vocabulary.CLOSING)
    unclear = any(
        complaints.doubtful(("states", state.name, word)) for word in ("on", "at")
    )
    return ends or unclear or _leads_anywhere(ruleset, state, complaints)


def _check_ends(ruleset: Ruleset, complaints: Complaints) -> None:
    states = ruleset.states
    for name, state in states.items():
        if state.final and (state.on or state.at or state.remind):
            complaints.at_key(
                ("states", name, "final"),
                f'"{name}" is final, so nothing can happen in it',
                'take out "final", or what happens',
            )
    ending = {
        name for name, state in states.items() if _can_end(ruleset, state, complaints)
    }
    while more := {
        name
        for name, state in states.items()
        if name not in ending and ending & set(_targets(state))
    }:
        ending |= more
    for name in states:
        if name not in ending:
            complaints.at_key(
                ("states", name),
                f'dead end: a change in "{name}" never comes to an end',
                'give it a way out, an effect that closes it, or "final: true"',
            )


def _check_circles(ruleset: Ruleset, complaints: Complaints) -> None:
    """Every past moment is due anew in the state that a date leads to: no circles."""
    done: set[str] = set()
    for name in ruleset.states:
        _walk_dates(ruleset, (name,), done, complaints)


def _walk_dates(
    ruleset: Ruleset, way: tuple[str, ...], done: set[str], complaints: Complaints
) -> None:
    here = way[-1]
    if here in done:
        return
    for moment, branches in ruleset.states[here].at.items():
        for index, branch in enumerate(branches):
            target = branch.to or ""
            if target in way:
                round_ = (*way[way.index(target) :], target)
                complaints.at(
                    ("states", here, "at", moment, index, "to"),
                    f"these dates lead round for ever: {' → '.join(round_)}",
                    "let an event lead back instead",
                )
            elif target in ruleset.states:
                _walk_dates(ruleset, (*way, target), done, complaints)
    done.add(here)


def _check_moment_branches(state: State, complaints: Complaints) -> None:
    for moment, branches in state.at.items():
        for index, branch in enumerate(branches):
            path: Path = ("states", state.name, "at", moment, index)
            if complaints.doubtful((*path, "if")):
                continue
            if _is_in_vain(branch, branches[:index]):
                complaints.at(
                    path,
                    "this branch is never taken: those above hold wherever it does",
                    'give those above another "if", or put this one first',
                )
                break


def _check_event_branches(state: State, complaints: Complaints) -> None:
    for event, branches in state.on.items():
        for index, branch in enumerate(branches):
            above = branches[:index]
            if all(_is_served(role, branch, above) for role in branch.by):
                complaints.at(
                    ("states", state.name, "on", event, index),
                    "this branch is never taken: those above serve the same roles",
                    'give the ones above an "if" or an "until", or take it out',
                )


def _is_served(role: str, branch: EventBranch, above: tuple[EventBranch, ...]) -> bool:
    """Whether branches above are taken for a role wherever this one could be."""
    serving = [
        other
        for other in above
        if role in other.by and other.until in (None, branch.until)
    ]
    return _is_in_vain(branch, serving)


def _check_answerers(
    ruleset: Ruleset, path: Path, name: str, telling: Telling, complaints: Complaints
) -> None:
    state = ruleset.states.get(name)
    if state is None:
        return
    readers = vocabulary.ANSWERERS.get(telling.to, ())
    for index, event in enumerate(telling.asks):
        if event not in state.on:
            continue
        permitted = {role for branch in state.on[event] for role in branch.by}
        barred = [role for role in readers if role not in permitted]
        if barred and not complaints.doubtful(("states", name, "on", event)):
            complaints.at(
                (*path, "asks", index),
                f'asks for "{event}", which {" and ".join(barred)} may not answer',
                f'add {" and ".join(barred)} to its "by:" in "{name}"',
            )
