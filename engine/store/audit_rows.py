"""The audit trail's rows: appended, read back, sealed, archived; never changed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import (
    Connection,
    FromClause,
    String,
    Table,
    and_,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    tuple_,
)
from sqlalchemy.sql.elements import ColumnElement

from engine.domain.archive import SubjectCheckpoint
from engine.domain.archive_lines import Subject, Written
from engine.domain.audit import SUBJECTS, TRAIL, Checkpoint, Entry, Trail, beginning
from engine.domain.records import NewEntry, Seal
from engine.domain.streams import side_by_side
from engine.store.account_tables import webhooks
from engine.store.bulk import chunks, insert_rows
from engine.store.tables import (
    audit,
    changes,
    checkpoints,
    contracts,
    customers,
    partners,
    people,
    seals,
    sites,
)

PART: Final = 5_000  # rows that are read at a time
#: Where the subjects of each kind are, with the codes that their chains start from.
_TABLES: Final[Mapping[str, Table]] = {
    "change": changes,
    "customer": customers,
    "partner": partners,
    "person": people,
    "contract": contracts,
    "site": sites,
    "webhook": webhooks,
}


def _code(kind: str) -> ColumnElement[Any]:
    """What a subject of a kind is called; an endpoint has no code but its number."""
    if kind == "webhook":
        return cast(webhooks.c.id, String)
    return _TABLES[kind].c.code


_SEAL: Final = (
    seals.c.id, seals.c.at, seals.c.upto, seals.c.entries, seals.c.hash,
)  # fmt: skip


def _named(table: Table, subject_kind: str) -> tuple[FromClause, ColumnElement[Any]]:
    """A table of subjects' rows, joined with what gives a subject its name."""
    if subject_kind == TRAIL:
        return table, literal(TRAIL)
    subjects = _TABLES[subject_kind]
    joined = table.outerjoin(subjects, subjects.c.id == table.c.subject_id)
    return joined, _code(subject_kind)


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

    def heads_of(
        self, subject_kind: str, subject_ids: Iterable[int]
    ) -> dict[int, tuple[int, str]]:
        """The seq and hash of the last entry, archived or not, of subjects with any."""
        found: dict[int, tuple[int, str]] = {}
        for ids in chunks(subject_ids):
            c = checkpoints.c
            own = and_(c.subject_kind == subject_kind, c.subject_id.in_(ids))
            archived = select(c.subject_id, c.seq, c.hash).where(own)
            c = audit.c
            own = and_(c.subject_kind == subject_kind, c.subject_id.in_(ids))
            last = select(c.subject_id, func.max(c.seq)).where(own)
            present = select(c.subject_id, c.seq, c.hash).where(
                own, tuple_(c.subject_id, c.seq).in_(last.group_by(c.subject_id))
            )
            for query in (archived, present):
                for row in self._connection.execute(query):
                    found[row[0]] = (row[1], row[2])
        return found

    def trail(self, subject_kind: str, subject_id: int, name: str) -> Trail:
        """A subject's entries after its checkpoint."""
        # In this order: an archive that is made in between then takes none away.
        entries = self.chain(subject_kind, subject_id)
        found = self._checkpoint(subject_kind, subject_id)
        start = found or beginning(subject_kind, name)
        left = [entry for entry in entries if entry.seq > start.seq]
        return Trail(subject_id, name, start, left)

    def _checkpoint(self, subject_kind: str, subject_id: int) -> Checkpoint | None:
        c = checkpoints.c
        query = select(c.seq, c.hash, c.state).where(
            c.subject_kind == subject_kind, c.subject_id == subject_id
        )
        row = self._connection.execute(query).one_or_none()
        return Checkpoint(*row) if row else None

    def trails(self, subject_kind: str) -> Iterator[Trail]:
        """Every subject of a kind that has a trail, by its id; streamed."""
        starts = ((one.subject_id, one) for one in self._checkpoints(subject_kind))
        for id_, start, chain in side_by_side(starts, self._chains(subject_kind)):
            name, entries = chain or (start.name if start else None, [])
            begins = start.checkpoint if start else beginning(subject_kind, name or "")
            yield Trail(id_, name, begins, entries)

    def _chains(
        self, subject_kind: str
    ) -> Iterator[tuple[int, tuple[str | None, list[Entry]]]]:
        c = audit.c
        tables, name = _named(audit, subject_kind)
        query = (
            select(c.subject_id, name, c.seq, c.at, c.kind, c.body, c.hash)
            .select_from(tables)
            .where(c.subject_kind == subject_kind)
            .order_by(c.subject_id, c.seq)
            .execution_options(yield_per=PART)
        )
        rows = self._connection.execute(query)
        for (id_, code), found in groupby(rows, itemgetter(0, 1)):
            yield id_, (code, [Entry(*row[2:]) for row in found])

    def checkpoints(self) -> Iterator[SubjectCheckpoint]:
        """Every checkpoint, by kind (as in SUBJECTS) and id; streamed."""
        for kind in SUBJECTS:
            yield from self._checkpoints(kind)

    def _checkpoints(self, subject_kind: str) -> Iterator[SubjectCheckpoint]:
        c = checkpoints.c
        tables, name = _named(checkpoints, subject_kind)
        query = (
            select(c.subject_id, name, c.seq, c.hash, c.state)
            .select_from(tables)
            .where(c.subject_kind == subject_kind)
            .order_by(c.subject_id)
            .execution_options(yield_per=PART)
        )
        for id_, code, *values in self._connection.execute(query):
            checkpoint = Checkpoint(*values)
            yield SubjectCheckpoint(subject_kind, id_, code, checkpoint)

    def written(self, after: int, upto: int) -> Iterator[Written]:
        """The entries after an id, up to another, as they were written; streamed."""
        c = audit.c
        tables: FromClause = audit
        for kind, table in _TABLES.items():
            mine = and_(c.subject_kind == kind, table.c.id == c.subject_id)
            tables = tables.outerjoin(table, mine)
        itself = case((c.subject_kind == TRAIL, TRAIL))
        name = func.coalesce(itself, *map(_code, _TABLES))
        query = (
            select(
                c.subject_kind, name, c.subject_id, c.seq, c.at, c.kind, c.body, c.hash
            )
            .select_from(tables)
            .where(c.id > after, c.id <= upto)
            .order_by(c.id)
            .execution_options(yield_per=PART)
        )
        for kind, code, id_, *values in self._connection.execute(query):
            yield Written(Subject(kind, code), id_, Entry(*values))

    def take_out(self, upto: int, left: Sequence[SubjectCheckpoint]) -> int:
        """Remove the entries up to an id, which `left` stand for from now on.

        Returns how many there were. The seal over the last of them stays, for the next
        one to follow from; those before it go.
        """
        self._connection.execute(delete(checkpoints))
        rows = [
            (one.kind, one.subject_id, at.seq, at.hash, at.state)
            for one in left
            if (at := one.checkpoint)
        ]
        insert_rows(self._connection, checkpoints, checkpoints.c.keys(), rows)
        self._connection.execute(delete(seals).where(seals.c.upto < upto))
        found = self._connection.execute(delete(audit).where(audit.c.id <= upto))
        return found.rowcount

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
