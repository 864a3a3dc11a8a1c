"""Who edited a row of the book, when, and which of its fields."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from engine.domain.access import Action, Actor
from engine.domain.book import KINDS
from engine.domain.interfaces import Storage
from engine.services.read_rows import NAMES, places_of, visible_row

#: The last of them that are shown.
_MOST: Final = 10
#: What the trail calls an edit of a field by other names than the field's own.
_FIELDS: Final = {
    "association": "partner",
    "partner_id": "partner",
    "customer_id": "customer",
}
#: What happens to a person's account (who signed in, ...) is no edit of their row.
_ACCOUNT: Final = "account"
_USAGE: Final = "usage"


@dataclass(frozen=True, slots=True)
class RowEdit:
    """One edit; `by` is a person's code, or what else brought it.

    `fields` are those of the row; of a contract also `usage`, which came in for it.
    """

    at: datetime
    by: str
    is_first: bool
    fields: tuple[str, ...]


def history_of(store: Storage, actor: Actor, kind: str, code: str) -> list[RowEdit]:
    """The last edits of a row, the latest first; none for who may not see the trail.

    A month of usage has none of its own: it stands in its contract's.
    """
    with store.begin(read_only=True) as unit:
        places = places_of(kind, visible_row(unit, actor, kind, code))
        if not all(actor.may(Action.SEE_TRAIL, place) for place in places):
            return []
        if kind == "usage":
            return []
        id_ = unit.book.ids_of(kind, [code])[code]
        entries = unit.audit.chain(NAMES[kind], id_)
    edits = [entry for entry in entries if entry.kind != _ACCOUNT]
    found = []
    for entry in reversed(edits[-_MOST:]):
        body = json.loads(entry.body)
        named = {_FIELDS.get(name, name) for name in body.get("set", {})}
        fields = tuple(name for name in (*KINDS[kind].names, _USAGE) if name in named)
        is_first = entry.kind == "added"
        found.append(RowEdit(entry.at, str(body.get("by", "")), is_first, fields))
    return found
