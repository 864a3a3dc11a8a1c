"""A reply's text in, what it answers out; a wrong action is worse than none.

A text is an event only when exactly one open event is said for certain, nothing
speaks against it, and what else is said is known to change nothing. Whatever is in
doubt is asked again, or handed to a person.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from engine.domain.replies.clauses import ClauseReader, Mark, Said, Strange
from engine.domain.replies.reading import Reading, Step, Verdict
from engine.domain.replies.tokens import MAX_CHARACTERS, Sentence, sentences
from engine.domain.replies.vocabulary import Hold, Kind, Vocabulary


def understand(
    vocabularies: Sequence[Vocabulary],
    text: str,
    asks: Collection[str],
    language: str | None = None,
) -> Reading:
    """What a reply answers of the events that are open now.

    Each sentence is read in the language that knows most of its words; `language`,
    the one that the person was written to in, goes before where that is a draw.
    """
    ordered = sorted(vocabularies, key=lambda one: one.language != language)
    judge = _Judge(frozenset(asks))
    for sentence in sentences(text):
        judge.take(sentence, _best(ordered, sentence, judge.vocabulary))
    if len(text) > MAX_CHARACTERS:
        judge.holds.append(_Held(Verdict.PERSON, "it is too long to be read whole"))
    return judge.reading()


def _best(
    vocabularies: Sequence[Vocabulary], sentence: Sentence, latest: Vocabulary | None
) -> Vocabulary:
    tokens = [token for clause in sentence.clauses for token in clause.tokens]
    able = [one for one in vocabularies if any(map(one.knows, tokens))]
    if len(able) < 2:
        return next(iter(able), latest or vocabularies[0])
    # Long words tell languages apart; short ones are in several.
    return max(able, key=lambda one: (one.grasp(sentence), one is latest))


@dataclass(frozen=True, slots=True)
class _Held:
    """Why an answer is not carried out, unless it is an event this is not for."""

    verdict: Verdict
    why: str
    not_for: frozenset[str] = frozenset()


@dataclass
class _Judge:
    """Gathers what the sentences say, and then judges."""

    asks: frozenset[str]
    vocabulary: Vocabulary | None = None
    steps: list[Step] = field(default_factory=list)
    holds: list[_Held] = field(default_factory=list)
    #: The events that were said, in order, and whether a turn stands before each.
    events: list[tuple[str, bool]] = field(default_factory=list)
    supports: list[frozenset[str]] = field(default_factory=list)
    bare: list[str] = field(default_factory=list)
    phrases: set[tuple[str, str]] = field(default_factory=set)
    about: set[str] = field(default_factory=set)
    _said_with: set[str] = field(default_factory=lambda: {"yes", "no"})
    _turned: bool = False
    _before: int = 0
    _after: int = 0
    _words: int = 0

    def take(self, sentence: Sentence, vocabulary: Vocabulary) -> None:
        reader = ClauseReader(vocabulary)
        reader.read(sentence)
        if self.vocabulary is None or reader.phrases:
            self.vocabulary = vocabulary
        self.phrases |= {(vocabulary.language, key) for key in reader.phrases}
        for slip in reader.slips:
            self._note(sentence, slip)
        self._words += sum(len(clause.tokens) for clause in sentence.clauses)
        for found in reader.found:
            match found:
                case Said():
                    self._said(sentence, vocabulary, found)
                case Mark():
                    self._mark(sentence, vocabulary, found)
                case Strange():
                    self._strange(sentence, vocabulary, found)
        self._form(sentence, [one for one in reader.found if isinstance(one, Said)])

    def _note(self, sentence: Sentence, found: str) -> None:
        self.steps.append(Step(sentence.text, found))

    def _hold(
        self,
        sentence: Sentence,
        verdict: Verdict,
        why: str,
        not_for: frozenset[str] = frozenset(),
    ) -> None:
        self.holds.append(_Held(verdict, why, not_for))
        self._note(sentence, why)

    def _said(self, sentence: Sentence, vocabulary: Vocabulary, said: Said) -> None:
        answer = vocabulary.answers[said.answer]
        name = said.answer
        if said.negated:
            negated = f'"{said.words}" is negated'
            if answer.negated is None:
                why = f"{negated}, which may mean several things"
                self._hold(sentence, Verdict.ASK_AGAIN, why)
                return
            self._note(sentence, f"{negated}: read as {answer.negated}")
            name, answer = answer.negated, vocabulary.answers[answer.negated]
        event = next((event for event in answer.means if event in self.asks), None)
        if event is not None and said.sure:
            self._note(sentence, f'"{said.words}" says {name}: {event}')
            self.events.append((event, self._turned))
            self._said_with &= answer.said_with
            self._turned = False
        elif event is not None:
            self._note(sentence, f'"{said.words}" mentions {name}, without deciding it')
            self.supports.append(frozenset({event}) | answer.supports)
        elif answer.supports & self.asks:
            self._note(sentence, f'"{said.words}" says {name}, which is not an answer')
            self.supports.append(answer.supports)
        else:
            why = f'"{said.words}" says {name}, which nobody can answer now'
            self._hold(sentence, Verdict.ASK_AGAIN, why)

    def _mark(self, sentence: Sentence, vocabulary: Vocabulary, mark: Mark) -> None:
        match mark.kind:
            case Kind.YES | Kind.NO:
                self._note(sentence, f'"{mark.words}" is a {mark.kind}')
                self.bare.append(str(mark.kind))
            case Kind.TURN:
                self._note(sentence, f'"{mark.words}" takes back what stands before')
                self._turned = bool(self.events or self.bare)
            case Kind.CONTRAST if self.events:
                why = f'"{mark.words}" qualifies what was said before'
                self._hold(sentence, Verdict.PERSON, why)
            case Kind.ABOUT:
                self.about.add(mark.words.casefold())
                if len(self.about) > 1:
                    self._hold(sentence, Verdict.PERSON, "it answers for several")
            case Kind.HOLD:
                hold = vocabulary.holds.get(mark.name) or Hold(Verdict.ASK_AGAIN)
                why = f'"{mark.words}": {mark.name.replace("_", " ")}'
                self._hold(sentence, Verdict(hold.then), why, hold.not_for)

    def _strange(
        self, sentence: Sentence, vocabulary: Vocabulary, found: Strange
    ) -> None:
        if not self.events and not self.bare:
            self._before += found.count
            return
        self._after += found.count
        if found.beside and vocabulary.unknown.beside < found.count:
            why = f'"{found.words}" is unknown, and stands beside the answer'
            self._hold(sentence, Verdict.ASK_AGAIN, why)

    def _form(self, sentence: Sentence, said: Sequence[Said]) -> None:
        if sentence.asks and not (said and all(one.asked for one in said)):
            self._hold(sentence, Verdict.PERSON, "it is a question")
        if sentence.quotes and said:
            self._hold(sentence, Verdict.PERSON, "it quotes somebody")

    def reading(self) -> Reading:
        verdict, event, why = self._verdict()
        language = self.vocabulary.language if self.vocabulary else None
        return Reading(
            verdict, why, event, language, tuple(self.steps), frozenset(self.phrases)
        )

    def _verdict(self) -> tuple[Verdict, str | None, str]:
        if not self._words and not self.holds:
            return Verdict.IGNORED, None, "nothing is said"
        if (
            self.bare
            and not self.events
            and (self._before + self._after + len(self.supports)) > 0
        ):
            return Verdict.PERSON, None, "the yes or no may be to something else"
        event, _ = self._decided() if self.events else (None, False)
        holds = [held for held in self.holds if event not in held.not_for]
        for verdict in (Verdict.PERSON, Verdict.ASK_AGAIN):
            why = next((one.why for one in holds if one.verdict is verdict), None)
            if why is not None:
                return verdict, None, why
        if not self.events:
            return self._without_event()
        return self._with_events()

    def _with_events(self) -> tuple[Verdict, str | None, str]:
        event, turned = self._decided()
        if event is None:
            return Verdict.PERSON, None, "it says two things at once"
        if any(event not in supported for supported in self.supports):
            return Verdict.ASK_AGAIN, None, "it mentions something else, too"
        if self.bare and not turned and not set(self.bare) <= self._said_with:
            return Verdict.ASK_AGAIN, None, "a no stands beside a yes"
        unknown = self.vocabulary.unknown if self.vocabulary else None
        if unknown and self._before > unknown.before:
            return Verdict.PERSON, None, "much stands before it that is unknown"
        if unknown and self._after > unknown.after:
            return Verdict.ASK_AGAIN, None, "more follows that is unknown"
        return Verdict.EVENT, event, f"it says {event}, and nothing speaks against it"

    def _decided(self) -> tuple[str | None, bool]:
        """The one event that was said, or that a turn left standing; None if none."""
        said = [event for event, _ in self.events]
        if len(set(said)) == 1:
            return said[0], False
        turns = [place for place, (_, turned) in enumerate(self.events) if turned]
        if len(turns) != 1:
            return None, False
        before, after = set(said[: turns[0]]), set(said[turns[0] :])
        return (after.pop(), True) if len(before) == len(after) == 1 else (None, False)

    def _without_event(self) -> tuple[Verdict, str | None, str]:
        unknown = self._before + self._after
        if set(self.bare) in ({"yes"}, {"no"}) and not unknown and not self.supports:
            return self._bare(self.bare[0])
        if self.supports or not unknown or self.vocabulary is None:
            return Verdict.ASK_AGAIN, None, "it says none of the answers for certain"
        if unknown > self.vocabulary.unknown.beside + 3:
            return Verdict.PERSON, None, "it is about something else"
        return Verdict.ASK_AGAIN, None, "it says none of the answers"

    def _bare(self, word: str) -> tuple[Verdict, str | None, str]:
        meant = None
        if self.vocabulary is not None:
            meant = self.vocabulary.bare_meaning(self.asks, word)
        if meant in self.asks:
            return Verdict.EVENT, meant, f"a bare {word} means {meant} here"
        return Verdict.ASK_AGAIN, None, f"a bare {word} could mean any of the answers"
