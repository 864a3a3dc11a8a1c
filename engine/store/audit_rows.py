"""The audit trail's rows: appended, read back, sealed; never changed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Final

from sqlalchemy import Connection, Table, func, insert, select, text

from engine.domain.audit import Entry, Trail, beginning
from engine.domain.records import NewEntry, Seal
from engine.store.bulk import insert_rows
from engine.store.tables import (
    audit,
    changes,
    contracts,
    customers,
    partners,
    people,
    seals,
    sites,
)

PART: Final = 5_000  # rows that are read at a time
#: Where the subjects of each kind are, with the codes that their chains start from.
SUBJECTS: Final[Mapping[str, Table]] = {
    "change": changes,
    "customer": customers,
    "partner": partners,
    "person": people,
    "contract": contracts,
    "site": sites,
}
_SEAL: Final = (
    seals.c.id, seals.c.at, seals.c.upto, seals.c.entries, seals.c.hash,
)  # fmt: skip


class AuditRows:
    """Audit entries and seals, within one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def hold(self) -> None:
        """Let nobody else append until this unit of work ends; wait for who just does.

        Without it, an entry whose id was given out before a seal could be committed
        after it, and a second seal could follow from the same one.
        """
        if self._connection.dialect.name == "postgresql":
            statement = text("LOCK TABLE audit IN SHARE ROW EXCLUSIVE MODE")
            self._connection.execute(statement)

    def append(self, entries: Sequence[NewEntry]) -> None:
        """Write entries; a seq that is taken fails the whole unit of work."""
        insert_rows(self._connection, audit, NewEntry._fields, entries)

    def chain(self, subject_kind: str, subject_id: int) -> list[Entry]:
        """A subject's entries, from the first on."""
        c = audit.c
        query = (
            select(c.seq, c.at, c.kind, c.body, c.hash)
            .where(c.subject_kind == subject_kind, c.subject_id == subject_id)
            .order_by(c.seq)
        )
        return [Entry(*row) for row in self._connection.execute(query)]

    def head(self, subject_kind: str, subject_id: int) -> tuple[int, str] | None:
        """The seq and hash of a subject's last entry."""
        c = audit.c
        query = (
            select(c.seq, c.hash)
            .where(c.subject_kind == subject_kind, c.subject_id == subject_id)
            .order_by(c.seq.desc())
            .limit(1)
        )
        row = self._connection.execute(query).one_or_none()
        return (row.seq, row.hash) if row else None

    def trails(self, subject_kind: str) -> Iterator[Trail]:
        """Every subject of a kind that has entries, by its id; streamed."""
        c, subjects = audit.c, SUBJECTS[subject_kind]
        query = (
            select(c.subject_id, subjects.c.code, c.seq, c.at, c.kind, c.body, c.hash)
            .select_from(audit.outerjoin(subjects, subjects.c.id == c.subject_id))
            .where(c.subject_kind == subject_kind)
            .order_by(c.subject_id, c.seq)
            .execution_options(yield_per=PART)
        )
        rows = self._connection.execute(query)
        for (id_, name), found in groupby(rows, itemgetter(0, 1)):
            start = beginning(subject_kind, name or "")
            yield Trail(id_, name, start, [Entry(*row[2:]) for row in found])

    def since(self, id_: int) -> list[tuple[str, int, datetime, str, str]]:
        """Entries after an id: subject kind and id, time, kind and body."""
        c = audit.c
        query = (
            select(c.subject_kind, c.subject_id, c.at, c.kind, c.body)
            .where(c.id > id_)
            .order_by(c.id)
        )
        return [tuple(row) for row in self._connection.execute(query)]

    def last_id(self) -> int:
        found: int | None = self._connection.execute(
            select(func.max(audit.c.id))
        ).scalar_one()
        return found or 0

    def hashes(self, after: int, upto: int) -> Iterator[str]:
        """The hashes of the entries after an id, up to another; streamed."""
        query = (
            select(audit.c.hash)
            .where(audit.c.id > after, audit.c.id <= upto)
            .order_by(audit.c.id)
            .execution_options(yield_per=PART)
        )
        yield from self._connection.execute(query).scalars()

    def last_seal(self) -> Seal | None:
        row = self._connection.execute(
            select(*_SEAL).order_by(seals.c.id.desc()).limit(1)
        ).one_or_none()
        return Seal(*row) if row else None

    def seals(self) -> list[Seal]:
        query = select(*_SEAL).order_by(seals.c.id)
        return [Seal(*row) for row in self._connection.execute(query)]

    def add_seal(self, at: datetime, upto: int, entries: int, hash_: str) -> None:
        self._connection.execute(
            insert(seals).values(at=at, upto=upto, entries=entries, hash=hash_)
        )
