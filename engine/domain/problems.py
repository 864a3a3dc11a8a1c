"""What is wrong with a file, where, and how to mend it."""

import difflib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a problem matters."""

    ERROR = "error"  #: the file cannot be used
    WARNING = "warning"  #: the file can be used, but probably not as its author meant


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake at one place; lines and columns count from 1.

    `source` is the line of the file as it stands and `length` how many of its
    characters are meant, so that the place can be shown.
    """

    file: str
    line: int
    column: int
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    source: str = ""
    length: int = 1

    def line_of_text(self) -> str:
        """The problem on one line, as compilers print it."""
        hint = f" ({self.hint})" if self.hint else ""
        place = f"{self.file}:{self.line}:{self.column}"
        return f"{place}  {self.severity}  {self.message}{hint}"

    def with_source(self) -> str:
        """The problem, its line of the file, and a mark below what is meant."""
        if not self.source:
            return self.line_of_text()
        number = f"{self.line:>5} | "
        mark = " " * (len(number) + self.column - 1) + "^" * max(1, self.length)
        return f"{self.line_of_text()}\n{number}{self.source}\n{mark}"

    def as_json(self) -> dict[str, object]:
        """The documented fields of a rule error."""
        wanted = ("file", "line", "column", "severity", "message", "hint")
        return {name: value for name, value in asdict(self).items() if name in wanted}


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, if any is near."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint: the nearest spelling, or else all that is known."""
    names = sorted(known)
    found = nearest(word, names)
    if found:
        return f'did you mean "{found}"?'
    return f"known: {', '.join(names)}" if names else ""
