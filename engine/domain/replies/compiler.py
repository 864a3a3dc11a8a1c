"""A vocabulary file in, a compiled vocabulary out, with every mistake at its place."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from engine.domain import yaml_text
from engine.domain.complaints import Complaints
from engine.domain.folding import folded
from engine.domain.problems import Problem, Severity
from engine.domain.replies.models import VocabularyModel
from engine.domain.replies.phrases import (
    WILD,
    Grammar,
    Matcher,
    Phrase,
    PhraseError,
    compile_phrase,
)
from engine.domain.replies.reading import Verdict
from engine.domain.replies.tokens import words
from engine.domain.replies.vocabulary import (
    Answer,
    Bare,
    Entry,
    Example,
    Hold,
    Kind,
    Unknown,
    Vocabulary,
    known_words,
)
from engine.domain.rule_shape import shape
from engine.domain.yaml_text import Path, Source

#: Where the phrases of a kind stand that have no name of their own.
_LISTS: Mapping[str, Kind] = {
    "leads": Kind.LEAD,
    "requests": Kind.REQUEST,
    "yes": Kind.YES,
    "no": Kind.NO,
    "turns": Kind.TURN,
    "contrasts": Kind.CONTRAST,
    "joins": Kind.JOIN,
    "about": Kind.ABOUT,
    "harmless": Kind.HARMLESS,
}


def compile_vocabulary(
    source: Source, events: Collection[str]
) -> tuple[Vocabulary | None, list[Problem]]:
    """The vocabulary of a file if it can be used, and all that is wrong with it.

    `events` are those that the rules know.
    """
    node, problems = yaml_text.scan(source)
    if node is None:
        return None, problems
    shaped = shape(source, node, VocabularyModel)
    problems += shaped.problems
    if shaped.model is None:
        return None, sorted(problems)
    compiler = _Compiler(shaped.model, Complaints(source, shaped.node), events)
    vocabulary = compiler.vocabulary()
    problems = sorted({*problems, *compiler.complain.found})
    usable = all(problem.severity is not Severity.ERROR for problem in problems)
    return (vocabulary if usable else None), problems


class _Compiler:
    """Resolves the names of one file and reads its phrases."""

    def __init__(
        self, model: VocabularyModel, complain: Complaints, events: Collection[str]
    ) -> None:
        self._model = model
        self._events = events
        self._light = frozenset(word for text in model.light for word in words(text))
        second = (*model.negations.first, *model.negations.second)
        self._little = self._light.union(
            word for text in (*model.small, *second) for word in words(text)
        )
        self.complain = complain
        self._same: dict[str, tuple[str, ...]] = {}
        #: Where each phrase was written first.
        self._seen: dict[tuple[object, ...], Path] = {}

    def vocabulary(self) -> Vocabulary:
        model = self._model
        self._same = self._spellings()
        self._lists()
        entries = tuple(self._entries())
        answers = {name: self._answer(name) for name in model.answers}
        self._denied(entries, answers)
        negations = (*model.negations.first, *model.negations.second)
        known = known_words(
            entries, model.light, model.small, model.days, negations, list(model.same)
        )
        flat = frozenset(word for text in negations for word in words(text))
        days = frozenset(word for text in model.days for word in words(text))
        return Vocabulary(
            language=model.replies,
            file=self.complain.source.file,
            entries=entries,
            matcher=Matcher(self._light, flat, days, known),
            answers=answers,
            holds={name: self._hold(name) for name in model.holds},
            unknown=Unknown(**model.unknown_words.model_dump()),
            same=self._same,
            first_negations=frozenset(
                word for text in model.negations.first for word in words(text)
            ),
            small=frozenset(word for text in model.small for word in words(text)),
            bare=tuple(self._bare()),
            examples=tuple(self._examples()),
        )

    def _spellings(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for written, meant in self._model.same.items():
            word = folded(written)
            if " " in word:
                hint = "only single words are replaced; write it as a phrase"
                self.complain.at_key(("same", written), "not one word", hint)
            elif (word,) == words(meant):
                self.complain.at(("same", written), "stands for itself", "take it out")
            else:
                found[word] = words(meant)
        return found

    def _lists(self) -> None:
        for name, choices in self._model.lists.items():
            if name in WILD:
                self.complain.at_key(("lists", name), f'"{name}" is built in already')
            seen: set[tuple[str, ...]] = set()
            for index, choice in enumerate(choices):
                row, path = words(choice), ("lists", name, index)
                if not row:
                    self.complain.at(path, f'"{choice}" has no word in it')
                elif row in seen:
                    self.complain.at(path, f'"{choice}" stands in this list twice')
                seen.add(row)

    def _entries(self) -> Iterator[Entry]:
        model = self._model
        for word, kind in _LISTS.items():
            yield from self._phrases(kind, "", getattr(model, word), (word,))
        for name, answer in model.answers.items():
            at = ("answers", name)
            if not (answer.says or answer.do) and not self._is_negation(name):
                hint = 'give it "says" or "do", or take it out'
                self.complain.at_key(at, f'nothing says "{name}"', hint)
            yield from self._phrases(Kind.SAYS, name, answer.says, (*at, "says"))
            yield from self._phrases(Kind.DO, name, answer.do, (*at, "do"))
        for name, hold in model.holds.items():
            place = ("holds", name, "says")
            yield from self._phrases(Kind.HOLD, name, hold.says, place)

    def _is_negation(self, name: str) -> bool:
        return any(answer.negated == name for answer in self._model.answers.values())

    def _phrases(
        self, kind: Kind, name: str, texts: Sequence[str], at: Path
    ) -> Iterator[Entry]:
        for index, text in enumerate(texts):
            path = (*at, index)
            phrase = self._phrase(text, path)
            if phrase is not None and self._is_new(phrase, path):
                yield Entry(kind, name, phrase)

    def _phrase(self, text: str, path: Path) -> Phrase | None:
        try:
            return compile_phrase(
                text,
                Grammar(self._model.lists, self._light, self._same, self._little),
            )
        except PhraseError as error:
            known = [*self._model.lists, *WILD]
            if str(error).startswith("unknown list"):
                self.complain.known(path, "list", error.part, known, ("lists",))
            else:
                self.complain.at(path, str(error), error.hint)
        return None

    def _is_new(self, phrase: Phrase, path: Path) -> bool:
        key = phrase.elements
        first = self._seen.setdefault(key, path)
        if first == path:
            return True
        line = yaml_text.find(self.complain.node, first).line
        where = _shown(first)
        message = f'"{phrase.text}" is also under {where}'
        if where == _shown(path):
            message = f'"{phrase.text}" stands here twice'
        hint = f"see line {line}; accents and small words make no difference"
        self.complain.at(path, message, hint)
        return False

    def _answer(self, name: str) -> Answer:
        model, at = self._model.answers[name], ("answers", name)
        for word in ("means", "supports"):
            for index, event in enumerate(getattr(model, word)):
                self.complain.known((*at, word, index), "event", event, self._events)
        negated = model.negated
        if negated is not None:
            names = list(self._model.answers)
            negated = self.complain.known(
                (*at, "negated"), "answer", negated, names, ("answers",)
            )
        if negated == name:
            hint = "name another answer, or take the line out to have it asked again"
            message = f'"{name}" is its own negation'
            self.complain.at((*at, "negated"), message, hint)
        for index, word in enumerate(model.said_with):
            path = (*at, "said_with", index)
            self.complain.known(path, "word", word, ("yes", "no"))
        return Answer(
            model.means, negated, frozenset(model.supports), frozenset(model.said_with)
        )

    def _hold(self, name: str) -> Hold:
        model = self._model.holds[name]
        for index, event in enumerate(model.not_for):
            path = ("holds", name, "not_for", index)
            self.complain.known(path, "event", event, self._events)
        return Hold(model.then, frozenset(model.not_for))

    def _denied(self, entries: Sequence[Entry], answers: Mapping[str, Answer]) -> None:
        """Complain of phrases that are negations of others of the same answer.

        "not renew" under the answer that "renew" is under would say both.
        """
        negations = {
            word for text in self._model.negations.second for word in words(text)
        } | {word for text in self._model.negations.first for word in words(text)}
        plain = {
            (entry.name, _without(entry.phrase, frozenset()))
            for entry in entries
            if entry.kind in (Kind.SAYS, Kind.DO)
        }
        for entry in entries:
            if entry.kind not in (Kind.SAYS, Kind.DO):
                continue
            bare = _without(entry.phrase, negations)
            if bare == _without(entry.phrase, frozenset()):
                continue
            if (entry.name, bare) in plain:
                path = self._seen[entry.phrase.elements]
                hint = f'"{entry.name}" holds it without the negation, too'
                self.complain.at(
                    path, f'"{entry.phrase.text}" is its own negation', hint
                )

    def _bare(self) -> Iterator[Bare]:
        for index, model in enumerate(self._model.bare):
            at = ("bare", index)
            for place, event in enumerate(model.asks):
                self.complain.known((*at, "asks", place), "event", event, self._events)
            for word in ("yes", "no"):
                event = getattr(model, word)
                if event is not None:
                    self.complain.known(
                        (*at, word), "event asked here", event, model.asks
                    )
            yield Bare(frozenset(model.asks), model.yes, model.no)

    def _examples(self) -> Iterator[Example]:
        others = [str(one) for one in Verdict if one is not Verdict.EVENT]
        for index, test in enumerate(self._model.tests):
            at = ("tests", index)
            for place, event in enumerate(test.asks):
                self.complain.known((*at, "asks", place), "event", event, self._events)
            choices = [*test.asks, *others]
            self.complain.known((*at, "expect"), "expectation", test.expect, choices)
            line = yaml_text.find(self.complain.node, (*at, "expect"))
            yield Example(test.reply, test.asks, test.expect, line)


def _without(phrase: Phrase, dropped: Collection[str]) -> tuple[object, ...]:
    """The words of a phrase, less some."""
    rows = (
        tuple(
            kept
            for row in element.rows
            if (kept := tuple(word for word in row if word not in dropped))
        )
        for element in phrase.elements
    )
    return tuple(row for row in rows if row)


def _shown(path: Path) -> str:
    return " > ".join(str(step) for step in path if isinstance(step, str))
