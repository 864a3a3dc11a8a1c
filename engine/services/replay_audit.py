"""Replays the audit trail: it leads to the present, by moves that its rules allow."""

from collections.abc import Iterator

from engine.domain import audit, replay
from engine.domain.audit import Entry, Flaw
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.records import ChangeRow
from engine.domain.replay import Replayed, RulesOf


def replay_audit(store: Storage, rules_of: RulesOf) -> tuple[int, list[Flaw]]:
    """How many changes were replayed, and where that differs from what they are.

    `rules_of` has the ruleset of each version that was ever used: each recorded
    transition must be legal under the rules that are recorded with it.
    """
    with store.begin(read_only=True) as unit:
        rows = _rows(unit)
        counted, flaws = 0, list[Flaw]()
        for id_, entries in unit.audit.chains(audit.CHANGE):
            row = rows.get(id_)
            if row is not None:
                counted += 1
                flaws += _flaws(row, entries, rules_of)
    return counted, flaws


def _rows(unit: UnitOfWork) -> dict[int, ChangeRow]:
    rows: dict[int, ChangeRow] = {}
    last = 0
    while page := unit.changes.all(after=last):
        rows.update((row.id, row) for row in page)
        last = page[-1].id
    return rows


def _flaws(row: ChangeRow, entries: list[Entry], rules_of: RulesOf) -> Iterator[Flaw]:
    present = replay.UNOPENED
    for entry in entries:
        wrong = replay.wrong_move(present, entry, rules_of)
        if wrong is not None:
            yield Flaw(f"change {row.code}", f"entry {entry.seq}: {wrong}")
        present = replay.fold(present, entry)
    yield from _differences(row, present)


def _differences(row: ChangeRow, told: Replayed) -> Iterator[Flaw]:
    compared = (
        ("state", told.state, row.state),
        ("renewal start", told.renewal_start, row.renewal_start.isoformat()),
        ("version", told.version, row.version),
        ("closed", told.closed_at, row.closed_at),
        ("needs a person", told.attention, row.attention),
        ("owner", told.owner_choice, row.owner_choice),
        ("notice out", told.notice_out, row.notice_out_at is not None),
        ("plan", told.plan, row.plan),
    )
    for name, replayed, present in compared:
        if replayed != present:
            message = f"{name}: the trail says {replayed}, the database {present}"
            yield Flaw(f"change {row.code}", message)
