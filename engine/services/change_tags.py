"""Tags of changes: whoever edits one can say which sight of it they go by."""

import hashlib
import json
from collections.abc import Collection
from datetime import date, datetime
from typing import Any, Final

from engine.domain.access import Action, Actor
from engine.domain.errors import StaleError
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.records import ChangeRow
from engine.domain.ruleset import Rulebook
from engine.services.show_change import view_change

#: Stands for whatever sight there is.
ANY: Final = "*"
_LENGTH: Final = 24


def show_tagged(
    store: Storage, rulebook: Rulebook, code: str, now: datetime, actor: Actor
) -> tuple[dict[str, Any], str]:
    """A change as `show_change` has it, and the tag of just that."""
    with store.begin(read_only=True) as unit:
        row = unit.changes.by_code(code)
        actor.must(Action.SEE_CHANGES, row.place, "change", code)
        shown = view_change(unit, rulebook, row, now, actor)
    return shown, tag_of(row, shown)


def tag_of(row: ChangeRow, shown: dict[str, Any]) -> str:
    """One for each version of a change, and for each sight of it."""
    text = json.dumps(shown, default=_iso, sort_keys=True)
    return f"{row.version}-{hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]}"


def must_match(
    unit: UnitOfWork,
    rulebook: Rulebook,
    row: ChangeRow,
    actor: Actor,
    now: datetime,
    tags: Collection[str] | None,
) -> None:
    """StaleError unless the change, locked as it is, has one of the tags.

    None asks for nothing. Who may not see the change knows no tag of it.
    """
    if tags is None:
        return
    actor.must(Action.SEE_CHANGES, row.place, "change", row.code)
    if ANY in tags:
        return
    if tag_of(row, view_change(unit, rulebook, row, now, actor)) not in tags:
        raise StaleError(row.code)


def _iso(value: date) -> str:
    return value.isoformat()
