"""The one place that uses `transitions`: which moves a machine allows, and making them.

`transitions` would import a dotted string given as a callback, and checks a target only
when it fires; no text of a rule file reaches it but names that the compiler resolved,
and no callback is ever given. It says where an event leads; the database's
compare-and-swap is what commits it.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from transitions import Machine

from engine.domain.ruleset import Ruleset

#: Moves are named by branch, so that two branches of one event stay apart.
_SEPARATOR: Final = "/"


class _Walker:
    """The light model that a shared machine moves; one a decision."""

    __slots__ = ("state",)

    def __init__(self, state: str) -> None:
        self.state = state


@lru_cache(maxsize=64)
def _machine(ruleset: Ruleset) -> Any:
    machine = Machine(
        model=None,
        states=list(ruleset.states),
        initial=ruleset.initial,
        auto_transitions=False,
        send_event=False,
    )
    for trigger, source, target in _moves(ruleset):
        machine.add_transition(trigger, source, target)
    return machine


def _moves(ruleset: Ruleset) -> Iterator[tuple[str, str, str]]:
    for state in ruleset.states.values():
        for event, answers in state.on.items():
            for index, answer in enumerate(answers):
                yield _trigger("on", event, state.name, index), state.name, answer.to
        for moment, branches in state.at.items():
            for index, branch in enumerate(branches):
                if branch.to is not None:
                    trigger = _trigger("at", moment, state.name, index)
                    yield trigger, state.name, branch.to


def _trigger(kind: str, name: str, state: str, index: int) -> str:
    return _SEPARATOR.join((kind, name, state, str(index)))


def move(ruleset: Ruleset, state: str, kind: str, name: str, index: int) -> str:
    """The state that a branch of `state` leads to; `kind` is "on" or "at"."""
    walker = _Walker(state)
    _machine(ruleset).events[_trigger(kind, name, state, index)].trigger(walker)
    return walker.state


def is_legal(ruleset: Ruleset, source: str, name: str, target: str) -> bool:
    """Whether an event or moment called `name` can lead from source to target."""
    state = ruleset.states.get(source)
    if state is None:
        return False
    targets = [answer.to for answer in state.on.get(name, ())]
    targets += [branch.to for branch in state.at.get(name, ()) if branch.to]
    return target in targets
