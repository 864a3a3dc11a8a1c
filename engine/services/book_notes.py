"""Audit entries of the book's own rows: what came in or was edited, and by whom."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from engine.domain import audit
from engine.domain.interfaces import UnitOfWork
from engine.domain.records import NewEntry


class Edit(NamedTuple):
    """What was set of one row of the book, for its own trail."""

    id: int
    code: str
    values: Mapping[str, object]


def note_edits(
    unit: UnitOfWork,
    subject: str,
    edits: Sequence[Edit],
    by: str,
    now: datetime,
    kind: str = "edited",
) -> None:
    """Say in the trail of each `subject` (customer, contract, ...) what was set."""
    if not edits:
        return
    heads = unit.audit.heads_of(subject, {edit.id for edit in edits})
    entries = []
    for edit in edits:
        body = audit.body({"by": by, "set": edit.values})
        text = audit.entry_text(now, kind, body)
        seq, head = heads.get(edit.id) or (0, audit.first_link(subject, edit.code))
        heads[edit.id] = place = seq + 1, audit.link(head, text)
        entries.append(NewEntry(subject, edit.id, place[0], now, kind, body, place[1]))
    unit.audit.append(entries)
