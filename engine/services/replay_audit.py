"""Replays the audit trail: it leads to the present, by moves that its rules allow."""

from collections.abc import Iterator, Sequence

from engine.domain import audit, replay
from engine.domain.archive import Progress
from engine.domain.audit import Flaw, Trail
from engine.domain.interfaces import Archive, Storage
from engine.domain.records import ChangeRow
from engine.domain.replay import Replayed, RulesOf
from engine.domain.streams import side_by_side
from engine.services.read_archives import read_archives


def replay_audit(
    store: Storage,
    rules_of: RulesOf,
    files: Sequence[Archive] = (),
    progress: Progress | None = None,
) -> tuple[int, list[Flaw]]:
    """How many changes were replayed, and where that differs from what they are.

    `rules_of` has the ruleset of each version that was ever used: each recorded
    transition must be legal under the rules that are recorded with it. Changes are
    replayed from their checkpoints, or with `files`, all archives of the trail, from
    their first entries. `progress` is told of entries that were read.
    """
    counted, flaws = 0, list[Flaw]()
    with store.begin(read_only=True) as unit:
        if files:
            _, flaws = read_archives(unit, files, rules_of, progress)
        rows = ((row.id, row) for row in unit.changes.all())
        trails = ((one.subject_id, one) for one in unit.audit.trails(audit.CHANGE))
        for _, row, trail in side_by_side(rows, trails):
            if row is not None and trail is not None:
                counted += 1
                flaws += _flaws(row, trail, rules_of)
                if progress:
                    progress(len(trail.entries))
    return counted, flaws


def _flaws(row: ChangeRow, trail: Trail, rules_of: RulesOf) -> Iterator[Flaw]:
    present = replay.from_state(trail.start.state)
    for entry in trail.entries:
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
