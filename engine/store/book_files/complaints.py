"""What is wrong with a book, collected while it is read: each once, and not too many."""

from dataclasses import replace
from typing import Final

from engine.domain.problems import Problem, Severity

LIMIT: Final = 100
_QUOTED: Final = 60


class Complaints:
    """Keeps the first problems and counts the rest: 100,000 bad rows are one mistake."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._kept: list[Problem] = []
        self._first_left_out: Problem | None = None
        self._left_out = 0

    def add(self, problem: Problem) -> None:
        if len(self._kept) < self._limit:
            self._kept.append(problem)
            return
        self._first_left_out = self._first_left_out or problem
        self._left_out += 1

    def all(self) -> tuple[Problem, ...]:
        """What was kept, in order, and one more that stands for what was not."""
        if self._first_left_out is None:
            return tuple(self._kept)
        rest = replace(
            self._first_left_out,
            message=f"and {self._left_out:,} more problems, from here on",
            hint="",
            severity=Severity.ERROR,
        )
        return (*self._kept, rest)


def quoted(cell: str) -> str:
    """A cell's text as messages show it: cut when long, control characters visible."""
    shown = cell if len(cell) <= _QUOTED else f"{cell[:_QUOTED]}…"
    visible = "".join(
        character if character.isprintable() else repr(character)[1:-1]
        for character in shown
    )
    return f'"{visible}"'
