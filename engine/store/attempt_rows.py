"""Attempts to sign in, counted so that nobody can try without end."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from engine.store.account_tables import failures


class AttemptRows:
    """Counted attempts, within one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def hold(self, counted_for: str) -> None:
        """Let nobody else count for the same until the transaction ends.

        PostgreSQL would let two who count at once both find the last place free;
        on SQLite whoever writes is alone.
        """
        if self._connection.dialect.name == "postgresql":
            lock = func.pg_advisory_xact_lock(func.hashtextextended(counted_for, 0))
            self._connection.execute(select(lock))

    def latest(self, counted_for: str, since: datetime, limit: int) -> list[datetime]:
        """When the latest attempts were made, the last one first."""
        c = failures.c
        query = (
            select(c.at)
            .where(c.counted_for == counted_for, c.at > since)
            .order_by(c.at.desc())
            .limit(limit)
        )
        return list(self._connection.execute(query).scalars())

    def add(self, counted_for: str, at: datetime) -> int:
        """Count an attempt; its id."""
        added = self._connection.execute(
            insert(failures)
            .values(counted_for=counted_for, at=at)
            .returning(failures.c.id)
        )
        return int(added.scalar_one())

    def take_back(self, ids: Iterable[int]) -> None:
        """Count these no longer."""
        self._connection.execute(delete(failures).where(failures.c.id.in_(list(ids))))

    def forget(self, before: datetime) -> int:
        """Delete what is older than that; how many."""
        old = delete(failures).where(failures.c.at <= before)
        return self._connection.execute(old).rowcount
