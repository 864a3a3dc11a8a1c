"""Checks the audit trail: every chain and every seal holds."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.domain import audit
from engine.domain.archive import Progress, archives_of, checkpoints_hash
from engine.domain.audit import TRAIL, TRAIL_ID, Flaw, SealDigest, Trail
from engine.domain.interfaces import Archive, Storage, UnitOfWork
from engine.domain.records import ChangeRow, Seal
from engine.domain.streams import side_by_side
from engine.services.read_archives import read_archives


def verify(
    store: Storage, files: Sequence[Archive] = (), progress: Progress | None = None
) -> tuple[int, list[Flaw]]:
    """How many entries were read, and every place where a chain or a seal breaks.

    `files` are all archives of the trail, where their entries are to be checked too.
    `progress` is told of entries that were read.
    """
    counted, flaws = 0, list[Flaw]()
    with store.begin(read_only=True) as unit:
        if files:
            counted, flaws = read_archives(unit, files, progress=progress)
        for kind in audit.SUBJECTS:
            for row, trail in _trails(unit, kind):
                flaws += _flaws(kind, row, trail)
                entries = len(trail.entries) if trail else 0
                counted += entries
                if progress:
                    progress(entries)
        flaws += _seal_flaws(
            unit, archives_of(unit.audit.trail(TRAIL, TRAIL_ID, TRAIL))
        )
    return counted, flaws


def _trails(
    unit: UnitOfWork, kind: str
) -> Iterator[tuple[ChangeRow | None, Trail | None]]:
    """The trails of a kind; those of changes beside what they belong to."""
    trails = ((trail.subject_id, trail) for trail in unit.audit.trails(kind))
    rows = unit.changes.all() if kind == audit.CHANGE else iter(())
    for _, row, trail in side_by_side(((row.id, row) for row in rows), trails):
        yield row, trail


def _flaws(kind: str, row: ChangeRow | None, trail: Trail | None) -> Iterator[Flaw]:
    if trail is None:
        yield Flaw(f"{kind} {row.code if row else '?'}", "its trail is gone")
        return
    if trail.name is None:
        yield Flaw(f"{kind} ?", "entries of a subject that is not there")
        return
    broken = audit.broken_at(trail.start, trail.entries)
    if broken is not None:
        yield Flaw(f"{kind} {trail.name}", f"the chain breaks at entry {broken}")
    elif row is not None and (row.version, row.head) != trail.head:
        yield Flaw(f"{kind} {trail.name}", "the last entries are missing")


def _seal_flaws(unit: UnitOfWork, archives: list[dict[str, Any]]) -> Iterator[Flaw]:
    seals, after, previous = unit.audit.seals(), 0, ""
    if archives:
        yield from _archive_flaws(unit, seals, archives[-1])
        for kept in seals[:1]:
            after, previous = kept.upto, kept.hash
        seals = seals[1:]
    for one in seals:
        digest = SealDigest(previous)
        for hash_ in unit.audit.hashes(after, one.upto):
            digest.add(hash_)
        if (digest.entries, digest.hash()) != (one.entries, one.hash):
            yield Flaw(f"seal {one.id}", f"what was sealed at {one.at} has changed")
        after, previous = one.upto, one.hash


def _archive_flaws(
    unit: UnitOfWork, seals: Sequence[Seal], last: Mapping[str, Any]
) -> Iterator[Flaw]:
    """Whether the database goes on from where its last archive says that it ends."""
    if not seals or seals[0].hash != last["seal"]:
        yield Flaw(TRAIL, f"the seal that {last['file']} ends with is missing")
    if checkpoints_hash(unit.audit.checkpoints()) != last["checkpoints"]:
        yield Flaw(TRAIL, f"checkpoints have changed since {last['file']} was made")
