"""Text as a reader of answers sees it: sentences of clauses of folded words."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from engine.domain.folding import folded

#: Other spellings: the words that each stands for.
Same = Mapping[str, tuple[str, ...]]
#: More than anybody writes as an answer; the rest is not read, and said to be there.
MAX_CHARACTERS: Final = 20_000
#: A line at least this long was broken by the program that sent it, not by a person.
_WRAPPED: Final = 60

_TOKEN: Final = re.compile(
    r"[^\W_]+(?:['._@-][^\W_]+)*|[?!]+|\.{2,}|[.,;:()\"«»“”„]|[-–—]+|\n|\S"
)
_ENDS: Final = re.compile(r"[?!]+|\.+|…")
_BETWEEN: Final = frozenset(',;:()–—…"«»“”„') | {"--", "---", "-"}
_QUOTES: Final = frozenset('"«»“”„')
#: Variation selectors, skin tones, joiners and what follows them in one picture.
_PICTURE: Final = re.compile(
    r"\u200d[♀♂]|[\ufe0e\ufe0f\u200b-\u200f\u2060\ufeff]|[🏻-🏿]"
)
_APOSTROPHES: Final = str.maketrans("’‘ʼ´`", "'''''")
_CODE: Final = re.compile(r"(?=.*\d)(?=.*[a-z])[a-z0-9]+(?:[._-][a-z0-9]+)*")
_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class Token:
    """One word or picture: folded for comparison, and as it was written."""

    word: str
    written: str
    first: bool = False  #: of its sentence

    @property
    def is_capital(self) -> bool:
        return self.written[:1].isupper()

    @property
    def is_number(self) -> bool:
        return self.word[:1].isdigit() and bool(_NUMBER.fullmatch(self.word))

    @property
    def is_code(self) -> bool:
        """A contract's or an order's number: letters and digits in one."""
        return bool(_CODE.fullmatch(self.word))


@dataclass(frozen=True, slots=True)
class Clause:
    """Words between two marks; `opened` is the mark before them."""

    tokens: tuple[Token, ...]
    opened: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: its clauses, as it was written, and what it ends with."""

    text: str
    clauses: tuple[Clause, ...]
    asks: bool = False  #: ends with a question mark
    quotes: bool = False  #: holds quotation marks


def sentences(text: str) -> Iterator[Sentence]:
    """The sentences of a text; line breaks end one unless a program broke the line."""
    for paragraph in _paragraphs(_plain(text[:MAX_CHARACTERS])):
        parts: list[str] = []
        for found in _TOKEN.finditer(paragraph):
            parts.append(found.group())
            end = found.end()
            is_last = end == len(paragraph) or paragraph[end].isspace()
            if _ENDS.fullmatch(found.group()) and is_last:
                yield from _sentence(parts)
                parts = []
        yield from _sentence(parts)


def words(text: str, same: Same = MappingProxyType({})) -> tuple[str, ...]:
    """The folded words of a phrase, cut and spelt as those of a text are."""
    found = (folded(part) for part in _TOKEN.findall(_plain(text)))
    return tuple(
        word
        for part in found
        if part not in _BETWEEN and not _ENDS.fullmatch(part)
        for word in spelt(part, same)
    )


def spelt(word: str, same: Same) -> Sequence[str]:
    """A word as it is compared: other spellings replaced, "l'an" taken apart."""
    if word in same:
        return same[word]
    apart = list(_apart(word))
    if apart == [word]:
        return apart
    return [part for one in apart for part in same.get(one, (one,))]


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFC", text).translate(_APOSTROPHES)
    return _PICTURE.sub("", text)


def _paragraphs(text: str) -> Iterator[str]:
    """Lines joined where a program broke them."""
    joined = ""
    for line in text.splitlines():
        line = line.strip()
        if joined and line:
            joined = f"{joined} {line}"
        elif line:
            joined = line
        if joined and len(line) < _WRAPPED:
            yield joined
            joined = ""
    if joined:
        yield joined


def _sentence(parts: list[str]) -> Iterator[Sentence]:
    """The parts as one sentence; nothing of marks alone, unless they ask."""
    clauses: list[Clause] = []
    run: list[Token] = []
    opened, is_first = "", True
    for part in parts:
        if part in _BETWEEN:
            if run:
                clauses.append(Clause(tuple(run), opened))
            run, opened = [], part
            continue
        if _ENDS.fullmatch(part):
            continue
        run.append(Token(folded(part), part, is_first))
        is_first = False
    if run:
        clauses.append(Clause(tuple(run), opened))
    asks = any("?" in part for part in parts)
    if clauses or asks:
        text = re.sub(r" (?=[.,?!)\n])", "", " ".join(parts)).strip()
        quotes = any(part in _QUOTES for part in parts)
        yield Sentence(text, tuple(clauses), asks, quotes)


def _apart(word: str) -> Iterator[str]:
    """One word, or several that are written as one: "l'an", "pouvez-vous"."""
    if _CODE.fullmatch(word) or "@" in word:
        yield word
        return
    yield from (part for part in re.split(r"['_-]|(?<=[a-z])\.(?=[a-z])", word) if part)
