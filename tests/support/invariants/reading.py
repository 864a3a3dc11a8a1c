"""The whole database, and what was archived of it, as plain rows."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, text

Row = dict[str, Any]


@dataclass
class Ledger:
    """What the fakes took: letters and Slack messages by key, mails by Message-ID."""

    keys: list[str] = field(default_factory=list)
    message_ids: list[str] = field(default_factory=list)

    def copies(self) -> Counter[str]:
        return Counter(
            [*self.keys, *(one.partition("@")[0] for one in self.message_ids)]
        )


class Tables:
    """The whole database, read once, in one transaction, after what was archived."""

    def __init__(self, engine: Engine, archives: Sequence[Path] = ()) -> None:
        with engine.connect() as connection:
            self._connection = connection
            self.changes = self._read(
                "SELECT changes.*, contracts.customer_id FROM changes "
                "JOIN contracts ON contracts.id = contract_id"
            )
            self.audit = self._read(
                "SELECT * FROM audit ORDER BY subject_kind, subject_id, seq"
            )
            self.seals = self._read("SELECT * FROM seals ORDER BY id")
            self.checkpoints = self._read("SELECT * FROM checkpoints")
            self.outbox = self._read("SELECT * FROM outbox ORDER BY id")
            self.deliveries = self._read(
                "SELECT deliveries.*, people.code AS person, people.customer_id, "
                "people.partner_id, outbox.role, outbox.seq, outbox.position, "
                "outbox.change_id, outbox.message FROM deliveries "
                "JOIN people ON people.id = deliveries.person_id "
                "JOIN outbox ON outbox.id = outbox_id ORDER BY deliveries.id"
            )
            self.contracts = self._read("SELECT * FROM contracts")
            self.customers = self._read("SELECT * FROM customers")
            self.partners = self._read("SELECT * FROM partners")
            self.codes = {
                kind: {row["id"]: row["code"] for row in self._read(f"SELECT id, code FROM {table}")}  # noqa: S608 - names are ours
                for kind, table in _SUBJECTS.items()
            }  # fmt: skip
        self.codes["trail"] = {1: "trail"}
        self.archived = _Archived(archives, self.codes)
        self.audit = self.archived.entries + self.audit
        for entry in self.audit:
            entry["said"] = json.loads(entry["body"])
        self.trails: dict[tuple[str, int], list[Row]] = defaultdict(list)
        for entry in self.audit:
            self.trails[entry["subject_kind"], entry["subject_id"]].append(entry)

    def _read(self, query: str) -> list[Row]:
        rows = self._connection.execute(text(query)).mappings()
        return [{name: _value(name, row[name]) for name in row} for row in rows]

    def trail(self, change: Row) -> list[Row]:
        return self.trails["change", change["id"]]

    def key(self, delivery: Row) -> str:
        code = self.codes["change"][delivery["change_id"]]
        place = f"{delivery['seq']}/{delivery['position']}"
        return f"{code}/{place}/{delivery['person']}/{delivery['channel']}"


class _Archived:
    """The entries and seals of archives, as if they were rows with earlier ids."""

    def __init__(self, files: Sequence[Path], codes: dict[str, dict[int, str]]) -> None:
        self.entries: list[Row] = []
        self.seals: list[Row] = []
        ids = {(kind, code): id_ for kind in codes for id_, code in codes[kind].items()}
        texts = [file.read_text(encoding="utf-8") for file in files]
        for line in "".join(texts).rstrip("\n").split("\n") if texts else ():
            said = json.loads(line)
            if "says" in said:
                id_ = ids[said["subject"], said["name"]]
                self.entries.append(_entry(said, id_, len(self.entries)))
            elif "seal" in said:
                seal = {"hash": said["seal"], "upto": _id(len(self.entries) - 1)}
                self.seals.append(
                    {**seal, "entries": said["entries"], "id": "archived"}
                )


def _entry(said: Row, subject_id: int, number: int) -> Row:
    body = json.dumps(
        said["says"], sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    own = {name: said[name] for name in ("seq", "kind", "hash")}
    subject = {"subject_kind": said["subject"], "subject_id": subject_id}
    at = datetime.fromisoformat(said["at"])
    return {**own, **subject, "id": _id(number), "at": at, "body": body}


def _id(number: int) -> int:
    """What comes before every id that a database gives."""
    return number - 10**9


_SUBJECTS: Final = {
    "change": "changes",
    "customer": "customers",
    "partner": "partners",
    "person": "people",
    "contract": "contracts",
    "site": "sites",
}


def _value(name: str, value: Any) -> Any:
    """SQLite keeps times as text."""
    if name == "at" or name.endswith(("_at", "_until")):
        if isinstance(value, str):
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        return value.astimezone(UTC) if value else None
    return value
