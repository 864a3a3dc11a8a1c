"""Takes older entries of the audit trail out of the database, into a file.

Everything up to a seal goes, whatever it belongs to: a seal proves that nothing is
missing before it, so the file proves it too, and each chain goes on from a checkpoint.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.domain import archive_lines, audit
from engine.domain.archive import (
    Progress,
    Reading,
    archives_of,
    checkpoints_hash,
)
from engine.domain.audit import TRAIL, TRAIL_ID
from engine.domain.errors import TacitError
from engine.domain.interfaces import Archive, Storage, UnitOfWork
from engine.domain.records import NewEntry, Seal


class ArchiveError(TacitError):
    """Raised when nothing can be archived; nothing was removed."""


@dataclass(frozen=True, slots=True)
class Archived:
    """An archive that was made: how many entries, and the time of their last seal."""

    file: str
    entries: int
    sealed_at: datetime


@dataclass(frozen=True, slots=True)
class _Part:
    """What is to be archived: the entries up to each seal, from a first id on."""

    follows: str
    after: int
    seals: list[Seal]


def archive_audit(
    store: Storage,
    file: Archive,
    by: str,
    now: datetime,
    before: datetime | None = None,
    progress: Progress | None = None,
) -> Archived:
    """Archive what was sealed, or sealed before a time; `progress` is told of lines.

    The file is on the disk and has been read back, every chain and seal in it, before
    anything is removed; what is removed goes in one transaction. Where that was never
    reached, the same call again takes the finished file and goes on.
    """
    with store.begin(read_only=True) as unit:
        archives = _archives(unit)
        part = _part(unit, _last_seal(archives), before)
        reading = Reading(part.follows)
        reading.start_from(unit.audit.checkpoints())
    if not file.exists():
        if not part.seals:
            raise ArchiveError(
                "nothing to archive: no seal was made since the last archive"
                + (f" and before {before:%Y-%m-%d}" if before else "")
            )
        file.write(_lines(store, part, progress))
    elif any(one["file"] == file.name for one in archives):
        raise ArchiveError(f"{file.name} was archived before, and is complete")
    _check(file, reading, progress)
    file.publish()
    return _take_out(store, file, reading, part.follows, (by, now))


def _archives(unit: UnitOfWork) -> list[dict[str, Any]]:
    return archives_of(unit.audit.trail(TRAIL, TRAIL_ID, TRAIL))


def _last_seal(archives: list[dict[str, Any]]) -> str:
    return str(archives[-1]["seal"]) if archives else ""


def _part(unit: UnitOfWork, follows: str, before: datetime | None) -> _Part:
    seals, after = unit.audit.seals(), 0
    if follows:
        # Of what was archived, the last seal is kept: the next one follows from it.
        if not seals or seals[0].hash != follows:
            raise ArchiveError("the last archive's seal is missing: see audit verify")
        after = seals.pop(0).upto
    old = [seal for seal in seals if before is None or seal.at < before]
    return _Part(follows, after, old)


def _lines(store: Storage, part: _Part, progress: Progress | None) -> Iterator[str]:
    """What the file is to hold. Nobody waits meanwhile: a unit of work is one seal."""
    yield archive_lines.header_line(part.follows)
    after = part.after
    for seal in part.seals:
        with store.begin(read_only=True) as unit:
            for written in unit.audit.written(after, seal.upto):
                yield archive_lines.entry_line(written)
                if progress:
                    progress(1)
        yield archive_lines.seal_line(seal)
        after = seal.upto


def _check(file: Archive, reading: Reading, progress: Progress | None) -> None:
    flaws = list(reading.take(file.lines(), progress))
    if flaws:
        file.discard()
        first = flaws[0]
        raise ArchiveError(
            f"nothing was removed: {len(flaws)} flaws in {file.name}, the first at "
            f"{first.subject}: {first.message}"
        )


def _take_out(
    store: Storage,
    file: Archive,
    reading: Reading,
    follows: str,
    signed: tuple[str, datetime],
) -> Archived:
    """Remove what the file holds; say so in the trail's own trail."""
    by, now = signed
    left = list(reading.checkpoints())
    body = audit.body(
        {
            "by": by,
            "file": file.name,
            "entries": reading.entries,
            "seal": reading.seal,
            "checkpoints": checkpoints_hash(left),
        }
    )
    with store.begin() as unit:
        # Two archives at once would both write the next entry of this trail.
        trail = unit.audit.trail(TRAIL, TRAIL_ID, TRAIL)
        seals = [one for one in unit.audit.seals() if one.hash == reading.seal]
        if _last_seal(archives_of(trail)) != follows or not seals:
            raise ArchiveError(f"{file.name} does not hold what comes next")
        seq, head = trail.head
        hash_ = audit.link(head, audit.entry_text(now, "archived", body))
        entry = NewEntry(TRAIL, TRAIL_ID, seq + 1, now, "archived", body, hash_)
        # Before the others go: SQLite would give their ids out again.
        unit.audit.append([entry])
        if unit.audit.take_out(seals[0].upto, left) != reading.entries:
            raise ArchiveError(f"{file.name} does not hold all that would be removed")
        unit.commit()
    return Archived(file.name, reading.entries, seals[0].at)
