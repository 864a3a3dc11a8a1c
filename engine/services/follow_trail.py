"""Follows the audit trail for webhooks: what was committed becomes calls to make."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.ruleset import Rulebook
from engine.domain.webhooks import PING, Told, Webhook
from engine.services.list_changes import view_changes

PART: Final = 500
#: What of a transition's entry is told beside the change itself.
_SAID: Final = ("from", "to", "name", "by", "why")


def follow_trail(store: Storage, rulebook: Rulebook, now: datetime) -> int:
    """Queue what every endpoint that is not disabled was not told yet; how many calls."""
    with store.begin(read_only=True) as unit:
        hooks = [hook for hook in unit.webhooks.all() if hook.disabled_at is None]
        newest = unit.audit.last_id()
    behind = [hook for hook in hooks if hook.followed_until < newest]
    if not behind:
        return 0
    upto = _settled(store)
    return sum(_follow(store, rulebook, hook, upto, now) for hook in behind)


def _settled(store: Storage) -> int:
    """An id up to which every entry is committed, and none is still to come.

    Ids are given out before they are committed: one that is not seen now could come
    later, behind the mark. Nobody is held up for longer than this one look.
    """
    with store.begin() as unit:
        unit.audit.hold()
        return unit.audit.last_id()


def _follow(
    store: Storage, rulebook: Rulebook, hook: Webhook, upto: int, now: datetime
) -> int:
    """Queue the calls and move the mark together, a part at a time."""
    mark, queued = hook.followed_until, 0
    while mark < upto:
        with store.begin(read_only=True) as unit:
            told = unit.webhooks.to_tell(hook.id, mark, upto, PART)
            bodies = _bodies(unit, rulebook, told, now)
        onward = told[-1].id if len(told) == PART else upto
        with store.begin() as unit:
            if not unit.webhooks.move_mark(hook.id, mark, onward):
                return queued
            unit.webhooks.queue(hook.id, bodies, now)
            unit.commit()
        mark, queued = onward, queued + len(bodies)
    return queued


def _bodies(
    unit: UnitOfWork, rulebook: Rulebook, told: Sequence[Told], now: datetime
) -> list[tuple[int, str]]:
    """What is sent of each entry: the change as it is by now, and how it moved."""
    ids = {one.subject_id for one in told if one.kind != PING}
    rows = unit.changes.by_ids(sorted(ids))
    views = view_changes(unit, rulebook, rows, now.date())
    changes = {row.id: view for row, view in zip(rows, views, strict=True)}
    return [(one.id, _body(one, changes)) for one in told]


def _body(told: Told, changes: dict[int, dict[str, Any]]) -> str:
    said = json.loads(told.body)
    if told.kind == PING:
        kind, data = "ping", {"by": said["by"]}
    else:
        moved = {name: said.get(name) for name in _SAID}
        kind = "change.transition"
        data = {**changes[told.subject_id], "seq": told.seq, **moved}
        # As this transition left it, wherever the change has moved to since.
        data["state"] = said["to"]
    body = {"type": kind, "timestamp": told.at.isoformat(), "data": data}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=str)
