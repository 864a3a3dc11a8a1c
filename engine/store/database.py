"""Opening a database: SQLite with one writer and a write-ahead log, or PostgreSQL."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import StaticPool

from engine.domain.errors import UnavailableError
from engine.store import account_tables, prompt_tables  # noqa: F401 - more of the same metadata
from engine.store.tables import metadata

BUSY_TIMEOUT_MS: Final = 10_000
#: From this version on two connections can checkpoint a write-ahead log safely.
SAFE_SQLITE: Final = (3, 51, 3)
READ_ONLY: Final = "tacit_read_only"

_URLS: Final = "write sqlite:///path/to/tacit.db or postgresql://user@host/name"
_MIGRATIONS: Final = Path(__file__).parent / "migrations"


class DatabaseError(UnavailableError):
    """Raised when the database cannot be used; says what to do about it."""


class NoDatabaseError(DatabaseError):
    """Raised where there is no database yet and none may be made."""

    def __init__(self, engine: Engine) -> None:
        where = engine.url.render_as_string(hide_password=True)
        super().__init__(
            f"there is no database yet ({where}): `tacit init` makes an empty one, "
            "`tacit import` one with a book"
        )


def open_database(url: str) -> Engine:
    """An engine for the URL; nothing is connected yet."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # It may hold a password, so it is not repeated.
        raise DatabaseError(f"database.url is not a database URL: {_URLS}") from None
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(url, in_memory=parsed.database in (None, "", ":memory:"))
    if parsed.get_backend_name() != "postgresql":
        name = parsed.get_backend_name()
        raise DatabaseError(f"database.url: {name} is not supported; {_URLS}")
    try:
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True
        )
    except ModuleNotFoundError:
        raise DatabaseError(
            'PostgreSQL needs its driver: pip install "tacit[postgres]"'
        ) from None


def _open_sqlite(url: str, *, in_memory: bool) -> Engine:
    options: dict[str, Any] = {"connect_args": {"check_same_thread": False}}
    if in_memory:
        options["poolclass"] = StaticPool
    engine = create_engine(url, **options)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own transactions start late; ours start with BEGIN, below.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    # Before SAFE_SQLITE, two connections that checkpoint a write-ahead log at once
    # can corrupt it: the old journal is slower, and safe with any number of them.
    ahead = sqlite3.sqlite_version_info >= SAFE_SQLITE
    connection.execute(f"PRAGMA journal_mode = {'WAL' if ahead else 'TRUNCATE'}")
    connection.execute(f"PRAGMA synchronous = {'NORMAL' if ahead else 'FULL'}")
    connection.execute("PRAGMA foreign_keys = ON")
    # SQLite's own knows the letters of English only: a search for "é" must find "É".
    connection.create_function("lower", 1, _lower, deterministic=True)


def _lower(value: str | None) -> str | None:
    return value.lower() if isinstance(value, str) else value


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE takes the write lock at once: two readers that both want to write
    # would otherwise fail half way.
    read_only = connection.get_execution_options().get(READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config


def migrate(engine: Engine, *, create: bool = True) -> None:
    """Bring the schema to the newest version; does nothing when it is.

    Unless `create`, NoDatabaseError where there is none, and none is made.
    """
    config = _config()
    # To connect would make the file.
    if not create and not _has_file(engine):
        raise NoDatabaseError(engine)
    try:
        present, newest = schema_versions(engine)
        if present == newest:
            return
        if present is None and not create:
            raise NoDatabaseError(engine)
        if present is not None and not _is_known(present):
            raise DatabaseError(
                f"the database has schema {present}, which this version of Tacit does "
                "not know: it was made by a newer one"
            )
        with _altering(engine) as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except DBAPIError as error:
        raise DatabaseError(f"cannot use the database: {error.orig}") from None


@contextmanager
def _altering(engine: Engine) -> Iterator[Connection]:
    """A transaction in which tables may be altered.

    SQLite alters a table by copying it, and dropping the old one would take what
    refers to its rows for broken; it can only be told not to look before it begins.
    """
    with engine.connect() as connection:
        is_sqlite = engine.dialect.name == "sqlite"
        driver: Any = connection.connection.driver_connection
        if is_sqlite:
            driver.execute("PRAGMA foreign_keys = OFF")
        try:
            with connection.begin():
                yield connection
                if is_sqlite:
                    _refuse_broken_references(connection)
        finally:
            if is_sqlite:
                driver.execute("PRAGMA foreign_keys = ON")


def _refuse_broken_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        raise DatabaseError(f"migrating would break {len(broken)} references")


def _has_file(engine: Engine) -> bool:
    """False for a SQLite database whose file is not there."""
    file = engine.url.database
    if engine.dialect.name != "sqlite" or file in (None, "", ":memory:"):
        return True
    return Path(str(file)).exists()


def _is_known(revision: str) -> bool:
    revisions = ScriptDirectory.from_config(_config()).walk_revisions()
    return any(script.revision == revision for script in revisions)


def schema_versions(engine: Engine) -> tuple[str | None, str | None]:
    """The version that the database has, and the one that the program needs."""
    with engine.connect().execution_options(**{READ_ONLY: True}) as connection:
        return present_schema(connection), newest_schema()


def present_schema(connection: Connection) -> str | None:
    """The version that the database has."""
    return MigrationContext.configure(connection).get_current_revision()


@cache
def newest_schema() -> str | None:
    """The version that the program needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def schema_differences(engine: Engine) -> list[Any]:
    """How the migrated schema differs from `tables.py`; a test wants none."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        found: list[Any] = compare_metadata(context, metadata)
        return found


def describe(engine: Engine) -> str:
    """The database's name and version, as `doctor` shows it."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            version = connection.execute(text("select sqlite_version()")).scalar_one()
            return f"SQLite {version}"
        version = connection.execute(text("show server_version")).scalar_one()
        return f"PostgreSQL {version}"
