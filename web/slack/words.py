"""The words after `/tacit`: which of them is meant, in any language that we speak."""

from collections.abc import Collection, Iterable, Iterator
from typing import Final, NamedTuple

from engine.domain.folding import folded
from notifiers.wording import Wording

MINE: Final = "my_renewals"
SHOW: Final = "show"
HELP: Final = "help"
_OWN: Final = (MINE, SHOW, HELP)


class Word(NamedTuple):
    """One of our own words, or an event of the rules; and what was written after it."""

    code: str
    rest: str


def find_word(
    text: str, wordings: Iterable[Wording], events: Collection[str]
) -> Word | None:
    """What is meant; None for a word that nobody knows. The longest goes first."""
    said = text.split()
    known = dict(_known(wordings, events))
    for length in range(len(said), 0, -1):
        code = known.get(folded(" ".join(said[:length])))
        if code is not None:
            return Word(code, " ".join(said[length:]))
    return None


def first_way(wording: Wording, code: str) -> str:
    """How a word is written first in a language; an event without one, by its name."""
    return next(_ways(wording, code), code)


def _known(
    wordings: Iterable[Wording], events: Collection[str]
) -> Iterator[tuple[str, str]]:
    for event in events:
        yield folded(event), event
        yield folded(event.replace("_", " ")), event
    for wording in wordings:
        for code in (*_OWN, *events):
            yield from ((folded(way), code) for way in _ways(wording, code))


def _ways(wording: Wording, code: str) -> Iterator[str]:
    ways = wording.section("slack_words").get(code, "")
    return (way.strip() for way in ways.split(",") if way.strip())
