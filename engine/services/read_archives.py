"""Reads archives of the audit trail from the first on, up to the database's present."""

import json
from collections.abc import Iterator, Sequence

from engine.domain import archive_lines, audit
from engine.domain.archive import Progress, Reading, SubjectCheckpoint, archives_of
from engine.domain.audit import TRAIL, TRAIL_ID, Flaw
from engine.domain.errors import TacitError
from engine.domain.interfaces import Archive, UnitOfWork
from engine.domain.replay import RulesOf
from engine.domain.streams import side_by_side


def read_archives(
    unit: UnitOfWork,
    files: Sequence[Archive],
    rules_of: RulesOf | None = None,
    progress: Progress | None = None,
) -> tuple[int, list[Flaw]]:
    """How many entries the files hold, and every place where they do not hold.

    They are read in the order in which they follow one another, whatever the order of
    `files`, and must lead to the checkpoints of the database. With `rules_of`, each
    transition must be legal too.
    """
    reading, flaws = Reading(rules_of=rules_of), list[Flaw]()
    waiting = [(file, _follows(file)) for file in files]
    while following := [one for one in waiting if one[1] == reading.seal]:
        waiting.remove(following[0])
        flaws += _read(following[0][0], reading, progress)
    flaws += [
        Flaw(file.name, "no archive that was given leads to this one")
        for file, _ in waiting
    ]
    flaws += _joins(unit, reading)
    return reading.entries, flaws


def _follows(file: Archive) -> str | None:
    """The seal that a file says it follows; None where it does not even say that.

    TacitError for what cannot be opened, or is something else: a slip of the pen must
    not look like tampering.
    """
    first = next(file.lines(), "{}")
    try:
        return archive_lines.follows(json.loads(first))
    except (KeyError, TypeError):
        return None
    except ValueError:
        raise TacitError(f"{file.name} is no archive of Tacit") from None


def _read(file: Archive, reading: Reading, progress: Progress | None) -> Iterator[Flaw]:
    try:
        for flaw in reading.take(file.lines(), progress):
            yield Flaw(f"{file.name}, {flaw.subject}", flaw.message)
    except TacitError as error:
        yield Flaw(file.name, str(error))


def _joins(unit: UnitOfWork, reading: Reading) -> Iterator[Flaw]:
    """Where the files do not end where the database goes on."""
    archives = archives_of(unit.audit.trail(TRAIL, TRAIL_ID, TRAIL))
    if reading.seal != (archives[-1]["seal"] if archives else ""):
        made = ", ".join(one["file"] for one in archives) or "none"
        message = f"the archives do not end where the database goes on: it knows {made}"
        yield Flaw(TRAIL, message)
        return
    ours, theirs = list(unit.audit.checkpoints()), list(reading.checkpoints())
    for kind in audit.SUBJECTS:
        left = ((one.subject_id, one) for one in ours if one.kind == kind)
        right = ((one.subject_id, one) for one in theirs if one.kind == kind)
        for _, kept, read in side_by_side(left, right):
            if kept != read:
                yield Flaw(_name(kept or read), "its checkpoint is not as archived")


def _name(one: SubjectCheckpoint | None) -> str:
    return f"{one.kind} {one.name}" if one else "?"
