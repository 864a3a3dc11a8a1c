"""The lines of a template as paragraphs, bullet lists and Jinja tags.

Jinja is set aside before Markdown is read and put back into what was written, so
Markdown never sees a value, and a value can never become Markdown.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from jinja2 import Environment

_MARK: Final = re.compile(r"TACITCODE(\d+)END")
_TAG_LINE: Final = re.compile(r"(?:\s*TACITCODE\d+END)+\s*")
_BULLET: Final = "- "
_OPENING: Final = frozenset({"if", "for"})
_CLOSING: Final = frozenset({"endif", "endfor"})


@dataclass(frozen=True, slots=True)
class Tags:
    """Jinja tags that stand alone on their line, and so between blocks."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines of running text."""

    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """One bullet."""

    text: str


@dataclass(frozen=True, slots=True)
class BulletList:
    """Bullets, and the tags that repeat or choose them."""

    entries: tuple["Item | Tags", ...]


Block = Tags | Paragraph | Item | BulletList
_Entry = Tags | Paragraph | Item


class Protected:
    """A source whose Jinja is set aside; `text` holds a mark in each one's place."""

    def __init__(self, source: str, environment: Environment) -> None:
        self._codes: list[str] = []
        written: list[str] = []
        code = ""
        # Jinja's own lexer, because a regex is fooled by "}}" inside a string.
        for _, kind, value in environment.lex(source):
            if kind == "raw_begin":
                raise ValueError("raw blocks would go around the checks of templates")
            if kind == "data":
                written.append(value)
                continue
            code += value
            if kind in {"variable_end", "block_end", "comment_end"}:
                written.append(self._set_aside(code))
                code = ""
        self.text = "".join(written)

    def restore(
        self, text: str, literal: Callable[[str], str], *, in_link: bool = False
    ) -> str:
        """The text with its Jinja back and all else written by `literal`."""
        pieces = _MARK.split(text)
        for place, piece in enumerate(pieces):
            if place % 2 == 0:
                # An escaped \{\{ must not become Jinja that was never checked.
                pieces[place] = literal(piece).replace("{", "{{ '{' }}")
            else:
                code = self._codes[int(piece)]
                pieces[place] = _made_safe_for_links(code) if in_link else code
        return "".join(pieces)

    def depths(self, tags: Tags) -> Iterator[int]:
        """How each tag changes the nesting: +1, -1, or 0 for what stands between."""
        for number in _MARK.findall(tags.text):
            words = self._codes[int(number)].strip("{%-+} \n").split(maxsplit=1)
            word = words[0] if words else ""
            yield (word in _OPENING) - (word in _CLOSING)

    def is_tag_line(self, line: str) -> bool:
        """Whether nothing but `{% … %}` and comments stands on a line."""
        return bool(_TAG_LINE.fullmatch(line)) and not any(
            self._codes[int(number)].startswith("{{") for number in _MARK.findall(line)
        )

    def _set_aside(self, code: str) -> str:
        self._codes.append("" if code.startswith("{#") else code)
        return f"TACITCODE{len(self._codes) - 1}END"


def blocks_of(source: Protected) -> Iterator[Block]:
    """The blocks of a body, in order."""
    for chunk in re.split(r"\n\s*\n", source.text.strip("\n")):
        yield from _with_lists(_entries(chunk, source), source)


def _entries(chunk: str, source: Protected) -> Iterator[_Entry]:
    running: list[str] = []
    for line in chunk.split("\n"):
        if source.is_tag_line(line) or line.startswith(_BULLET):
            if running:
                yield Paragraph("\n".join(running))
                running = []
            if line.startswith(_BULLET):
                yield Item(line.removeprefix(_BULLET).strip())
            else:
                yield Tags(line.strip())
        elif line.strip():
            running.append(line.strip())
    if running:
        yield Paragraph("\n".join(running))


def _with_lists(entries: Iterable[_Entry], source: Protected) -> Iterator[Block]:
    waiting: list[Item | Tags] = []
    for entry in entries:
        if isinstance(entry, Paragraph):
            yield from _gathered(waiting, source)
            waiting = []
            yield entry
        else:
            waiting.append(entry)
    yield from _gathered(waiting, source)


def _gathered(
    entries: Sequence[Item | Tags], source: Protected
) -> Iterator[Item | Tags | BulletList]:
    """One list of all the entries but the outer tags that it cannot close."""
    if not any(isinstance(entry, Item) for entry in entries):
        yield from entries
        return
    places = [at for at, entry in enumerate(entries) if isinstance(entry, Item)]
    spans = product(range(places[0] + 1), range(places[-1] + 1, len(entries) + 1))
    for start, end in sorted(spans, key=lambda span: span[0] - span[1]):
        if _closed(entries[start:end], source):
            yield from entries[:start]
            yield BulletList(tuple(entries[start:end]))
            yield from entries[end:]
            return
    raise ValueError("a tag opens inside a list and closes outside it")


def _closed(entries: Sequence[Item | Tags], source: Protected) -> bool:
    depth = 0
    for entry in entries:
        for change in source.depths(entry) if isinstance(entry, Tags) else ():
            # An `else` (change 0) needs its `if` inside, just as an end does.
            if depth + min(change, 0) < 0 or (change == 0 and depth == 0):
                return False
            depth += change
    return depth == 0


def _made_safe_for_links(code: str) -> str:
    if not code.startswith("{{"):
        return code
    return "{{ (" + code.strip("{}").strip("-+ ") + ") | in_link }}"
