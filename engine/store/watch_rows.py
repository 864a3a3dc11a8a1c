"""Numbers to watch an installation by: each is read from an index, however many rows."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from engine.store.account_tables import failures, webhook_deliveries
from engine.store.database import newest_schema, present_schema
from engine.store.outbox_rows import HELD, WAITING
from engine.store.tables import outbox


class WatchRows:
    """Counts and ages of what waits, within one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def is_current(self) -> bool:
        """Whether the schema is the one that the program needs."""
        return present_schema(self._connection) == newest_schema()

    def messages(self) -> dict[str, int]:
        """How many messages wait, are being sent or are held; none is 0."""
        c = outbox.c
        waiting = select(c.status, func.count()).where(c.status.in_(WAITING))
        held = select(c.status, func.count()).where(c.status == HELD)
        found = {"queued": 0, "sending": 0, "held": 0}
        for query in (waiting, held):
            rows = self._connection.execute(query.group_by(c.status))
            found |= {row[0]: row[1] for row in rows}
        return found

    def oldest_waiting(self) -> datetime | None:
        """Since when the message that waits longest was queued."""
        c = outbox.c
        query = select(c.queued_at).where(c.status.in_(WAITING))
        query = query.order_by(c.queued_at).limit(1)
        return self._connection.execute(query).scalar_one_or_none()

    def webhook_deliveries(self) -> dict[str, int]:
        """How many calls of webhooks wait or are held; none is 0."""
        c = webhook_deliveries.c
        found = {"queued": 0, "held": 0}
        query = select(c.status, func.count()).where(c.status.in_(found))
        rows = self._connection.execute(query.group_by(c.status))
        return found | {row[0]: row[1] for row in rows}

    def failures_since(self, at: datetime) -> int:
        """How many attempts to sign in failed since then."""
        query = select(func.count()).where(failures.c.at > at)
        return self._connection.execute(query).scalar_one()
