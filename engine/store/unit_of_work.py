"""The unit of work: one transaction over all repositories; rolled back unless committed."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, Transaction, insert, select
from sqlalchemy.exc import OperationalError

from engine.store import database
from engine.store.audit_rows import AuditRows
from engine.store.book_rows import BookRows
from engine.store.change_rows import ChangeRows
from engine.store.outbox_rows import OutboxRows
from engine.store.tables import metadata


class Unit:
    """One transaction; leaving it without `commit()` changes nothing."""

    def __init__(self, connection: Connection, transaction: Transaction) -> None:
        self._transaction = transaction
        self.changes = ChangeRows(connection)
        self.outbox = OutboxRows(connection)
        self.audit = AuditRows(connection)
        self.book = BookRows(connection)

    def commit(self) -> None:
        self._transaction.commit()


class Store:
    """A database with the newest schema."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, url: str) -> "Store":
        """Open and migrate; DatabaseError says what to do if that fails."""
        engine = database.open_database(url)
        database.migrate(engine)
        return cls(engine)

    @contextmanager
    def begin(self, *, read_only: bool = False) -> Iterator[Unit]:
        """A unit of work; `read_only` lets a writer go on meanwhile."""
        try:
            with self.engine.connect() as connection:
                if read_only:
                    connection = connection.execution_options(
                        **{database.READ_ONLY: True}
                    )
                transaction = connection.begin()
                try:
                    yield Unit(connection, transaction)
                finally:
                    if transaction.is_active:
                        transaction.rollback()
        except OperationalError as error:
            raise database.DatabaseError(
                f"the database could not be used: {error.orig}"
            ) from error

    def copy_in_memory(self) -> "Store":
        """The same rows in a database of its own, which vanishes with it."""
        copy = Store.open("sqlite://")
        source = self.engine.connect().execution_options(**{database.READ_ONLY: True})
        with source, source.begin(), copy.engine.begin() as target:
            for table in metadata.sorted_tables:
                rows = source.execution_options(yield_per=5_000).execute(select(table))
                for part in rows.mappings().partitions():
                    target.execute(insert(table), [dict(row) for row in part])
        return copy

    def close(self) -> None:
        self.engine.dispose()
