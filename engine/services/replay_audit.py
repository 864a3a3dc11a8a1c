"""Replays the audit trail: it leads to the present, by moves that its rules allow."""

from collections.abc import Callable, Iterator

from engine.domain import audit, replay
from engine.domain.audit import Entry, Flaw
from engine.domain.interfaces import Storage
from engine.domain.records import ChangeRow
from engine.domain.replay import Replayed, RulesOf
from engine.domain.streams import side_by_side

Progress = Callable[[int], None]


def replay_audit(
    store: Storage, rules_of: RulesOf, progress: Progress | None = None
) -> tuple[int, list[Flaw]]:
    """How many changes were replayed, and where that differs from what they are.

    `rules_of` has the ruleset of each version that was ever used: each recorded
    transition must be legal under the rules that are recorded with it. `progress` is
    told of each change.
    """
    counted, flaws = 0, list[Flaw]()
    with store.begin(read_only=True) as unit:
        rows = ((row.id, row) for row in unit.changes.all())
        trails = ((one.subject_id, one) for one in unit.audit.trails(audit.CHANGE))
        for _, row, trail in side_by_side(rows, trails):
            if row is not None and trail is not None:
                counted += 1
                flaws += _flaws(row, trail.entries, rules_of)
                if progress:
                    progress(1)
    return counted, flaws


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
