"""Phrases of a vocabulary, and where they stand in a clause.

A phrase is a row of words. `one/other` are alternatives, `(word)` may be missing, and
`<list>` stands for any entry of a named list. Words that carry no meaning, and
negations, may stand between the words of a phrase; the negations are counted.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from engine.domain.replies.tokens import Same, Token, words

#: Words between two words of a phrase that may be skipped.
MOST_SKIPPED: Final = 4
NAME_LENGTH: Final = 5
#: Lists that are not written out: names, numbers, contract numbers, dates.
WILD: Final = ("name", "number", "code", "date")

_PART: Final = re.compile(r"\([^()]*\)|\S+")
_LIST: Final = re.compile(r"<([^<>]*)>")


class PhraseError(ValueError):
    """A phrase that cannot be read; says why, and which part of it is meant."""

    def __init__(self, message: str, part: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.part = part
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Element:
    """One place of a phrase: rows of words that may stand there, or a wild list."""

    rows: tuple[tuple[str, ...], ...] = ()
    wild: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """A compiled phrase; `text` is how the file writes it."""

    text: str
    elements: tuple[Element, ...]

    def starts(self) -> Iterator[str]:
        """The words it can begin with; "" where that can be any."""
        for element in self.elements:
            if element.wild:
                yield ""
            yield from (row[0] for row in element.rows)
            if not element.optional:
                return

    def words(self) -> Iterator[str]:
        return (
            word for element in self.elements for row in element.rows for word in row
        )

    def __len__(self) -> int:
        return len(self.elements)


@dataclass(frozen=True, slots=True)
class Match:
    """Where a phrase ends, how many words it took, and the negations among them."""

    end: int
    taken: int
    negations: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Grammar:
    """What a phrase may refer to: lists, light words, other spellings."""

    lists: Mapping[str, Sequence[str]]
    light: Collection[str]
    same: Same
    little: Collection[str] = frozenset()  #: words that tell nothing alone


def compile_phrase(text: str, grammar: Grammar) -> Phrase:
    """Read a phrase; PhraseError where it cannot be.

    Light words are dropped, unless nothing else is in it.
    """
    elements: list[Element] = []
    for part in _PART.findall(text):
        optional = part.startswith("(")
        inner = part[1:-1] if optional else part
        if not words(inner) or "(" in inner or ")" in inner:
            raise PhraseError(f'"{part}" has no word in it', part)
        elements += _element(inner, grammar, optional=optional)
    if not _tells(elements, grammar.little):
        # "is it" without its light words would be any "it".
        whole = Grammar(grammar.lists, frozenset(), grammar.same)
        elements = [
            element
            for part in _PART.findall(text)
            for element in _element(
                part.strip("()"), whole, optional=part.startswith("(")
            )
        ]
    if not elements:
        raise PhraseError("a phrase without words")
    if all(element.optional for element in elements):
        raise PhraseError("a phrase that may be empty", text, "keep one word")
    return Phrase(text, tuple(elements))


def _element(text: str, grammar: Grammar, *, optional: bool) -> Iterator[Element]:
    named = _LIST.fullmatch(text)
    if named and named[1] in WILD:
        yield Element(wild=named[1], optional=optional)
        return
    if named and named[1] not in grammar.lists:
        raise PhraseError(f'unknown list "{named[1]}"', named[1])
    choices = grammar.lists[named[1]] if named else text.split("/")
    light = grammar.light
    rows = [_without(words(choice, grammar.same), light) for choice in choices]
    if named or "/" in text or optional:
        yield Element(tuple(row for row in rows if row), optional=optional)
    else:
        yield from (Element(((word,),)) for word in rows[0] if word not in light)


def _tells(elements: Sequence[Element], little: Collection[str]) -> bool:
    """Whether some word that has to be there is more than a little one or a name."""
    return any(
        word not in little
        for element in elements
        if not element.optional
        for row in element.rows
        for word in row
    )


def _without(row: tuple[str, ...], light: Collection[str]) -> tuple[str, ...]:
    return tuple(word for word in row if word not in light) or row


@dataclass(frozen=True, slots=True)
class Matcher:
    """Finds phrases in words; knows what may be skipped between them."""

    light: frozenset[str]
    negations: frozenset[str]
    days: frozenset[str]
    known: frozenset[str]

    def match(self, phrase: Phrase, tokens: Sequence[Token], at: int) -> Match | None:
        """The longest way in which the phrase stands at a place."""
        return self._from(phrase.elements, tokens, at, Match(at, 0))

    def _from(
        self,
        elements: Sequence[Element],
        tokens: Sequence[Token],
        at: int,
        so_far: Match,
    ) -> Match | None:
        if not elements:
            return so_far
        best = None
        element, rest = elements[0], elements[1:]
        if element.optional:
            best = self._from(rest, tokens, at, so_far)
        for start, skipped in self._starts(tokens, at, is_first=so_far.taken == 0):
            met = False
            for end, inside in self._ends(element, tokens, start):
                met = True
                negations = so_far.negations + skipped + inside
                step = Match(end, so_far.taken + end - start, negations)
                found = self._from(rest, tokens, end, step)
                if found and (best is None or found.taken > best.taken):
                    best = found
            if met:
                break
        return best

    def _starts(
        self, tokens: Sequence[Token], at: int, *, is_first: bool
    ) -> Iterator[tuple[int, tuple[int, ...]]]:
        skipped: tuple[int, ...] = ()
        yield at, skipped
        if is_first:
            return
        for place in range(at, min(at + MOST_SKIPPED, len(tokens))):
            word = tokens[place].word
            if word in self.negations:
                skipped = (*skipped, place)
            elif word not in self.light:
                return
            yield place + 1, skipped

    def _ends(
        self, element: Element, tokens: Sequence[Token], at: int
    ) -> Iterator[tuple[int, tuple[int, ...]]]:
        if element.wild:
            for end in self._wild_ends(element.wild, tokens, at):
                yield end, ()
            return
        for row in element.rows:
            found = self._row_end(row, tokens, at)
            if found is not None:
                yield found

    def _row_end(
        self, row: Sequence[str], tokens: Sequence[Token], at: int
    ) -> tuple[int, tuple[int, ...]] | None:
        place, negations = at, []
        for number, word in enumerate(row):
            while number and place < len(tokens) and tokens[place].word != word:
                if tokens[place].word in self.negations:
                    negations.append(place)
                elif tokens[place].word not in self.light:
                    return None
                place += 1
            if place >= len(tokens) or tokens[place].word != word:
                return None
            place += 1
        return place, tuple(negations)

    def _wild_ends(self, wild: str, tokens: Sequence[Token], at: int) -> Iterator[int]:
        if at >= len(tokens):
            return
        token = tokens[at]
        single = {"number": token.is_number, "code": token.is_code}
        if single.get(wild):
            yield at + 1
        elif wild == "date":
            yield from self._date_end(tokens, at)
        elif wild == "name":
            yield from self._name_ends(tokens, at)

    def _date_end(self, tokens: Sequence[Token], at: int) -> Iterator[int]:
        """Days, months and numbers in a row, one of them a day or a month's name."""
        end = at
        while end < len(tokens) and (
            tokens[end].word in self.days or tokens[end].word[0].isdigit()
        ):
            end += 1
        if any(token.word in self.days for token in tokens[at:end]):
            yield end

    def _name_ends(self, tokens: Sequence[Token], at: int) -> Iterator[int]:
        end = at
        while (
            end < len(tokens)
            and end - at < NAME_LENGTH
            and (
                self.is_name(tokens[end])
                or (end > at and tokens[end].word in self.light)
            )
        ):
            end += 1
            if self.is_name(tokens[end - 1]):
                yield end

    def is_name(self, token: Token) -> bool:
        """A word with a capital that the vocabulary does not know."""
        return token.is_capital and token.word not in self.known
