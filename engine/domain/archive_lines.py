"""The lines of an archive of the audit trail: JSON that is readable without Tacit.

The first line says which seal the file follows; then come entries in the order in which
they were written, and after those that a seal covers, the seal. The last line is one.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from engine.domain import audit
from engine.domain.audit import Entry
from engine.domain.records import Seal

FORMAT: Final = 1


class Subject(NamedTuple):
    """What a trail belongs to, by its name."""

    kind: str
    name: str


class Written(NamedTuple):
    """An entry with its subject, in the order of writing."""

    subject: Subject
    subject_id: int
    entry: Entry


def header_line(follows: str) -> str:
    """The first line of a file that follows a seal; empty for the very first."""
    return _line({"tacit_archive": FORMAT, "follows": follows})


def entry_line(written: Written) -> str:
    """One entry, readable without Tacit."""
    entry = written.entry
    return _line(
        {
            "subject": written.subject.kind,
            "name": written.subject.name,
            "seq": entry.seq,
            "at": entry.at.isoformat(),
            "kind": entry.kind,
            "says": json.loads(entry.body),
            "hash": entry.hash,
            "subject_id": written.subject_id,
        }
    )


def seal_line(seal: Seal) -> str:
    """The seal over the entries before it."""
    return _line(
        {"seal": seal.hash, "at": seal.at.isoformat(), "entries": seal.entries}
    )


def _line(values: Mapping[str, object]) -> str:
    return json.dumps(values, ensure_ascii=False)


def follows(values: Mapping[str, Any]) -> str:
    """The seal that a first line says its file follows; ValueError where it is none."""
    if values["tacit_archive"] != FORMAT:
        raise ValueError(f"an archive of form {values['tacit_archive']}")
    return str(values["follows"])


def written(values: Mapping[str, Any]) -> Written:
    """The entry of a line; ValueError, KeyError or TypeError where it is none."""
    at = datetime.fromisoformat(values["at"])
    body = audit.canonical(values["says"])
    entry = Entry(values["seq"], at, values["kind"], body, values["hash"])
    if values["subject"] not in audit.SUBJECTS or not values["name"]:
        raise ValueError("an entry of nothing")
    subject = Subject(values["subject"], values["name"])
    return Written(subject, values["subject_id"], entry)
