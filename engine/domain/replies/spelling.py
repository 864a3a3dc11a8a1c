"""Slips of the pen: the one known word that a long unknown one is a slip away from."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

#: Shorter words are too close to one another.
SHORTEST: Final = 5


class Spelling:
    """Finds wanted words by what is left of them when one letter is gone."""

    def __init__(self, known: Iterable[str], wanted: Iterable[str]) -> None:
        self._known = frozenset(known)
        self._near: dict[str, set[str]] = defaultdict(set)
        for word in frozenset(wanted):
            if len(word) >= SHORTEST and word.isalpha():
                for less in _less(word):
                    self._near[less].add(word)

    def meant(self, word: str) -> str | None:
        """The wanted word with the same first letter that is one slip away.

        A slip is a letter too many, too few, wrong, or two in the wrong order. None
        where the word is known or short, and where two words are as near: a slip must
        never choose between meanings.
        """
        if word in self._known or len(word) < SHORTEST or not word.isalpha():
            return None
        near = {one for less in _less(word) for one in self._near.get(less, ())}
        found = {one for one in near if one[0] == word[0] and _one_slip(word, one)}
        return found.pop() if len(found) == 1 else None


def _less(word: str) -> set[str]:
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


def _one_slip(word: str, other: str) -> bool:
    """Whether one slip makes the one word of the other."""
    if abs(len(word) - len(other)) > 1:
        return False
    at = 0
    while at < min(len(word), len(other)) and word[at] == other[at]:
        at += 1
    rest, others = word[at:], other[at:]
    if len(rest) > len(others):
        return rest[1:] == others
    if len(rest) < len(others):
        return rest == others[1:]
    swapped = rest[:2][::-1] == others[:2] and rest[2:] == others[2:]
    return rest[1:] == others[1:] or swapped
