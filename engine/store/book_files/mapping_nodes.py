"""Walks the tree of a mapping file and keeps what is wrong with it, with its place."""

from collections.abc import Collection, Iterator

from engine.domain.problems import Problem, did_you_mean
from engine.domain.yaml_text import Mapping, Mark, Node, Scalar, Sequence, Source


class Walk:
    """Hands out the parts of a tree in the shape asked for.

    What has another shape is noted in `problems` and handed out empty, so that one
    reading finds every mistake.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.problems: list[Problem] = []

    def fail(self, mark: Mark, message: str, hint: str = "") -> None:
        self.problems.append(self._source.problem(mark, message, hint))

    def parts(
        self, node: Node, known: Collection[str], needed: Collection[str] = ()
    ) -> dict[str, Node]:
        """The entries of a mapping that has the needed keys and only known ones."""
        found: dict[str, Node] = {}
        for key, value in self.entries(node):
            if key.value in known:
                found[str(key.value)] = value
            else:
                hint = did_you_mean(str(key.value), known)
                self.fail(key.mark, f'unknown key "{key.value}"', hint)
        for name in needed:
            if name not in found:
                self.fail(node.mark, f'"{name}" is missing here')
        return found

    def entries(self, node: Node | None) -> Iterator[tuple[Scalar, Node]]:
        if isinstance(node, Mapping):
            yield from node.entries
        elif node is not None:
            self.fail(node.mark, "this should hold names with values")

    def items(self, node: Node | None) -> Iterator[Node]:
        if isinstance(node, Sequence):
            yield from node.items
        elif node is not None:
            self.fail(node.mark, "this should be a list", "start each item with -")

    def text(self, node: Node) -> str:
        """A value as the text that a CSV cell would hold."""
        if not isinstance(node, Scalar):
            self.fail(node.mark, "this should be one value")
            return ""
        match node.value:
            case None:
                return ""
            case bool():
                return str(node.value).lower()
            case _:
                return str(node.value)

    def flag(self, node: Node | None) -> bool:
        if node is None:
            return False
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            return node.value
        self.fail(node.mark, "this should be true or false")
        return False
