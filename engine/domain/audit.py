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


def broken_at(
    subject_kind: str, subject_name: str, entries: Iterable[Entry]
) -> int | None:
    """The seq of the first entry that does not follow from the one before it."""
    previous = first_link(subject_kind, subject_name)
    for expected, entry in enumerate(entries, start=1):
        wanted = link(previous, entry_text(entry.at, entry.kind, entry.body))
        if entry.seq != expected or entry.hash != wanted:
            return expected
        previous = entry.hash
    return None


def body(values: Mapping[str, object]) -> str:
    """Canonical JSON: sorted names, no blanks, nothing that is None."""
    kept = {
        name: value
        for name, value in values.items()
        if value is not None and value != ()
    }
    return _CANONICAL.encode(kept)


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
            "tells": tuple(_told(telling) for telling in step.tells),
            "stands_for": step.stands_for,
            "rules": rules,
            "final": final or None,
        }
    )


def _told(telling: Telling) -> dict[str, object]:
    told: dict[str, object] = {"message": telling.message, "to": telling.to}
    return told | ({"asks": list(telling.asks)} if telling.asks else {})
