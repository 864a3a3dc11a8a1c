"""The unit of work: one transaction over all repositories; rolled back unless committed."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, Transaction, insert, select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from engine.domain.errors import ConflictError, TacitError
from engine.store import database
from engine.store.account_rows import AccountRows
from engine.store.answered_rows import AnsweredRows
from engine.store.api_key_rows import ApiKeyRows
from engine.store.attempt_rows import AttemptRows
from engine.store.attention_rows import AttentionRows
from engine.store.audit_rows import AuditRows
from engine.store.book_rows import BookRows
from engine.store.change_rows import ChangeRows
from engine.store.copy_rows import CopyRows
from engine.store.directory_rows import DirectoryRows
from engine.store.feed_rows import FeedRows
from engine.store.inbox_rows import InboxRows
from engine.store.listing_rows import ListingRows
from engine.store.message_rows import MessageRows
from engine.store.outbox_rows import OutboxRows
from engine.store.prompt_rows import PromptRows
from engine.store.search_rows import SearchRows
from engine.store.site_key_rows import SiteKeyRows
from engine.store.slack_link_rows import SlackLinkRows
from engine.store.tables import metadata
from engine.store.watch_rows import WatchRows
from engine.store.webhook_rows import WebhookRows


class ImpossibleValueError(TacitError):
    """Raised for a value that the database could neither keep nor look up."""


class Unit:
    """One transaction; leaving it without `commit()` changes nothing."""

    def __init__(
        self, connection: Connection, transaction: Transaction, *, locking: bool = True
    ) -> None:
        self._connection = connection
        self._transaction = transaction
        self.changes = ChangeRows(connection, locking=locking)
        self.outbox = OutboxRows(connection)
        self.audit = AuditRows(connection)
        self.search = SearchRows(connection)
        self.book = BookRows(connection, self.search)
        self.accounts = AccountRows(connection)
        self.api_keys = ApiKeyRows(connection)
        self.answered = AnsweredRows(connection)
        self.directory = DirectoryRows(connection)
        self.messages = MessageRows(connection)
        self.attention = AttentionRows(connection)
        self.listing = ListingRows(connection)
        self.attempts = AttemptRows(connection)
        self.feeds = FeedRows(connection)
        self.watch = WatchRows(connection)
        self.webhooks = WebhookRows(connection)
        self.prompts = PromptRows(connection)
        self.inbox = InboxRows(connection)
        self.copies = CopyRows(connection)
        self.slack_links = SlackLinkRows(connection)
        self.site_keys = SiteKeyRows(connection)

    def commit(self) -> None:
        """Make it so; where that fails, nothing was changed and nothing stays locked.

        SQLAlchemy takes a transaction whose commit failed for ended, but SQLite keeps
        it, and its lock, until somebody says ROLLBACK.
        """
        self.search.fill()
        try:
            self._transaction.commit()
        except BaseException:
            self._connection.connection.rollback()
            raise


class Store:
    """A database with the newest schema."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        # Rows that are written in bulk go past SQLAlchemy, and so do their errors.
        self._driver = engine.dialect.loaded_dbapi

    @classmethod
    def open(cls, url: str, *, create: bool = True) -> "Store":
        """Open and migrate; DatabaseError says what to do if that fails.

        So it does where there is no database, unless one may be created.
        """
        engine = database.open_database(url)
        database.migrate(engine, create=create)
        return cls(engine)

    @contextmanager
    def begin(self, *, read_only: bool = False) -> Iterator[Unit]:
        """A unit of work; `read_only` sees one moment and lets a writer go on."""
        try:
            with self._connect(read_only) as connection:
                transaction = connection.begin()
                try:
                    yield Unit(connection, transaction, locking=not read_only)
                finally:
                    if transaction.is_active:
                        transaction.rollback()
        except (IntegrityError, self._driver.IntegrityError) as error:
            raise ConflictError(
                f"somebody else wrote the same in between: {_cause(error)}"
            ) from error
        except (DataError, OverflowError) as error:
            # A NUL, say, which PostgreSQL takes in no text, or a number of 30 digits.
            raise ImpossibleValueError(
                f"no row can hold a value like that: {_cause(error)}"
            ) from error
        except (DBAPIError, self._driver.Error) as error:
            raise database.DatabaseError(
                f"the database could not be used: {_cause(error)}"
            ) from error

    def copy_in_memory(self) -> "Store":
        """The same rows in a database of its own, which vanishes with it."""
        copy = Store.open("sqlite://")
        source = self._connect(read_only=True)
        with source, source.begin(), copy.engine.begin() as target:
            for table in metadata.sorted_tables:
                rows = source.execution_options(yield_per=5_000).execute(select(table))
                for part in rows.mappings().partitions():
                    target.execute(insert(table), [dict(row) for row in part])
        return copy

    def _connect(self, read_only: bool) -> Connection:
        connection = self.engine.connect()
        if not read_only:
            return connection
        if self.engine.dialect.name == "postgresql":
            # Else each query sees what was committed just before it, and a change
            # that moves in between would not agree with its own trail.
            connection.execution_options(isolation_level="REPEATABLE READ")
        return connection.execution_options(**{database.READ_ONLY: True})

    def close(self) -> None:
        self.engine.dispose()


def _cause(error: Exception) -> object:
    return error.orig if isinstance(error, DBAPIError) else error
