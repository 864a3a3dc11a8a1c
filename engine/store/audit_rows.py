"""The audit trail's rows: appended, read back, sealed; never changed."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, text

from engine.domain.audit import Entry
from engine.domain.records import NewEntry, Seal
from engine.store.bulk import insert_rows
from engine.store.tables import audit, seals


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

    def chains(self, subject_kind: str) -> Iterator[tuple[int, list[Entry]]]:
        """Every subject of a kind with its entries; streamed, a chain at a time."""
        c = audit.c
        query = (
            select(c.subject_id, c.seq, c.at, c.kind, c.body, c.hash)
            .where(c.subject_kind == subject_kind)
            .order_by(c.subject_id, c.seq)
            .execution_options(yield_per=5_000)
        )
        subject, entries = 0, list[Entry]()
        for row in self._connection.execute(query):
            if row[0] != subject and entries:
                yield subject, entries
                entries = []
            subject = row[0]
            entries.append(Entry(*row[1:]))
        if entries:
            yield subject, entries

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

    def heads(self, upto: int) -> Iterator[tuple[str, int, str]]:
        """Each subject's last hash among the entries up to an id, in a fixed order."""
        c = audit.c
        last = (
            select(c.subject_kind, c.subject_id, func.max(c.seq).label("seq"))
            .where(c.id <= upto)
            .group_by(c.subject_kind, c.subject_id)
            .subquery()
        )
        query = (
            select(c.subject_kind, c.subject_id, c.hash)
            .join(
                last,
                (c.subject_kind == last.c.subject_kind)
                & (c.subject_id == last.c.subject_id)
                & (c.seq == last.c.seq),
            )
            .order_by(c.subject_kind, c.subject_id)
            .execution_options(yield_per=5_000)
        )
        yield from (tuple(row) for row in self._connection.execute(query))

    def seals(self) -> list[Seal]:
        c = seals.c
        query = select(c.id, c.at, c.upto, c.subjects, c.hash).order_by(c.id)
        return [Seal(*row) for row in self._connection.execute(query)]

    def add_seal(self, at: datetime, upto: int, subjects: int, hash_: str) -> None:
        self._connection.execute(
            insert(seals).values(at=at, upto=upto, subjects=subjects, hash=hash_)
        )
