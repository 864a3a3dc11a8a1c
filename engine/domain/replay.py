"""Folds a change's audit trail into the state it leads to, and checks its moves."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from engine.domain import audit, machine
from engine.domain.audit import Entry
from engine.domain.ruleset import Ruleset

#: The ruleset of each version that was ever used.
RulesOf = Mapping[str, Ruleset]


@dataclass(frozen=True, slots=True)
class Replayed:
    """A change as its audit trail says it is."""

    state: str = ""
    renewal_start: str = ""
    version: int = 0
    closed_at: datetime | None = None
    attention: str | None = None
    owner_choice: str | None = None
    notice_out: bool = False
    plan: int = 0


UNOPENED = Replayed()


def state_text(present: Replayed) -> str:
    """The state as a checkpoint keeps it; `from_state` reads it back."""
    closed_at = present.closed_at.isoformat() if present.closed_at else None
    return audit.canonical({**asdict(present), "closed_at": closed_at})


def from_state(text: str) -> Replayed:
    """The state that a checkpoint keeps; that of a trail's beginning is empty."""
    if not text:
        return UNOPENED
    values = json.loads(text)
    closed_at = values["closed_at"]
    values["closed_at"] = datetime.fromisoformat(closed_at) if closed_at else None
    return Replayed(**values)


def replayed(entries: Iterable[Entry], present: Replayed = UNOPENED) -> Replayed:
    """What a trail leads to, from its beginning or from what came before it."""
    for entry in entries:
        present = fold(present, entry)
    return present


def fold(present: Replayed, entry: Entry) -> Replayed:
    """The change after one more entry."""
    said: Mapping[str, Any] = json.loads(entry.body)
    present = replace(present, version=present.version + 1)
    match entry.kind:
        case "opened":
            return replace(
                present, state=said["state"], renewal_start=said["renewal_start"]
            )
        case "transition":
            moved = replace(present, state=said["to"], attention=None)
            return _closed(moved, entry.at) if said.get("final") else moved
        case "effect" | "ended":
            closes = entry.kind == "ended" or "do" in said
            return _closed(present, entry.at) if closes else present
        case "held":
            return replace(present, attention=said.get("why") or said["name"])
        case "edited":
            return _edited(present, said)
        case "sent":
            # A notice of dates that have moved since says nothing about the new ones.
            notice = said.get("notice", False) and said["plan"] == present.plan
            return replace(present, notice_out=present.notice_out or notice)
        case "returned" if said.get("notice_lost"):
            return replace(present, notice_out=False)
        case _:
            return present


def _closed(present: Replayed, at: datetime) -> Replayed:
    return replace(present, closed_at=present.closed_at or at, attention=None)


def _edited(present: Replayed, said: Mapping[str, Any]) -> Replayed:
    changed = said.get("set", {})
    if "renewal_start" in changed:
        present = replace(present, renewal_start=changed["renewal_start"])
    if "state" in changed:
        present = replace(present, state=changed["state"])
    if "owner_choice" in changed:
        present = replace(present, owner_choice=changed["owner_choice"])
    if said.get("planned_again"):
        present = replace(
            present,
            notice_out=False,
            attention=None,
            closed_at=None,
            plan=present.plan + 1,
        )
    return present


def wrong_move(present: Replayed, entry: Entry, rules_of: RulesOf) -> str | None:
    """Why an entry cannot be what happened next to a change; None where it can.

    A transition must start where the change stood, and its own rules must allow it.
    """
    if entry.kind != "transition":
        return None
    said = json.loads(entry.body)
    name, source, target, rules = said["name"], said["from"], said["to"], said["rules"]
    ruleset = rules_of.get(rules)
    if present.closed_at is not None:
        return f"{name} moves a change that was closed"
    if source != present.state:
        return f"{name} starts from {source}, but the change was {present.state}"
    if ruleset is None:
        return f"its rules {rules} are not kept"
    if not machine.is_legal(ruleset, source, name, target):
        return f"{name} cannot lead from {source} to {target} under rules {rules}"
    return None
