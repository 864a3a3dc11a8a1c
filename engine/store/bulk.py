"""Writing thousands of rows in one statement, on either database.

Row-by-row writing costs ten times as much: see `benchmarks/`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table

_SQLITE = "sqlite"


def insert_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Any]
) -> None:
    """Insert tuples in the order of `columns`; no identifiers are read back."""
    if not rows:
        return
    names = ", ".join(columns)
    if connection.dialect.name == _SQLITE:
        marks = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608 - names are ours
        connection.exec_driver_sql(statement, [_sqlite_row(row) for row in rows])
        return
    cursor: Any = connection.connection.cursor()
    with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def update_rows(
    connection: Connection,
    table: Table,
    keys: Sequence[str],
    columns: Sequence[str],
    rows: Sequence[Any],
) -> int:
    """Set `columns` where all of `keys` match; returns how many rows were found.

    Each row holds the keys' values first, then the columns'. A key that is also a
    column is compared before it is set.
    """
    if not rows:
        return 0
    if connection.dialect.name == _SQLITE:
        return _update_sqlite(connection, table, keys, columns, rows)
    return _update_postgresql(connection, table, keys, columns, rows)


def _update_sqlite(
    connection: Connection,
    table: Table,
    keys: Sequence[str],
    columns: Sequence[str],
    rows: Sequence[Any],
) -> int:
    sets = ", ".join(f"{name} = ?{len(keys) + n + 1}" for n, name in enumerate(columns))
    where = " AND ".join(f"{name} = ?{n + 1}" for n, name in enumerate(keys))
    statement = f"UPDATE {table.name} SET {sets} WHERE {where}"  # noqa: S608 - names are ours
    result = connection.exec_driver_sql(statement, [_sqlite_row(row) for row in rows])
    return result.rowcount


def _update_postgresql(
    connection: Connection,
    table: Table,
    keys: Sequence[str],
    columns: Sequence[str],
    rows: Sequence[Any],
) -> int:
    """One UPDATE over arrays: a statement a row would cost a round trip each."""
    names = [*(f"was_{key}" for key in keys), *columns]
    types = [_array_type(connection, table, name) for name in (*keys, *columns)]
    arrays = ", ".join(f"%s::{kind}[]" for kind in types)
    sets = ", ".join(f"{name} = given.{name}" for name in columns)
    where = " AND ".join(f"{table.name}.{key} = given.was_{key}" for key in keys)
    statement = (
        f"UPDATE {table.name} SET {sets} "  # noqa: S608 - names are ours
        f"FROM unnest({arrays}) AS given ({', '.join(names)}) WHERE {where}"
    )
    values = tuple(list(column) for column in zip(*rows, strict=True))
    return connection.exec_driver_sql(statement, values).rowcount


def _array_type(connection: Connection, table: Table, name: str) -> str:
    return str(table.c[name].type.compile(dialect=connection.dialect))


def _sqlite_row(row: Any) -> tuple[Any, ...]:
    return tuple(
        _sqlite_time(value) if type(value) is datetime else value for value in row
    )


def _sqlite_time(value: datetime) -> str:
    """As SQLAlchemy's DateTime writes it, so that both read the same."""
    utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    return utc.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
