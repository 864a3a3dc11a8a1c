"""Reads mapping files: YAML in, a BookMapping out, every mistake by line and column."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

from engine.domain.book import KINDS, Field, Kind, Row, Value
from engine.domain.errors import ProblemsError
from engine.domain.mapping import (
    BookMapping,
    Choice,
    Condition,
    Hole,
    Make,
    Recipe,
    SourceMapping,
    Template,
    template,
)
from engine.domain.parsing import column_name
from engine.domain.problems import Problem, did_you_mean
from engine.domain.yaml_text import Mapping as MappingNode
from engine.domain.yaml_text import Mark, Node, Scalar, Source, read
from engine.store.book_files.mapping_nodes import Walk

TOP_KEYS: Final = ("about", "lists", "sources", "also")
SOURCE_KEYS: Final = ("leave_out_when", "make")
MAKE_KEYS: Final = ("kind", "when", "unless", "fields")
FIELD_KEYS: Final = (
    "column",
    "text",
    "table",
    "otherwise",
    "only_until_today",
    "when",
    "unless",
)


def load_mapping(path: Path, today: date) -> BookMapping:
    """The mapping in a file; raises ProblemsError with everything wrong in it."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        problem = Problem(str(path), 1, 1, f"cannot be opened: {reason}")
        raise ProblemsError([problem]) from None
    except UnicodeDecodeError:
        problem = Problem(str(path), 1, 1, "the file is not UTF-8 text")
        raise ProblemsError([problem]) from None
    return read_mapping(Source(str(path), text), today)


def read_mapping(source: Source, today: date) -> BookMapping:
    """The mapping that a text writes; raises ProblemsError with all that is wrong."""
    tree = read(source)
    reader = _Reader(source)
    mapping = reader.mapping(tree, today)
    if reader.walk.problems:
        raise ProblemsError(sorted(reader.walk.problems))
    return mapping


class _Reader:
    """Gives the tree of one file its meaning."""

    def __init__(self, source: Source) -> None:
        self.walk = Walk(source)
        self._file = source.file
        self._lists: dict[str, frozenset[str]] = {}

    def mapping(self, tree: MappingNode, today: date) -> BookMapping:
        parts = self.walk.parts(tree, TOP_KEYS, needed=("sources",))
        self._lists = {
            str(name.value): self._values(node)
            for name, node in self.walk.entries(parts.get("lists"))
        }
        sources = tuple(
            self._source(str(pattern.value), node)
            for pattern, node in self.walk.entries(parts.get("sources"))
        )
        also = tuple(
            row
            for name, rows in self.walk.entries(parts.get("also"))
            for node in self.walk.items(rows)
            if (row := self._constant_row(name, node))
        )
        return BookMapping(self._file, today, sources, also)

    def _source(self, pattern: str, node: Node) -> SourceMapping:
        parts = self.walk.parts(node, SOURCE_KEYS, needed=("make",))
        choice = Choice(unless=self._condition(parts.get("leave_out_when")))
        makes = (self._make(item) for item in self.walk.items(parts.get("make")))
        return SourceMapping(pattern, tuple(make for make in makes if make), choice)

    def _make(self, node: Node) -> Make | None:
        parts = self.walk.parts(node, MAKE_KEYS, needed=("kind", "fields"))
        if not {"kind", "fields"} <= parts.keys():
            return None
        kind = self._kind(self.walk.text(parts["kind"]), parts["kind"].mark)
        if kind is None:
            return None
        fields = {
            field.name: self._recipe(field, value)
            for field, value in self._fields(kind, parts["fields"])
        }
        return Make(kind, fields, self._choice(parts))

    def _kind(self, name: str, mark: Mark) -> Kind | None:
        if name not in KINDS:
            self.walk.fail(mark, f'unknown kind "{name}"', did_you_mean(name, KINDS))
        return KINDS.get(name)

    def _fields(self, kind: Kind, node: Node) -> list[tuple[Field, Node]]:
        parts = self.walk.parts(node, kind.names, needed=kind.required)
        return [(kind.field(name), value) for name, value in parts.items()]

    def _recipe(self, field: Field, node: Node) -> Recipe:
        if isinstance(node, Scalar):
            text = self._template(node)
            self._check_constant(field, text, node)
            return Recipe(text)
        parts = self.walk.parts(node, FIELD_KEYS)
        otherwise = parts.get("otherwise")
        return Recipe(
            self._read_from(parts, node.mark),
            table=self._table(field, parts.get("table")),
            otherwise=self._constant(field, otherwise) if otherwise else None,
            only_until_today=self.walk.flag(parts.get("only_until_today")),
            choice=self._choice(parts),
        )

    def _read_from(self, parts: Mapping[str, Node], mark: Mark) -> Template:
        if ("column" in parts) == ("text" in parts):
            self.walk.fail(mark, 'a field needs either "column" or "text"')
        elif "text" in parts:
            return self._template(parts["text"])
        else:
            return Template((Hole(column_name(self.walk.text(parts["column"]))),))
        return Template(())

    def _template(self, node: Node) -> Template:
        text = self.walk.text(node)
        try:
            return template(text)
        except ValueError as reason:
            self.walk.fail(node.mark, f'"{text}" {reason}')
            return Template(())

    def _table(self, field: Field, node: Node | None) -> Mapping[str, str] | None:
        if node is None:
            return None
        return {
            str(key.value).casefold(): self._constant(field, value)
            for key, value in self.walk.entries(node)
        }

    def _choice(self, parts: Mapping[str, Node]) -> Choice:
        return Choice(
            self._condition(parts.get("when")), self._condition(parts.get("unless"))
        )

    def _condition(self, node: Node | None) -> Condition | None:
        if node is None:
            return None
        return Condition(
            {
                column_name(str(column.value)): self._allowed(value)
                for column, value in self.walk.entries(node)
            }
        )

    def _allowed(self, node: Node) -> frozenset[str]:
        """What a condition compares with: one value, a list, or a list by its name."""
        if not isinstance(node, MappingNode):
            return self._values(node)
        parts = self.walk.parts(node, ("in",), needed=("in",))
        name = self.walk.text(parts["in"]) if "in" in parts else None
        if name is not None and name not in self._lists:
            hint = did_you_mean(name, self._lists)
            self.walk.fail(parts["in"].mark, f'unknown list "{name}"', hint)
        return self._lists.get(name or "", frozenset())

    def _values(self, node: Node) -> frozenset[str]:
        if isinstance(node, Scalar):
            return frozenset({self.walk.text(node).casefold()})
        texts = (self.walk.text(item) for item in self.walk.items(node))
        return frozenset(text.casefold() for text in texts)

    def _constant_row(self, name: Scalar, node: Node) -> Row | None:
        kind = self._kind(str(name.value), name.mark)
        if kind is None:
            return None
        parts = self._fields(kind, node)
        values = {field.name: self._value(field, value) for field, value in parts}
        columns = {field.name: value.mark.column for field, value in parts}
        return Row(kind.name, values, self._file, node.mark.line, columns)

    def _check_constant(self, field: Field, text: Template, node: Node) -> None:
        if not text.columns:
            self._value(field, node)

    def _constant(self, field: Field, node: Node) -> str:
        self._value(field, node)
        return self.walk.text(node)

    def _value(self, field: Field, node: Node) -> Value:
        """A constant's value: found wrong here, not on the first row that uses it."""
        text = self.walk.text(node)
        if not text:
            return field.default
        try:
            return field.parse(text)
        except ValueError as reason:
            self.walk.fail(node.mark, f'{field.name} "{text}" {reason}')
            return field.default
