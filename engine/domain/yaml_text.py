"""Strict YAML: text in, a tree of nodes that remember their place out.

PyYAML's own loading says nothing of duplicate keys, reads `NO` as false and `12:30`
as 750, and can be made to work for seconds by a few bytes of merge keys. Only its
event stream is used here; anchors, aliases, tags and second documents are refused,
and plain scalars are read as YAML 1.2 says.

What is refused inside a file leaves a hole, and the node around it is `torn`: readers
go on to find every mistake, and do not complain about what may only be missing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import yaml

from engine.domain import yaml_errors
from engine.domain.errors import ProblemsError
from engine.domain.problems import Problem, Severity

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
    """Where a node starts (lines and columns from 1) and how long its text is.

    `length` counts characters on the first line, `lines` the lines that it takes.
    """

    line: int
    column: int
    length: int = 1
    lines: int = 1


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value, as YAML 1.2 reads it; a torn one stands in for what was refused."""

    value: str | int | float | bool | None
    mark: Mark
    plain: bool = True
    torn: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of nodes; a torn one has lost some."""

    items: tuple["Node", ...]
    mark: Mark
    torn: bool = False


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with their nodes, in the order of the file; a torn one has lost some."""

    entries: tuple[tuple[Scalar, "Node"], ...]
    mark: Mark
    torn: bool = False

    def get(self, key: str) -> "Node | None":
        return next((node for name, node in self.entries if name.value == key), None)

    def key(self, key: str) -> Scalar | None:
        return next((name for name, _ in self.entries if name.value == key), None)


Node = Scalar | Sequence | Mapping
Path = tuple[str | int, ...]
Plain = str | int | float | bool | tuple["Plain", ...] | dict[str, "Plain"] | None


@dataclass(frozen=True)
class Source:
    """One file's name and text; makes problems that show their line."""

    file: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text. Kept: a long file may have many problems."""
        return self.text.splitlines()

    def problem(
        self,
        mark: Mark,
        message: str,
        hint: str = "",
        severity: Severity = Severity.ERROR,
    ) -> Problem:
        """A problem at a place, or at the end of the text if the place is after it."""
        number = max(1, min(mark.line, len(self.lines)))
        line = self.lines[number - 1] if self.lines else ""
        end = len(line) + 1
        column = min(mark.column, end) if number == mark.line else end
        return Problem(
            self.file,
            number,
            column,
            message,
            hint,
            severity,
            source=line,
            length=min(mark.length, max(1, end - column)),
        )


def read(source: Source) -> Mapping:
    """The tree of a file whose top is a mapping; raises ProblemsError."""
    node, problems = scan(source)
    if problems or node is None:
        raise ProblemsError(problems)
    return node


def scan(source: Source) -> tuple[Mapping | None, list[Problem]]:
    """What can be read of a file whose top is a mapping, and all that is refused."""
    if len(source.text) > MAX_CHARACTERS:
        much = f"the file is longer than {MAX_CHARACTERS:,} characters"
        return None, [source.problem(Mark(1, 1), much)]
    reader = _Reader(source)
    node = reader.document()
    if isinstance(node, Mapping) or reader.problems:
        found = node if isinstance(node, Mapping) else None
        return found, sorted(reader.problems)
    if node is None:
        return None, [source.problem(Mark(1, 1), "the file is empty")]
    kind = "a list" if isinstance(node, Sequence) else "a single value"
    message = f"the file should hold names with values, not {kind}"
    return None, [source.problem(node.mark, message)]


def plain(node: Node) -> Plain:
    """The tree without places, for pydantic."""
    if isinstance(node, Sequence):
        return tuple(plain(item) for item in node.items)
    if isinstance(node, Mapping):
        return {str(key.value): plain(value) for key, value in node.entries}
    return node.value


def real(node: Node, path: Path) -> Path:
    """The path without the steps that the tree does not have.

    A single item may stand where a list is allowed, and validators add labels of
    their own to a path.
    """
    steps: list[str | int] = []
    for step in path:
        below = _step(node, step)
        if below is not None:
            node = below
            steps.append(step)
    return tuple(steps)


def at(node: Node, path: Path) -> Node:
    """The node at `path`, or the deepest one on the way to it."""
    for step in real(node, path):
        node = _step(node, step) or node
    return node


def find(node: Node, path: Path) -> Mark:
    """The place of the node at `path`, or of the deepest one on the way to it."""
    return at(node, path).mark


def find_key(node: Node, path: Path) -> Mark:
    """The place of the key that `path` ends in, or of what holds it."""
    holder = at(node, path[:-1])
    key = holder.key(str(path[-1])) if path and isinstance(holder, Mapping) else None
    return key.mark if key else holder.mark


def is_torn(node: Node) -> bool:
    """Whether anything in the node was refused."""
    below: Iterator[Node] = iter(())
    if isinstance(node, Sequence):
        below = iter(node.items)
    elif isinstance(node, Mapping):
        below = (value for _, value in node.entries)
    return node.torn or any(is_torn(part) for part in below)


def _step(node: Node, step: str | int) -> Node | None:
    if isinstance(node, Mapping):
        return node.get(step) if isinstance(step, str) else None
    if isinstance(node, Sequence) and isinstance(step, int):
        return node.items[step] if step < len(node.items) else None
    return None


class _TooDeepError(Exception):
    """Raised to stop reading; the complaint is noted already."""


class _Reader:
    """Builds nodes from PyYAML's events and notes what is refused.

    A node that is refused is read to its end and handed out as None.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._events: Iterator[yaml.Event] = iter(())
        self._anchors: set[str] = set()
        self._last = Mark(1, 1)
        self.problems: list[Problem] = []

    def document(self) -> Node | None:
        """The tree of the first document; None where it cannot be had."""
        try:
            self._events = yaml.parse(self._source.text, Loader=yaml.SafeLoader)
            return self._first_document()
        except yaml.MarkedYAMLError as error:
            line, column, message, hint = yaml_errors.describe(error)
            self._refuse(Mark(line, column), message, hint)
        except yaml.reader.ReaderError as error:
            before = f"{self._source.text[: error.position]}|".splitlines()
            mark = Mark(len(before), len(before[-1]))
            self._refuse(mark, "this character is not text", "save the file as UTF-8")
        except (ValueError, OverflowError):
            # PyYAML hands the number of an escape to chr() unchecked.
            self._refuse(self._last, "an escape after this place is no character")
        except _TooDeepError:
            pass
        return None

    def _first_document(self) -> Node | None:
        node: Node | None = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
            if documents > 1:
                hint = "put it into a file of its own"
                self._refuse(_event_mark(event), "a second document in one file", hint)
                return node
            if isinstance(event, yaml.NodeEvent):
                node = self._node(event, 1)
        return node

    def _node(self, event: yaml.Event, depth: int) -> Node | None:
        mark = self._last = _event_mark(event)
        if depth > MAX_DEPTH:
            self._refuse(mark, f"nested deeper than {MAX_DEPTH} levels")
            raise _TooDeepError
        node = self._built(event, mark, depth)
        return None if self._is_extra(event, mark) else node

    def _built(self, event: yaml.Event, mark: Mark, depth: int) -> Node | None:
        match event:
            case yaml.SequenceStartEvent():
                items = list(self._items(depth))
                kept = tuple(item for item in items if item is not None)
                return Sequence(kept, mark, torn=len(kept) < len(items))
            case yaml.MappingStartEvent():
                return self._mapping(mark, depth)
            case yaml.ScalarEvent():
                return self._scalar(event, mark)
        return None

    def _items(self, depth: int) -> Iterator[Node | None]:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._node(event, depth + 1)

    def _mapping(self, mark: Mark, depth: int) -> Mapping:
        kept: dict[str, tuple[Scalar, Node]] = {}
        torn = False
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, depth)
            value = self._node(next(self._events), depth + 1)
            if key is None or value is None or not self._is_new(key, value, kept):
                torn = True
            else:
                kept[str(key.value)] = key, value
        return Mapping(tuple(kept.values()), mark, torn)

    def _key(self, event: yaml.Event, depth: int) -> Scalar | None:
        """A key as it is written: `no` and `010` are words here, too."""
        known = len(self.problems)
        node = self._node(event, depth + 1)
        if isinstance(event, yaml.ScalarEvent) and node is not None:
            return Scalar(event.value, node.mark)
        if len(self.problems) == known:
            self._refuse(_event_mark(event), "a name should be one word")
        return None

    def _is_new(
        self, key: Scalar, value: Node, kept: dict[str, tuple[Scalar, Node]]
    ) -> bool:
        name = str(key.value)
        if name == "<<":
            # Aliases are complained about where their anchor is.
            if not is_torn(value):
                self._refuse(key.mark, 'merge key "<<"', "write the names out")
            return False
        if name in kept:
            first = kept[name][0].mark.line
            hint = f"the first is on line {first}"
            self._refuse(key.mark, f'duplicate key "{name}"', hint)
            return False
        return True

    def _is_extra(self, event: yaml.Event, mark: Mark) -> bool:
        """Whether the node is no plain YAML; an anchored one is kept all the same."""
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if isinstance(event, yaml.AliasEvent):
            if anchor not in self._anchors:
                self._refuse(mark, f'alias "*{anchor}"', "write the value out")
            return True
        if anchor is not None:
            self._anchors.add(anchor)
            at_anchor = Mark(mark.line, mark.column, len(anchor) + 1)
            hint = "write the value out wherever it is used"
            self._refuse(at_anchor, f'anchor "&{anchor}"', hint)
        if tag is not None:
            self._refuse(mark, f'tag "{_shown_tag(tag)}"', "leave the tag out")
        return tag is not None

    def _scalar(self, event: yaml.ScalarEvent, mark: Mark) -> Scalar | None:
        if re.search("[\ud800-\udfff]", event.value):
            self._refuse(mark, "half a character", "write the character itself")
            return None
        if event.style is not None:
            return Scalar(event.value, mark, plain=False)
        return Scalar(_value(event.value), mark)

    def _refuse(self, mark: Mark, message: str, hint: str = "") -> None:
        self.problems.append(self._source.problem(mark, message, hint))


def _event_mark(event: yaml.Event) -> Mark:
    start, end = event.start_mark, event.end_mark
    if start is None or end is None:  # pragma: no cover - a parser always marks
        return Mark(1, 1)
    lines = end.line - start.line + 1
    length = end.column - start.column if lines == 1 else 1
    return Mark(start.line + 1, start.column + 1, max(1, length), lines)


def _shown_tag(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!", 1)


def _value(text: str) -> str | int | float | bool | None:
    """What a plain scalar means in YAML 1.2; leading zeros make it a string."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text
