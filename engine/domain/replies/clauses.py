"""One sentence against one vocabulary: what it answers, and what speaks against that."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from engine.domain.replies.tokens import Clause, Sentence, Token
from engine.domain.replies.vocabulary import Hit, Kind, Vocabulary

_LICENSED: Final = frozenset({Kind.SAYS})


@dataclass(frozen=True, slots=True)
class Said:
    """An answer that was met: which one, and in which words.

    `sure` is false for words that only mention it: "they may renew".
    """

    answer: str
    words: str
    negated: bool = False
    sure: bool = True
    asked: bool = False  #: put as a request, which may end in a question mark


@dataclass(frozen=True, slots=True)
class Mark:
    """Something else that matters: a yes, a no, a turn, a contrast, a hold, a doubt."""

    kind: Kind
    words: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Strange:
    """Words that the vocabulary does not know."""

    words: str
    beside: bool  #: after an answer in its own clause
    count: int = 1


Found = Said | Mark | Strange


@dataclass
class _State:
    """How far a clause has come."""

    licensed: bool = True  #: a `do` here is an answer
    asked: bool = False
    after: bool = False  #: an answer was met in this clause
    negations: list[str] = field(default_factory=list)
    far: bool = False  #: something unknown stands after a negation
    said: bool = False  #: something was met that is more than a lead
    named: bool = False  #: a name was met


class ClauseReader:
    """Reads the clauses of one sentence from left to right."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self.found: list[Found] = []
        self.slips: list[str] = []
        self.phrases: set[str] = set()

    def read(self, sentence: Sentence) -> None:
        for clause in sentence.clauses:
            self._clause(clause)

    def _clause(self, clause: Clause) -> None:
        tokens, slips = self._vocabulary.spelt(clause.tokens)
        self.slips += slips
        items = list(self._vocabulary.scan(tokens))
        state = _State()
        for number, item in enumerate(items):
            if isinstance(item, Token):
                self._word(item, state)
            else:
                trailing = self._trailing(items[number + 1 :])
                state = self._hit(item, tokens, state, trailing)
        if state.negations and not state.said:
            words = " ".join(dict.fromkeys(token.written for token in tokens))
            self.found.append(Mark(Kind.HOLD, words, "negation of something"))

    def _word(self, token: Token, state: _State) -> None:
        matcher = self._vocabulary.matcher
        if token.word in matcher.light:
            return
        if matcher.is_name(token):
            state.named = True
            return
        state.said = state.said or not (
            token.word in matcher.negations or token.word in self._vocabulary.small
        )
        if token.word in matcher.negations:
            state.negations.append(token.word)
        elif token.word in self._vocabulary.small:
            state.licensed = False
        elif token.is_number or token.word in matcher.days:
            if state.after:
                self.found.append(Strange(token.written, beside=True))
        elif not token.is_code:
            state.licensed = False
            state.far = state.far or bool(state.negations)
            self.found.append(Strange(token.written, beside=state.after))

    def _trailing(self, rest: Sequence[Hit | Token]) -> list[str]:
        """Negations right after a verb: "nous ne renouvelons pas"."""
        matcher, found = self._vocabulary.matcher, []
        for item in rest:
            if not isinstance(item, Token):
                break
            if item.word in matcher.negations:
                found.append(item.word)
            elif item.word not in matcher.light:
                break
        return found

    def _hit(
        self, hit: Hit, tokens: Sequence[Token], state: _State, trailing: list[str]
    ) -> _State:
        entry = hit.entry
        self.phrases.add(entry.key)
        written = (token.written for token in tokens[hit.start : hit.end])
        text = " ".join(dict.fromkeys(written))
        inside = [tokens[place].word for place in hit.negations]
        match entry.kind:
            case Kind.SAYS | Kind.DO:
                before = state.negations
                if self._denies(hit, tokens):
                    # "Nous ne voulons [pas de renouvellement]": one negation, not two.
                    before = [word for word in before if not self._is_first(word)]
                negations = [*before, *inside, *trailing]
                self._answer(hit, text, state, negations)
                return _State(licensed=False, after=True, said=True)
            case Kind.LEAD | Kind.REQUEST:
                state.licensed = True
                state.asked = entry.kind is Kind.REQUEST
                state.negations += inside
            case Kind.HARMLESS:
                state.said = True
            case Kind.JOIN:
                return _State(said=state.said or state.after)
            case Kind.YES | Kind.NO if state.named:
                # "Paul wants to, Mary no": whose answer it is, is not said for certain.
                state.said = True
                self.found.append(Mark(Kind.HOLD, text, "answer of somebody named"))
            case _:
                state.said = True
                self.found.append(Mark(entry.kind, text, entry.name))
                if entry.kind in (Kind.TURN, Kind.CONTRAST):
                    return _State()
        return state

    def _answer(self, hit: Hit, text: str, state: _State, negations: list[str]) -> None:
        count = self._count(negations)
        if count > 1 or (count and state.far):
            self.found.append(Mark(Kind.HOLD, text, "negation that may not be meant"))
            return
        sure = hit.entry.kind in _LICENSED or state.licensed
        said = Said(hit.entry.name, text, count == 1, sure, state.asked)
        self.found.append(said)

    def _denies(self, hit: Hit, tokens: Sequence[Token]) -> bool:
        """Whether a negation is a word of the phrase itself."""
        negations = self._vocabulary.matcher.negations
        return any(
            tokens[place].word in negations and place not in hit.negations
            for place in range(hit.start, hit.end)
        )

    def _is_first(self, word: str) -> bool:
        return word in self._vocabulary.first_negations

    def _count(self, negations: Sequence[str]) -> int:
        """How many negations these are: "ne … pas" is one."""
        firsts = sum(map(self._is_first, negations))
        return max(firsts, len(negations) - firsts)
