"""The states of a change as a picture: each a column, each way between them a row.

Drawn here, since what diagram libraries draw needs styles that the pages' policy
forbids. Columns and rows cannot overlap, whatever states a rule file has.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from engine.domain.ruleset import Ruleset

#: Where a change that is closed has gone.
END: Final = ""
_COLUMN, _ROW, _TOP, _MARGIN = 220, 46, 64, 10
_LETTERS: Final = 32  # that fit on one line between two columns


@dataclass(frozen=True, slots=True)
class Way:
    """One way out of a state: an event somebody fires, or a moment that comes."""

    source: str
    target: str
    name: str
    section: str  # of the wording that has its name: events or moments
    do: str | None
    is_taken: bool
    is_open: bool  # it leads out of the present state
    at: datetime | None

    @property
    def is_silent(self) -> bool:
        """Whether it is taken by itself."""
        return self.section == "moments"


@dataclass(frozen=True, slots=True)
class Box:
    """A state, as a box above its column."""

    name: str
    x: int
    is_present: bool
    is_passed: bool
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrow:
    """A way, as an arrow in its own row."""

    way: Way
    y: int
    start: int
    end: int
    label: tuple[str, ...]
    #: The middle of its label.
    middle: int

    @property
    def head(self) -> str:
        """The points of its tip."""
        side = 8 if self.end < self.start else -8
        x = self.end
        return f"{x},{self.y} {x + side},{self.y - 5} {x + side},{self.y + 5}"


@dataclass(frozen=True, slots=True)
class Diagram:
    """A drawn machine."""

    boxes: Sequence[Box]
    arrows: Sequence[Arrow]
    width: int
    height: int
    box_width: int = _COLUMN - 26
    top: int = _TOP


def ways(
    ruleset: Ruleset,
    state: str,
    history: Sequence[Mapping[str, object]],
    instants: Mapping[str, datetime],
    *,
    is_closed: bool,
) -> list[Way]:
    """Every way between the states, in the order of the rules."""
    taken = {
        (entry.get("from"), entry.get("to"), entry.get("name"))
        for entry in history
        if entry["kind"] == "transition"
    }
    done = {
        (entry.get("from"), entry.get("name"))
        for entry in history
        if entry["kind"] == "effect" and entry.get("do")
    }
    found: dict[tuple[str, str, str], Way] = {}
    for source, target, name, section, do in _all(ruleset):
        is_taken = (source, target, name) in taken
        if target == END:
            is_taken = (source, name) in done
        at = instants.get(name) if section == "moments" else None
        is_open = source == state and not is_closed
        way = Way(source, target, name, section, do, is_taken, is_open, at)
        found.setdefault((source, target, name), way)
    return list(found.values())


def _all(ruleset: Ruleset) -> Iterator[tuple[str, str, str, str, str | None]]:
    for state in ruleset.states.values():
        for event, branches in state.on.items():
            for branch in branches:
                yield state.name, branch.to, event, "events", None
        for moment, choices in state.at.items():
            for choice in choices:
                if choice.to is not None:
                    yield state.name, choice.to, moment, "moments", None
                elif choice.do and choice.do != "hold":
                    yield state.name, END, moment, "moments", choice.do


def draw(
    ruleset: Ruleset,
    present: str,
    passed: Collection[str],
    named: Sequence[tuple[Way, str]],
    names: Mapping[str, str],
) -> Diagram:
    """Place the states (by their `names`) and the ways, each with its label."""
    order = [ruleset.initial, *(n for n in ruleset.states if n != ruleset.initial)]
    columns = [*order, END]
    x = {name: _MARGIN + _COLUMN // 2 + _COLUMN * n for n, name in enumerate(columns)}
    boxes = [
        Box(name, x[name], name == present, name in passed, _wrapped(names[name], 20))
        for name in columns
    ]
    arrows = []
    for row, (way, label) in enumerate(named):
        start, end = x[way.source], x[way.target]
        reach = max(1, abs(end - start) // _COLUMN)
        y = _TOP + 46 + row * _ROW
        lines = _wrapped(label, _LETTERS * reach)
        arrows.append(Arrow(way, y, start, end, lines, (start + end) // 2))
    width = 2 * _MARGIN + _COLUMN * len(columns)
    return Diagram(boxes, arrows, width, _TOP + 40 + _ROW * len(named))


def _wrapped(text: str, letters: int) -> tuple[str, ...]:
    """A text on at most two lines of about so many letters."""
    if len(text) <= letters:
        return (text,)
    words, first = text.split(), ""
    while words and len(first) + len(words[0]) + 1 <= max(letters, len(text) // 2 + 4):
        first = f"{first} {words.pop(0)}".strip()
    if not first:
        return (text,)
    return (first, " ".join(words)) if words else (first,)
