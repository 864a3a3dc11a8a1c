"""The audit trail: entries chained by hash, folded back into the present state."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

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


@dataclass(frozen=True, slots=True)
class Replayed:
    """A change as its audit trail says it is."""

    state: str = ""
    renewal_start: str = ""
    version: int = 0
    closed: bool = False
    attention: bool = False
    owner_choice: str | None = None
    notice_out: bool = False
    plan: int = 0


@dataclass(frozen=True, slots=True)
class StateStep:
    """One recorded move, for checking that its rules allowed it."""

    seq: int
    rules: str
    name: str
    source: str
    target: str


def replay(entries: Iterable[Entry]) -> Replayed:
    """Fold a chain into the state it leads to."""
    present = Replayed()
    for entry in entries:
        present = _fold(present, entry.kind, json.loads(entry.body))
    return present


def _fold(present: Replayed, kind: str, said: Mapping[str, Any]) -> Replayed:
    present = replace(present, version=present.version + 1)
    match kind:
        case "opened":
            return replace(
                present, state=said["state"], renewal_start=said["renewal_start"]
            )
        case "transition":
            return replace(
                present,
                state=said["to"],
                attention=False,
                closed=said.get("final", False),
            )
        case "effect":
            closed = "do" in said
            attention = present.attention and not closed
            return replace(present, closed=closed, attention=attention)
        case "held":
            return replace(present, attention=True)
        case "ended":
            return replace(present, closed=True, attention=False)
        case "edited":
            return _fold_edit(present, said)
        case "sent":
            # A notice of dates that have moved since says nothing about the new ones.
            notice = said.get("notice", False) and said["plan"] == present.plan
            return replace(present, notice_out=present.notice_out or notice)
        case _:
            return present


def _fold_edit(present: Replayed, said: Mapping[str, Any]) -> Replayed:
    changed = said.get("set", {})
    if "renewal_start" in changed:
        present = replace(present, renewal_start=changed["renewal_start"])
    if "owner_choice" in changed:
        present = replace(present, owner_choice=changed["owner_choice"])
    if said.get("planned_again"):
        plan = present.plan + 1
        present = replace(present, notice_out=False, attention=False, plan=plan)
    return present


def moves(entries: Iterable[Entry]) -> Iterator[StateStep]:
    """The transitions of a chain, in order."""
    for entry in entries:
        if entry.kind == "transition":
            said = json.loads(entry.body)
            yield StateStep(
                entry.seq, said["rules"], said["name"], said["from"], said["to"]
            )
