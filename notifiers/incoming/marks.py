"""What mail programs write around a reply, read once from `marks.yaml`."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import yaml

from engine.domain.folding import folded

_FILE: Final = Path(__file__).with_name("marks.yaml")
_APOSTROPHES: Final = str.maketrans("’‘`´", "''''")


def plain(text: str) -> str:
    """A line as marks are compared with it."""
    return folded(text.translate(_APOSTROPHES))


@dataclass(frozen=True)
class Marks:
    """The marks by what they are of, folded."""

    listed: dict[str, tuple[str, ...]]

    def starts(self, kind: str, line: str) -> bool:
        """Whether a folded line begins with one of the marks of a kind."""
        return line.startswith(self.listed[kind])

    @cached_property
    def header(self) -> re.Pattern[str]:
        """A line of the block above a quoted message: its name, then a colon."""
        names = _either((*self.listed["from"], *self.listed["others"]))
        return re.compile(rf"[*_\s]{{0,4}}({names})[*_]{{0,2}} ?:[*_]{{0,2}}(?: |$)")

    @cached_property
    def begins(self) -> re.Pattern[str]:
        return re.compile(rf"(?:{_either(self.listed['begins'])})\b")

    @cached_property
    def verb(self) -> re.Pattern[str]:
        return re.compile(rf"\b(?:{_either(self.listed['verbs'])})\b")

    @cached_property
    def divider(self) -> re.Pattern[str]:
        found = _either(self.listed["dividers"])
        return re.compile(rf"[-_=*\s>]{{0,40}}(?:{found})[^a-z]{{0,60}}")

    def is_from(self, name: str) -> bool:
        return name in self.listed["from"]


def _either(marks: Iterable[str]) -> str:
    longest_first = sorted(marks, key=len, reverse=True)
    return "|".join(re.escape(mark) for mark in longest_first)


def _read() -> Marks:
    content = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    listed = {**content, **content["attribution"], **content["headers"]}
    return Marks(
        {
            name: tuple(plain(str(mark)) for mark in marks)
            for name, marks in listed.items()
            if isinstance(marks, Sequence)
        }
    )


MARKS: Final = _read()
