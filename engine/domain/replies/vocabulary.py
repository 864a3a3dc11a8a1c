"""A compiled vocabulary: the phrases of one language, found in a row of words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from engine.domain.replies.phrases import Matcher, Phrase
from engine.domain.replies.spelling import Spelling
from engine.domain.replies.tokens import Same, Sentence, Token, spelt, words
from engine.domain.yaml_text import Mark


class Kind(StrEnum):
    """What a phrase does in an answer; of two as long, the earlier here is meant."""

    HOLD = "hold"  #: keeps the answer from being carried out
    SAYS = "says"  #: a whole answer
    DO = "do"  #: an answer where it opens a clause, or follows a lead
    LEAD = "lead"  #: opens an answer: "we would like to"
    REQUEST = "request"  #: opens one that may be put as a question: "could you"
    YES = "yes"
    NO = "no"
    TURN = "turn"  #: what follows takes the place of what was said
    CONTRAST = "contrast"
    JOIN = "join"  #: begins another clause
    ABOUT = "about"  #: names whom an answer is for
    HARMLESS = "harmless"  #: changes nothing


_GUESSED = frozenset({Kind.SAYS, Kind.DO})
#: Of two phrases as long, the one whose kind stands first is meant.
_RANK = {kind: place for place, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Entry:
    """One phrase of the file, with what it stands under."""

    kind: Kind
    name: str
    phrase: Phrase

    @property
    def key(self) -> str:
        """What tells it from every other of its vocabulary, in words."""
        return f"{self.kind} {self.name}: {self.phrase.text}"


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase that was met, in the words from `start` to `end`."""

    entry: Entry
    start: int
    end: int
    negations: tuple[int, ...] = ()
    taken: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What one kind of answer leads to.

    It is the first of `means` that is open; `negated` names the answer that its
    negation is. It goes with a yes or a no beside it only as `said_with` says, and
    `supports` are events that it does not contradict.
    """

    means: tuple[str, ...]
    negated: str | None = None
    supports: frozenset[str] = frozenset()
    said_with: frozenset[str] = frozenset({"yes", "no"})


@dataclass(frozen=True, slots=True)
class Hold:
    """What is done instead of the answer, unless that is one it is `not_for`."""

    then: str
    not_for: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Bare:
    """What a yes and a no mean alone, where exactly these events are asked."""

    asks: frozenset[str]
    yes: str | None = None
    no: str | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """How many unknown words may stand before, beside and after an answer."""

    before: int
    beside: int
    after: int


@dataclass(frozen=True, slots=True)
class Example:
    """A test of the file: a text, what was asked, the expected verdict or event.

    `mark` is where the file says what is expected.
    """

    reply: str
    asks: tuple[str, ...]
    expect: str
    mark: Mark


@dataclass(frozen=True)
class Vocabulary:
    """The words of one language; immutable once compiled."""

    language: str
    file: str
    entries: tuple[Entry, ...]
    matcher: Matcher
    answers: Mapping[str, Answer]
    holds: Mapping[str, Hold]
    unknown: Unknown
    same: Same
    first_negations: frozenset[str]
    small: frozenset[str]
    bare: tuple[Bare, ...] = ()
    examples: tuple[Example, ...] = ()
    _slips: dict[str, str | None] = field(default_factory=dict, repr=False)

    @cached_property
    def _by_start(self) -> Mapping[str, Sequence[Entry]]:
        found: dict[str, list[Entry]] = {}
        for entry in self.entries:
            for start in dict.fromkeys(entry.phrase.starts()):
                found.setdefault(start, []).append(entry)
        return found

    @cached_property
    def _spelling(self) -> Spelling:
        """Only words of answers are guessed at: what holds one back never is."""
        wanted = {
            word
            for entry in self.entries
            if entry.kind in _GUESSED
            for word in entry.phrase.words()
        }
        return Spelling(self.matcher.known, wanted)

    def knows(self, token: Token) -> bool:
        """Whether a word says this is the language: names and numbers do not."""
        return all(
            word in self.matcher.known or word in self.same
            for word in spelt(token.word, self.same)
        )

    def grasp(self, sentence: Sentence) -> int:
        """How much of a sentence it understands, in letters: phrases count twice."""
        found = 0
        for clause in sentence.clauses:
            tokens, _ = self.spelt(clause.tokens)
            for item in self.scan(tokens):
                if isinstance(item, Hit):
                    found += 2 * sum(
                        len(one.word) for one in tokens[item.start : item.end]
                    )
                elif self.knows(item):
                    found += len(item.word)
        return found

    def spelt(self, tokens: Sequence[Token]) -> tuple[list[Token], list[str]]:
        """The words as the vocabulary spells them, and the slips that were mended."""
        mended: list[Token] = []
        slips: list[str] = []
        for token in tokens:
            for word in spelt(token.word, self.same):
                one = token if word == token.word else replace(token, word=word)
                meant = self._meant(one)
                if meant:
                    slips.append(f'"{token.written}" read as "{meant}"')
                    one = replace(one, word=meant)
                mended.append(one)
        return mended, slips

    def _meant(self, token: Token) -> str | None:
        if token.word in self.matcher.known or (token.is_capital and not token.first):
            return None
        return self._spelling.meant(token.word)

    def scan(self, tokens: Sequence[Token]) -> Iterator[Hit | Token]:
        """The phrases from left to right, the longest first; words between them."""
        at = 0
        while at < len(tokens):
            hit = self._at(tokens, at)
            if hit is None or self._longer_inside(tokens, hit):
                yield tokens[at]
                at += 1
            else:
                yield hit
                at = hit.end

    def _at(self, tokens: Sequence[Token], at: int) -> Hit | None:
        best: Hit | None = None
        for entry in self._beginning(tokens[at]):
            found = self.matcher.match(entry.phrase, tokens, at)
            if found and found.taken:
                hit = Hit(entry, at, found.end, found.negations, found.taken)
                best = hit if best is None or _order(hit) < _order(best) else best
        return best

    def _longer_inside(self, tokens: Sequence[Token], hit: Hit) -> bool:
        """Whether a longer phrase begins within this one: that is meant then.

        Of two as long, it is the one that decides more, or that reaches further.
        """
        inside = (self._at(tokens, at) for at in range(hit.start + 1, hit.end))
        own = (*_order(hit), -hit.end)
        return any(
            one is not None
            and one.entry.name != (hit.entry.name or None)
            and (*_order(one), -one.end) < own
            for one in inside
        )

    def _beginning(self, token: Token) -> Iterator[Entry]:
        yield from self._by_start.get(token.word, ())
        yield from self._by_start.get("", ())

    def bare_meaning(self, asks: frozenset[str], word: str) -> str | None:
        """The event that a bare yes or no means where these are asked, if any."""
        for bare in self.bare:
            if bare.asks == asks:
                return bare.yes if word == "yes" else bare.no
        return None


def _order(hit: Hit) -> tuple[int, int]:
    return -hit.taken, _RANK[hit.entry.kind]


def known_words(entries: Sequence[Entry], *others: Sequence[str]) -> frozenset[str]:
    """Every word of the phrases and of the lists of words."""
    found = {word for entry in entries for word in entry.phrase.words()}
    return frozenset(found.union(*(words(text) for texts in others for text in texts)))
