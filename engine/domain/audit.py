"""The audit trail: entries, each subject's chained by hash."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from engine.domain.outcome import Step
from engine.domain.ruleset import Telling

CHANGE: Final = "change"
#: The audit trail itself: what was archived of it. There is one, and its id is 1.
TRAIL: Final = "trail"
TRAIL_ID: Final = 1
#: Whatever has a trail of its own.
SUBJECTS: Final = (
    CHANGE, "customer", "partner", "person", "contract", "site", "webhook", TRAIL,
)  # fmt: skip
_CANONICAL: Final = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One link of a subject's chain; `body` is canonical JSON."""

    seq: int
    at: datetime
    kind: str
    body: str
    hash: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a chain goes on: after which entry, whose hash the next follows from.

    `state` is what the entries up to it lead to, as text; empty at the beginning.
    """

    seq: int
    hash: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class Trail:
    """A subject's entries after a checkpoint; no name where there is no such subject."""

    subject_id: int
    name: str | None
    start: Checkpoint
    entries: list[Entry]

    @property
    def head(self) -> tuple[int, str]:
        """The seq and hash of the last entry, archived or not."""
        last = self.entries[-1] if self.entries else self.start
        return last.seq, last.hash


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that the trail says otherwise than it should."""

    subject: str
    message: str

    def as_json(self) -> dict[str, str]:
        return {"subject": self.subject, "message": self.message}


def first_link(subject_kind: str, subject_name: str) -> str:
    """What a chain starts from: the subject's own name, so chains cannot be swapped."""
    return hashlib.sha256(f"{subject_kind}:{subject_name}".encode()).hexdigest()


def entry_text(at: datetime, kind: str, body: str) -> bytes:
    """What an entry says, in the form that is hashed."""
    return f"\n{at.isoformat()}\n{kind}\n{body}".encode()


def link(previous: str, text: bytes) -> str:
    """The hash of an entry: over the one before it and all that it says."""
    return hashlib.sha256(previous.encode() + text).hexdigest()


def beginning(subject_kind: str, subject_name: str) -> Checkpoint:
    """Where the chain of a subject begins."""
    return Checkpoint(0, first_link(subject_kind, subject_name))


def broken_at(start: Checkpoint, entries: Iterable[Entry]) -> int | None:
    """The seq of the first entry that does not follow from the one before it."""
    previous = start.hash
    for expected, entry in enumerate(entries, start=start.seq + 1):
        wanted = link(previous, entry_text(entry.at, entry.kind, entry.body))
        if entry.seq != expected or entry.hash != wanted:
            return expected
        previous = entry.hash
    return None


class SealDigest:
    """Gathers what a seal covers: the seal before it, and every entry since in order."""

    def __init__(self, previous: str) -> None:
        self._digest = hashlib.sha256(previous.encode())
        self.entries = 0

    def add(self, entry_hash: str) -> None:
        self._digest.update(f"\n{entry_hash}".encode())
        self.entries += 1

    def hash(self) -> str:
        return self._digest.hexdigest()


def body(values: Mapping[str, object]) -> str:
    """Canonical JSON: sorted names, no blanks, nothing that is None."""
    kept = {
        name: value
        for name, value in values.items()
        if value is not None and value != ()
    }
    return canonical(kept)


def canonical(value: object) -> str:
    """JSON with sorted names and no blanks: equal values are equal texts."""
    return _CANONICAL.encode(value)


def step_body(step: Step, *, by: str, rules: str, final: bool = False) -> str:
    """What the trail says of one step of a decision."""
    return body(
        {
            "by": by,
            "name": step.name,
            "from": step.source,
            "to": step.target,
            "due_at": step.due_at.isoformat() if step.due_at else None,
            "do": step.do,
            "why": step.why or None,
            "tells": tuple(told(telling) for telling in step.tells),
            "stands_for": step.stands_for,
            "rules": rules,
            "final": final or None,
        }
    )


def told(telling: Telling) -> dict[str, object]:
    """What the trail says of one message that was queued."""
    said: dict[str, object] = {"message": telling.message, "to": telling.to}
    return said | ({"asks": list(telling.asks)} if telling.asks else {})
