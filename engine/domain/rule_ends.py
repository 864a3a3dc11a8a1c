"""Proves that every change comes to an end by itself, and to one that fits its type.

What is left open for ever, or ends without its effect, is never seen again: no next
renewal opens, and nobody is asked.
"""

from collections.abc import Iterator

from engine.domain import vocabulary
from engine.domain.complaints import Complaints
from engine.domain.rule_checks import is_certain
from engine.domain.ruleset import MomentBranch, Ruleset, State
from engine.domain.vocabulary import ChangeType
from engine.domain.worlds import World, taken, worlds
from engine.domain.yaml_text import Path


def check(ruleset: Ruleset, complaints: Complaints) -> None:
    """Run every check."""
    kind = vocabulary.CHANGE_TYPES.get(ruleset.name)
    for state in ruleset.states.values():
        _check_final(ruleset, state, kind, complaints)
        if kind is not None:
            _check_effects(ruleset.name, state, kind, complaints)
        if not state.final:
            _check_open_end(state, complaints)
    if kind is not None:
        _check_settling(ruleset, kind, complaints)


def dated(state: State) -> Iterator[tuple[Path, MomentBranch]]:
    """The branches of a state's moments, each with its path."""
    for moment, branches in state.at.items():
        for index, branch in enumerate(branches):
            yield ("states", state.name, "at", moment, index), branch


def _check_final(
    ruleset: Ruleset, state: State, kind: ChangeType | None, complaints: Complaints
) -> None:
    path: Path = ("states", state.name, "final")
    if not state.final or state.on or state.at or state.remind:
        return
    if state.name == ruleset.initial:
        message = f'"{state.name}" is initial and final: a change ends as it opens'
        complaints.at_key(path, message, 'take out "final", and say what happens')
    elif kind is not None and kind.needs_effect:
        complaints.at_key(
            path,
            f"no {ruleset.name} may just end: its contract would neither go on nor end",
            f'say "do: {kind.settles}" or "do: {kind.drops}" at a moment instead',
        )


def _check_effects(
    name: str, state: State, kind: ChangeType, complaints: Complaints
) -> None:
    fitting = (kind.settles, kind.drops, vocabulary.HOLD)
    for path, branch in dated(state):
        if branch.do is not None and branch.do not in fitting:
            complaints.at(
                (*path, "do"),
                f'"{branch.do}" is not for {vocabulary.with_article(name)}',
                f'write "{kind.settles}", "{kind.drops}" or "{vocabulary.HOLD}"',
            )


def _check_settling(ruleset: Ruleset, kind: ChangeType, complaints: Complaints) -> None:
    if complaints.doubtful(("states",)) or not is_certain(ruleset, complaints):
        return
    finals = [name for name, state in ruleset.states.items() if state.final]
    if ruleset.initial in finals or (kind.needs_effect and finals):
        return  # That was complained about; what it should do is missing, too.
    done = {
        branch.do for state in ruleset.states.values() for _, branch in dated(state)
    }
    if kind.settles not in done:
        complaints.at_key(
            ("states",),
            f'no state here does "{kind.settles}"',
            "say it at a moment of the state in which the customer has agreed",
        )


def _check_open_end(state: State, complaints: Complaints) -> None:
    """Whatever is known of a contract, some moment moves, closes or holds a change."""
    path: Path = ("states", state.name, "at")
    if complaints.doubtful(path):
        return
    found = worlds([branch for _, branch in dated(state)], also=["notice_out"])
    stuck = found.where(lambda world: not _ends(state, world))
    if not stuck:
        return
    where = found.words(stuck)
    message = f'a change can stay in "{state.name}" for ever: no date ends it'
    complaints.at_key(
        path if state.at else path[:-1],
        f"{message} where {where}" if where else message,
        'let a moment lead to another state, close it, or "do: hold" for a person',
    )


def _ends(state: State, world: World) -> bool:
    return any(
        _is_end(branch, world)
        for branches in state.at.values()
        if (branch := taken(branches, world)) is not None
    )


def _is_end(branch: MomentBranch, world: World) -> bool:
    if branch.after_notice:
        return bool(world["notice_out"])
    return branch.to is not None or branch.do is not None
