"""The tests that vocabularies carry: run, compared, and what none of them reaches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.domain.replies.reading import Reading
from engine.domain.replies.understanding import understand
from engine.domain.replies.vocabulary import Entry, Example, Vocabulary


@dataclass(frozen=True, slots=True)
class Outcome:
    """One test and what came of it; `file` is the vocabulary that carries it."""

    file: str
    example: Example
    reading: Reading

    @property
    def got(self) -> str:
        """The event, or else the verdict: as a test says what it expects."""
        return self.reading.event or str(self.reading.verdict)

    @property
    def holds(self) -> bool:
        return self.got == self.example.expect

    def as_json(self) -> dict[str, object]:
        """The documented fields of a test's outcome."""
        return {
            "file": self.file,
            "line": self.example.mark.line,
            "reply": self.example.reply,
            "asks": list(self.example.asks),
            "expected": self.example.expect,
            "got": self.got,
            "holds": self.holds,
            "why": self.reading.why,
        }


def run_examples(vocabularies: Sequence[Vocabulary]) -> Iterator[Outcome]:
    """Every test of every vocabulary, read with all of them, as a reply is."""
    for vocabulary in vocabularies:
        for example in vocabulary.examples:
            reading = understand(
                vocabularies, example.reply, example.asks, vocabulary.language
            )
            yield Outcome(vocabulary.file, example, reading)


def unreached(vocabulary: Vocabulary, outcomes: Sequence[Outcome]) -> list[Entry]:
    """The phrases of a vocabulary that no test met."""
    met = {phrase for outcome in outcomes for phrase in outcome.reading.phrases}
    return [
        entry
        for entry in vocabulary.entries
        if (vocabulary.language, entry.key) not in met
    ]
