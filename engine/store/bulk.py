"""Reading and writing thousands of rows at a time, on either database.

Row-by-row writing costs ten times as much, and converting each value of each row by
itself as much as the database's own work: see `benchmarks/`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import islice
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    Date,
    Table,
    any_,
    literal,
    type_coerce,
)
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import NullType

from engine.store.tables import UtcDateTime

CHUNK: Final = 500  # below every database's limit of parameters in a statement
_SQLITE: Final = "sqlite"
_RAW: Final = NullType()


class _Once(dict[Any, Any]):
    """Converts each value once: thousands of rows share a few hundred dates."""

    def __init__(self, convert: Callable[[Any], Any]) -> None:
        super().__init__()
        self._convert = convert

    def __missing__(self, value: Any) -> Any:
        self[value] = made = self._convert(value)
        return made


def chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    """The values, as many at a time as any database takes in one statement."""
    waiting = iter(values)
    while chunk := list(islice(waiting, CHUNK)):
        yield chunk


def raw(columns: Iterable[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    """What to select for `converted`: the columns as the driver gives them."""
    return [type_coerce(column, _RAW) for column in columns]


def converted(
    connection: Connection, columns: Sequence[ColumnElement[Any]], rows: Sequence[Any]
) -> Iterator[tuple[Any, ...]]:
    """The rows of a query for `raw(columns)`, each value as its column's type reads it.

    Equal dates are one object, so whoever compares rows afterwards is faster too.
    """
    if not rows:
        return iter(())
    values: list[Iterable[Any]] = list(zip(*rows, strict=True))
    for place, column in enumerate(columns):
        implementation = column.type.dialect_impl(connection.dialect)
        convert = implementation.result_processor(connection.dialect, None)
        if convert is not None:
            values[place] = map(_Once(convert).__getitem__, values[place])
    return zip(*values, strict=True)


def among(column: ColumnElement[int], ids: Sequence[int]) -> ColumnElement[bool]:
    """Whether a column is one of thousands of ids, in one parameter; PostgreSQL."""
    return column == any_(literal([*ids], ARRAY(BigInteger)))


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
        connection.exec_driver_sql(statement, _sqlite_rows(table, columns, rows))
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
    # In the order of the keys: each page is visited once, and two writers who lock
    # the same rows wait for one another instead of ending in a deadlock.
    ordered = sorted(rows, key=itemgetter(0))
    if connection.dialect.name == _SQLITE:
        return _update_sqlite(connection, table, keys, columns, ordered)
    return _update_postgresql(connection, table, keys, columns, ordered)


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
    values = _sqlite_rows(table, (*keys, *columns), rows)
    return connection.exec_driver_sql(statement, values).rowcount


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
    values = tuple(_array(column) for column in zip(*rows, strict=True))
    return connection.exec_driver_sql(statement, values).rowcount


def _array_type(connection: Connection, table: Table, name: str) -> str:
    return str(table.c[name].type.compile(dialect=connection.dialect))


def _array(values: Iterable[Any]) -> str:
    """Values of one type as PostgreSQL writes an array.

    The driver's own way to write a list takes longer than the whole update.
    """
    return "{" + ",".join(map(_Once(_array_item).__getitem__, values)) + "}"


def _array_item(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return value.isoformat() if isinstance(value, date) else str(value)


def _sqlite_rows(
    table: Table, columns: Sequence[str], rows: Sequence[Any]
) -> list[tuple[Any, ...]]:
    """The rows with dates and times as SQLAlchemy writes them, so both read the same.

    Column by column, since most columns hold none.
    """
    values: list[Iterable[Any]] = list(zip(*rows, strict=True))
    for place, name in enumerate(columns):
        kind = table.c[name].type
        if isinstance(kind, UtcDateTime):
            values[place] = map(_Once(_sqlite_time).__getitem__, values[place])
        elif isinstance(kind, Date):
            values[place] = map(_Once(_sqlite_day).__getitem__, values[place])
    return list(zip(*values, strict=True))


def _sqlite_time(value: datetime | None) -> str | None:
    if value is None:
        return None
    utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    return utc.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")


def _sqlite_day(value: date | None) -> str | None:
    return value.isoformat() if value else None
