"""Audit entries of edits, of rows of the book and of changes: what, and by whom."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from engine.domain import audit
from engine.domain.interfaces import UnitOfWork
from engine.domain.records import ChangeRow, NewEntry
from engine.domain.ruleset import Rulebook
from engine.services.ledger import Ledger, make_note


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


def note_changes(
    unit: UnitOfWork,
    rulebook: Rulebook,
    rows: Sequence[ChangeRow],
    values: Mapping[str, object],
    by: str,
    now: datetime,
) -> None:
    """Say in the trail of each change what was edited."""
    ledger = Ledger(unit, now)
    body = audit.body({"by": by, "set": values})
    for row in rows:
        ledger.note(row, rulebook.machines[row.type], make_note(now, "edited", body))
    ledger.write()
