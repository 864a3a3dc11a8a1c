"""Collects the problems of one rule file by their path in it, each mistake once."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from engine.domain import yaml_text
from engine.domain.problems import Problem, Severity, did_you_mean, nearest
from engine.domain.yaml_text import Mapping, Mark, Path, Sequence, Source


@dataclass
class Complaints:
    """Notes what is wrong in a tree, and remembers where nothing is known any more.

    A complaint about what only stands in for something refused is dropped: that was
    complained about already. So is a second one about the same place.
    """

    source: Source
    node: Mapping
    found: list[Problem] = field(default_factory=list)
    _doubts: set[Path] = field(default_factory=set)
    _places: set[tuple[int, int]] = field(default_factory=set)

    def at(self, path: Path, message: str, hint: str = "") -> None:
        """Complain about a value."""
        node = yaml_text.at(self.node, path)
        self._doubts.add(path)
        if not yaml_text.is_torn(node):
            self._add(node.mark, message, hint)

    def at_key(self, path: Path, message: str, hint: str = "") -> None:
        """Complain about a name that stands before a value."""
        self._add(yaml_text.find_key(self.node, path), message, hint)

    def within(
        self, path: Path, word: str, message: str, hint: str = "", *, start: int = 0
    ) -> None:
        """Complain about one word of a value, to be found from `start` on."""
        node = yaml_text.at(self.node, path)
        self._doubts.add(path)
        if not yaml_text.is_torn(node):
            self._add(self._word(node.mark, word, start), message, hint)

    def warn(self, path: Path, message: str, hint: str = "") -> None:
        """Advise on a value that can be used as it stands."""
        node = yaml_text.at(self.node, path)
        if not yaml_text.is_torn(node):
            self._add(node.mark, message, hint, Severity.WARNING)

    def warn_key(self, path: Path, message: str, hint: str = "") -> None:
        """Advise on a name that stands before a value."""
        mark = yaml_text.find_key(self.node, path)
        self._add(mark, message, hint, Severity.WARNING)

    def known(
        self,
        path: Path,
        kind: str,
        word: str,
        words: Collection[str],
        *declared_at: Path,
        of: str = "",
    ) -> str | None:
        """The word, or the one that was probably meant; complains where it is unknown.

        To go on with the nearest spelling keeps one slip from causing other
        complaints. None: nobody can say what was meant, be it only because names
        were refused where they are declared.
        """
        if word in words:
            return word
        meant = nearest(word, sorted(words))
        unclear = self.is_torn(path) or self.lost_names(*declared_at)
        if meant is None or unclear:
            self._doubts.add(path)
        if unclear:
            return None
        hint = did_you_mean(word, words) or f"it has no {kind}"
        owner = f' of "{of}"' if of else ""
        mark = self._word(yaml_text.find(self.node, path), word, 0)
        self._add(mark, f'unknown {kind} "{word}"{owner}', hint)
        return meant

    def known_key(
        self,
        path: Path,
        kind: str,
        word: str,
        words: Collection[str],
        *declared_at: Path,
    ) -> None:
        """Complain where the name before a value is unknown."""
        if word in words:
            return
        self._doubts.add(path)
        if not self.lost_names(path, *declared_at):
            hint = did_you_mean(word, words) or f"there is no {kind}"
            self.at_key(path, f'unknown {kind} "{word}"', hint)

    def is_torn(self, path: Path) -> bool:
        """Whether what stands at the path lost a part that was refused."""
        return yaml_text.is_torn(yaml_text.at(self.node, path))

    def lost_names(self, *paths: Path) -> bool:
        """Whether names of a mapping at one of the paths were refused."""
        return any(
            node.torn
            for node in (yaml_text.at(self.node, path) for path in paths)
            if isinstance(node, Mapping | Sequence)
        )

    def lost(self, path: Path) -> bool:
        """Whether a part was refused of what an entry holds, or perhaps the entry."""
        holder = yaml_text.at(self.node, path[:-1])
        node = holder.get(str(path[-1])) if isinstance(holder, Mapping) else None
        return holder.torn if node is None else yaml_text.is_torn(node)

    def doubtful(self, path: Path) -> bool:
        """Whether something at or below an entry is not known for certain."""
        return self.lost(path) or any(
            doubt[: len(path)] == path for doubt in self._doubts
        )

    def _word(self, mark: Mark, word: str, start: int) -> Mark:
        if not word:
            return mark
        edges = (r"(?<!\w)", r"(?!\w)") if re.fullmatch(r"\w+", word) else ("", "")
        pattern = re.compile(re.escape(word).join(edges))
        first = mark.line - 1
        lines = self.source.lines[first : first + mark.lines]
        for number, line in enumerate(lines, first):
            begin = mark.column - 1 + start if number == first else 0
            found = pattern.search(line, begin)
            if found:
                return Mark(number + 1, found.start() + 1, len(word))
        return mark

    def _add(
        self,
        mark: Mark,
        message: str,
        hint: str,
        severity: Severity = Severity.ERROR,
    ) -> None:
        if (mark.line, mark.column) not in self._places:
            self._places.add((mark.line, mark.column))
            self.found.append(self.source.problem(mark, message, hint, severity))
