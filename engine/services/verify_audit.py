"""Checks the audit trail: every chain and every seal holds."""

from collections.abc import Callable, Iterator

from engine.domain import audit
from engine.domain.audit import Flaw, SealDigest, Trail
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.records import ChangeRow
from engine.domain.streams import side_by_side

Progress = Callable[[int], None]


def verify(store: Storage, progress: Progress | None = None) -> tuple[int, list[Flaw]]:
    """How many entries were read, and every place where a chain or a seal breaks.

    `progress` is told the number of entries of each trail.
    """
    counted, flaws = 0, list[Flaw]()
    with store.begin(read_only=True) as unit:
        for kind in audit.SUBJECTS:
            for row, trail in _trails(unit, kind):
                flaws += _flaws(kind, row, trail)
                entries = len(trail.entries) if trail else 0
                counted += entries
                if progress:
                    progress(entries)
        flaws += _seal_flaws(unit)
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
    last = trail.entries[-1]
    if broken is not None:
        yield Flaw(f"{kind} {trail.name}", f"the chain breaks at entry {broken}")
    elif row is not None and (row.version, row.head) != (last.seq, last.hash):
        yield Flaw(f"{kind} {trail.name}", "the last entries are missing")


def _seal_flaws(unit: UnitOfWork) -> Iterator[Flaw]:
    after, previous = 0, ""
    for one in unit.audit.seals():
        digest = SealDigest(previous)
        for hash_ in unit.audit.hashes(after, one.upto):
            digest.add(hash_)
        if (digest.entries, digest.hash()) != (one.entries, one.hash):
            yield Flaw(f"seal {one.id}", f"what was sealed at {one.at} has changed")
        after, previous = one.upto, one.hash
