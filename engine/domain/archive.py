"""Reads archives of the audit trail: they prove themselves, and lead to checkpoints."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from engine.domain import archive_lines, audit, replay
from engine.domain.archive_lines import Subject, Written
from engine.domain.audit import Checkpoint, Entry, Flaw, SealDigest, Trail
from engine.domain.replay import Replayed, RulesOf

Progress = Callable[[int], None]


class SubjectCheckpoint(NamedTuple):
    """Where the chain of one subject goes on."""

    kind: str
    subject_id: int
    name: str | None
    checkpoint: Checkpoint


def archives_of(trail: Trail) -> list[dict[str, Any]]:
    """What the trail's own trail says was archived, the oldest first."""
    archived: list[dict[str, Any]] = json.loads(trail.start.state or "[]")
    return [*archived, *(_archived(entry) for entry in trail.entries)]


def _archived(entry: Entry) -> dict[str, Any]:
    return {**json.loads(entry.body), "at": entry.at.isoformat()}


def checkpoints_hash(checkpoints: Iterable[SubjectCheckpoint]) -> str:
    """One hash over all checkpoints, ordered by kind (as in SUBJECTS) and id."""
    digest = hashlib.sha256()
    for one in checkpoints:
        at = one.checkpoint
        digest.update(f"\n{one.kind}:{one.subject_id}:{at.seq}:{at.hash}".encode())
        digest.update(f":{at.state}".encode())
    return digest.hexdigest()


@dataclass(slots=True)
class _Subject:
    """One chain as far as it was read."""

    id: int
    seq: int
    hash: str
    state: Any


@dataclass
class Reading:
    """What archive files say, each read after the one that it follows.

    `seal` is the last one read. It starts at the beginning of all trails, or where the
    checkpoints of a database say.
    """

    seal: str = ""
    rules_of: RulesOf | None = None
    entries: int = 0
    _subjects: dict[Subject, _Subject] = field(default_factory=dict)

    def start_from(self, checkpoints: Iterable[SubjectCheckpoint]) -> None:
        """Go on from checkpoints."""
        for one in checkpoints:
            at = one.checkpoint
            self._subjects[Subject(one.kind, one.name or "")] = _Subject(
                one.subject_id, at.seq, at.hash, _state(one.kind, at.state)
            )

    def checkpoints(self) -> Iterator[SubjectCheckpoint]:
        """Where each chain goes on after what was read, in order of kind and id."""
        order = {kind: place for place, kind in enumerate(audit.SUBJECTS)}
        found = sorted(
            self._subjects.items(), key=lambda one: (order[one[0].kind], one[1].id)
        )
        for (kind, name), at in found:
            state = _state_text(kind, at.state)
            checkpoint = Checkpoint(at.seq, at.hash, state)
            yield SubjectCheckpoint(kind, at.id, name, checkpoint)

    def take(
        self, lines: Iterable[str], progress: Progress | None = None
    ) -> Iterator[Flaw]:
        """Read a file; everything that is wrong in it."""
        digest, number, ended = SealDigest(self.seal), 0, False
        for number, line in enumerate(lines, start=1):
            try:
                values = json.loads(line)
                if number == 1 and archive_lines.follows(values) != self.seal:
                    yield Flaw("line 1", "the file does not follow what is before it")
                    return
                ended = "seal" in values
                if ended:
                    yield from self._sealed(values, digest, number)
                    digest = SealDigest(self.seal)
                elif number > 1:
                    yield from self._entry(archive_lines.written(values))
                    digest.add(values["hash"])
            except (ValueError, KeyError, TypeError, AttributeError):
                yield Flaw(f"line {number}", "cannot be read")
                return
            if progress:
                progress(1)
        if not ended:
            yield Flaw(f"line {number}", "the file ends before its seal")

    def _sealed(
        self, values: Mapping[str, Any], digest: SealDigest, number: int
    ) -> Iterator[Flaw]:
        if (values["seal"], values["entries"]) != (digest.hash(), digest.entries):
            yield Flaw(f"line {number}", f"what was sealed at {values['at']} differs")
        self.seal = values["seal"]

    def _entry(self, written: Written) -> Iterator[Flaw]:
        subject, entry = written.subject, written.entry
        at = self._subjects.get(subject)
        if at is None:
            first = audit.first_link(*subject)
            state = _state(subject.kind, "")
            at = _Subject(written.subject_id, 0, first, state)
            self._subjects[subject] = at
        if audit.broken_at(Checkpoint(at.seq, at.hash), [entry]) is not None:
            yield _flaw(written, "the chain breaks here")
        if subject.kind == audit.CHANGE:
            wrong = self._wrong_move(at.state, entry)
            if wrong is not None:
                yield _flaw(written, wrong)
        at.state = _fold(subject.kind, at.state, entry)
        at.seq, at.hash = entry.seq, entry.hash
        self.entries += 1

    def _wrong_move(self, present: Replayed, entry: Entry) -> str | None:
        if self.rules_of is None:
            return None
        return replay.wrong_move(present, entry, self.rules_of)


def _flaw(written: Written, message: str) -> Flaw:
    kind, name = written.subject
    return Flaw(f"{kind} {name}", f"entry {written.entry.seq}: {message}")


def _state(kind: str, text: str) -> Any:
    """What a checkpoint keeps of a subject; of most there is nothing to keep."""
    if kind == audit.CHANGE:
        return replay.from_state(text)
    return json.loads(text or "[]") if kind == audit.TRAIL else None


def _state_text(kind: str, state: Any) -> str:
    if kind == audit.CHANGE:
        return replay.state_text(state)
    return audit.canonical(state) if kind == audit.TRAIL else ""


def _fold(kind: str, state: Any, entry: Entry) -> Any:
    if kind == audit.CHANGE:
        return replay.fold(state, entry)
    return [*state, _archived(entry)] if kind == audit.TRAIL else None
