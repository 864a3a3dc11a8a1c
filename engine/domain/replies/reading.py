"""What came of reading an answer, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What is to be done with an answer."""

    EVENT = "event"  #: it is one of the events that are open
    ASK_AGAIN = "ask_again"  #: nobody can tell; the choices are shown again
    PERSON = "person"  #: it wants somebody to read it
    IGNORED = "ignored"  #: it says nothing


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was found, in plain words; `sentence` is where."""

    sentence: str
    found: str

    def as_json(self) -> dict[str, str]:
        return {"sentence": self.sentence, "found": self.found}


@dataclass(frozen=True, slots=True)
class Reading:
    """The verdict on a text, with its reason and the steps that led to it.

    `event` is set for the verdict `event` alone. `phrases` are those that were met,
    as the vocabularies write them, by their place there.
    """

    verdict: Verdict
    why: str
    event: str | None = None
    language: str | None = None
    steps: tuple[Step, ...] = ()
    phrases: frozenset[tuple[str, str]] = frozenset()

    def as_json(self) -> Mapping[str, object]:
        """The documented fields of a reading."""
        return {
            "verdict": str(self.verdict),
            "event": self.event,
            "why": self.why,
            "language": self.language,
            "steps": [step.as_json() for step in self.steps],
        }
