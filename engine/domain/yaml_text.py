"""Strict YAML: text in, a tree of nodes that remember their place out.

PyYAML's own loading says nothing of duplicate keys, reads `NO` as false and `12:30`
as 750, and can be made to work for seconds by a few bytes of merge keys. Only its
event stream is used here; anchors, aliases, tags and second documents are refused,
and plain scalars are read as YAML 1.2 says.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import yaml

from engine.domain.errors import ProblemsError
from engine.domain.problems import Problem

MAX_CHARACTERS: Final = 1_000_000
MAX_DEPTH: Final = 20

_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")
_DECIMAL: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,14})\.[0-9]{1,15}")
_WORDS: Final[dict[str, bool | None]] = {
    "": None,
    "~": None,
    "null": None,
    "true": True,
    "false": False,
}


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a node starts (lines and columns from 1) and how long its text is."""

    line: int
    column: int
    length: int = 1


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value, as YAML 1.2 reads it."""

    value: str | int | float | bool | None
    mark: Mark
    plain: bool = True


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of nodes."""

    items: tuple["Node", ...]
    mark: Mark


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with their nodes, in the order of the file."""

    entries: tuple[tuple[Scalar, "Node"], ...]
    mark: Mark

    def get(self, key: str) -> "Node | None":
        return next((node for name, node in self.entries if name.value == key), None)

    def key(self, key: str) -> Scalar | None:
        return next((name for name, _ in self.entries if name.value == key), None)


Node = Scalar | Sequence | Mapping
Plain = str | int | float | bool | tuple["Plain", ...] | dict[str, "Plain"] | None


@dataclass(frozen=True, slots=True)
class Source:
    """One file's name and text; makes problems that show their line."""

    file: str
    text: str

    def problem(self, mark: Mark, message: str, hint: str = "") -> Problem:
        lines = self.text.splitlines()
        line = lines[mark.line - 1] if mark.line <= len(lines) else ""
        return Problem(
            self.file,
            mark.line,
            mark.column,
            message,
            hint,
            source=line,
            length=min(mark.length, max(1, len(line) - mark.column + 1)),
        )


def read(source: Source) -> Mapping:
    """The tree of a file whose top is a mapping; raises ProblemsError."""
    if len(source.text) > MAX_CHARACTERS:
        raise _refusal(
            source, Mark(1, 1), f"the file is longer than {MAX_CHARACTERS:,} characters"
        )
    reader = _Reader(source)
    try:
        node = reader.document()
    except yaml.MarkedYAMLError as error:
        raise _refusal(source, _error_mark(error), _error_text(error)) from None
    except yaml.reader.ReaderError as error:
        line = source.text.count("\n", 0, error.position) + 1
        raise _refusal(
            source, Mark(line, 1), "the file holds a character that YAML does not allow"
        ) from None
    if reader.problems:
        raise ProblemsError(reader.problems)
    if not isinstance(node, Mapping):
        raise _refusal(source, Mark(1, 1), "the file should hold names with values")
    return node


def plain(node: Node) -> Plain:
    """The tree without places, for pydantic."""
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return tuple(plain(item) for item in node.items)
        case Mapping():
            return {str(key.value): plain(value) for key, value in node.entries}


def find(node: Node, path: tuple[str | int, ...]) -> Mark:
    """The place of the node at `path`, or of the deepest one on the way to it.

    Steps that the tree does not have are passed over: a single item may stand where
    a list is allowed, and validators add labels of their own to a path.
    """
    mark = node.mark
    for step in path:
        below = _step(node, step)
        if below is not None:
            node, mark = below, below.mark
    return mark


def find_key(node: Node, path: tuple[str | int, ...]) -> Mark:
    """The place of the key that `path` ends in, or of what holds it."""
    for step in path[:-1]:
        node = _step(node, step) or node
    key = node.key(str(path[-1])) if path and isinstance(node, Mapping) else None
    return key.mark if key else node.mark


def _step(node: Node, step: str | int) -> Node | None:
    if isinstance(node, Mapping):
        return node.get(str(step))
    if isinstance(node, Sequence) and isinstance(step, int):
        return node.items[step] if step < len(node.items) else None
    return None


def _refusal(source: Source, mark: Mark, message: str, hint: str = "") -> ProblemsError:
    return ProblemsError([source.problem(mark, message, hint)])


def _error_mark(error: yaml.MarkedYAMLError) -> Mark:
    mark = error.problem_mark or error.context_mark
    return Mark(mark.line + 1, mark.column + 1) if mark else Mark(1, 1)


def _error_text(error: yaml.MarkedYAMLError) -> str:
    return " ".join(part for part in (error.context, error.problem) if part)


class _Reader:
    """Builds nodes from PyYAML's events and notes what is refused."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._events: Iterator[yaml.Event] = yaml.parse(
            source.text, Loader=yaml.SafeLoader
        )
        self.problems: list[Problem] = []

    def document(self) -> Node | None:
        node: Node | None = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent) and node is not None:
                self._refuse(event, "a second document in one file", "make it a file")
                return node
            if isinstance(event, yaml.NodeEvent):
                node = self._node(event, 1)
        return node

    def _node(self, event: yaml.Event, depth: int) -> Node:
        self._refuse_extras(event)
        if depth > MAX_DEPTH:
            mark = _event_mark(event)
            raise _refusal(self._source, mark, f"nested deeper than {MAX_DEPTH} levels")
        match event:
            case yaml.SequenceStartEvent():
                return Sequence(tuple(self._items(depth)), _event_mark(event))
            case yaml.MappingStartEvent():
                return Mapping(tuple(self._entries(depth)), _event_mark(event))
            case yaml.ScalarEvent():
                return _scalar(event)
            case _:
                return Scalar(None, _event_mark(event))

    def _items(self, depth: int) -> Iterator[Node]:
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                return
            yield self._node(event, depth + 1)

    def _entries(self, depth: int) -> Iterator[tuple[Scalar, Node]]:
        seen: dict[str, Mark] = {}
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                return
            key = self._node(event, depth + 1)
            value = self._node(next(self._events), depth + 1)
            if not isinstance(key, Scalar):
                self._refuse(event, "a key should be one word")
                continue
            name = str(key.value)
            if name in seen:
                first = seen[name].line
                self._refuse(event, f'duplicate key "{name}"', f"first on line {first}")
                continue
            seen[name] = key.mark
            yield Scalar(name, key.mark), value

    def _refuse_extras(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._refuse(event, f'alias "*{event.anchor}"', "write the value out")
        elif getattr(event, "anchor", None) is not None:
            self._refuse(
                event,
                f'anchor "&{getattr(event, "anchor", "")}"',
                "write the value out",
            )
        elif getattr(event, "tag", None) is not None:
            self._refuse(
                event, f'tag "{getattr(event, "tag", "")}"', "leave the tag out"
            )

    def _refuse(self, event: yaml.Event, message: str, hint: str = "") -> None:
        self.problems.append(self._source.problem(_event_mark(event), message, hint))


def _event_mark(event: yaml.Event) -> Mark:
    start, end = event.start_mark, event.end_mark
    if start is None or end is None:
        return Mark(1, 1)
    length = end.column - start.column if end.line == start.line else 1
    return Mark(start.line + 1, start.column + 1, max(1, length))


def _scalar(event: yaml.ScalarEvent) -> Scalar:
    mark = _event_mark(event)
    if event.style is not None:
        return Scalar(event.value, mark, plain=False)
    return Scalar(_value(event.value), mark)


def _value(text: str) -> str | int | float | bool | None:
    """What a plain scalar means in YAML 1.2; leading zeros make it a string."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text
