"""What is wrong with a row that somebody wants to write: by field, all at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from engine.domain.errors import TacitError

#: Each reason's sentence; it stands beside its field.
SENTENCES: Final[Mapping[str, str]] = {
    "missing": "is empty, and every row needs it",
    "unreadable": "{said}",
    "taken": 'there is "{code}" already, perhaps in other letters: choose another',
    "unknown": 'there is no "{code}" that you may see',
    "not_theirs": '"{code}" is not one of their own people',
    "is_contact": "this person is written to there: choose another contact first",
    "nobodys": "has to say whose this is",
    "not_yours": "you may not put a row there",
    "role_unknown": 'there is no role "{role}" for people of theirs',
    "role_not_yours": 'you may not give or take the role "{role}"',
    "own_rights": "you would lose your own right to edit people: have somebody else do it",
    "stronger": "this person may do more than you: have somebody else change it",
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """One field's mistake; `reason` and `values` are for who says it in other words."""

    reason: str
    values: Mapping[str, str]

    def __str__(self) -> str:
        return SENTENCES[self.reason].format(**self.values)


@dataclass
class Mistakes:
    """Collects mistakes; of a field, the first one is enough."""

    found: dict[str, Mistake] = field(default_factory=dict)

    def add(self, name: str, reason: str, **values: str) -> None:
        self.found.setdefault(name, Mistake(reason, values))

    def has(self, name: str) -> bool:
        return name in self.found


class RowRefusedError(TacitError):
    """Raised when a row cannot be written; nothing was changed."""

    def __init__(self, mistakes: Mapping[str, Mistake]) -> None:
        self.mistakes = dict(mistakes)
        said = "; ".join(f"{name} {mistake}" for name, mistake in mistakes.items())
        super().__init__(said)
