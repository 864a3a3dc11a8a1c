"""The inbox: taking in once, claiming for a lease, and what came of each thing."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from engine.domain.inbox import InboxItem, InboxStatus, Source
from engine.store.prompt_tables import answers, inbox

_i: Final = inbox.c
_ITEM: Final = select(
    _i.id, _i.source, _i.external_id, _i.received_at, _i.body, _i.status, _i.attempts,
    _i.reason,
)  # fmt: skip
_LONGEST_ID: Final = 255
#: Written into the statement: SQLite uses a partial index only for what it can see.
_TO_DO: Final = _i.status.in_(
    bindparam(
        "to_do",
        [InboxStatus.NEW.value, InboxStatus.WORKING.value],
        expanding=True,
        literal_execute=True,
    )
)
_OVER: Final = (InboxStatus.DONE.value, InboxStatus.LET_GO.value)


class InboxRows:
    """What came in, within one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take_in(
        self, source: Source, external_id: str, body: bytes, now: datetime
    ) -> bool:
        """Store it unless it is there; whether it was new."""
        is_sqlite = self._connection.dialect.name == "sqlite"
        dialect: Any = sqlite if is_sqlite else postgresql
        row = {
            "source": source.value,
            "external_id": external_id[:_LONGEST_ID],
            "received_at": now,
            "body": body,
            "status": InboxStatus.NEW.value,
            "next_try_at": now,
            "attempts": 0,
        }
        statement = dialect.insert(inbox).values(row).on_conflict_do_nothing()
        taken = self._connection.execute(statement.returning(_i.id))
        return taken.one_or_none() is not None

    def has_due(self, now: datetime) -> bool:
        """Whether there is anything to claim."""
        due = select(_i.id).where(_TO_DO, _i.next_try_at <= now).limit(1)
        return self._connection.execute(due).first() is not None

    def claim(self, now: datetime, lease_until: datetime) -> InboxItem | None:
        """The oldest whose time has come, for a lease; its try is counted."""
        query = (
            _ITEM.where(_TO_DO, _i.next_try_at <= now)
            .order_by(_i.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        item = _item(row)
        claimed = update(inbox).where(_i.id == item.id)
        attempts = item.attempts + 1
        working = InboxStatus.WORKING
        values = {
            "status": working.value,
            "next_try_at": lease_until,
            "attempts": attempts,
        }
        self._connection.execute(claimed.values(values))
        return item._replace(status=working, attempts=attempts)

    def one(self, id_: int) -> InboxItem | None:
        """It, locked until the unit of work ends."""
        query = _ITEM.where(_i.id == id_).with_for_update()
        row = self._connection.execute(query).one_or_none()
        return _item(row) if row else None

    def finish(
        self,
        id_: int,
        status: InboxStatus,
        reason: str | None,
        settled_by: int | None = None,
    ) -> None:
        """It is over, or waits for a person; `settled_by` is who decided about it."""
        values = {"status": status.value, "reason": reason, "settled_by": settled_by}
        self._connection.execute(update(inbox).where(_i.id == id_).values(values))

    def put_back(self, id_: int, reason: str, next_try_at: datetime) -> None:
        """Try it again later, unless somebody else has seen to it meanwhile."""
        working = update(inbox).where(_i.id == id_, _i.status == InboxStatus.WORKING)
        status = InboxStatus.NEW.value
        values = {"status": status, "reason": reason, "next_try_at": next_try_at}
        self._connection.execute(working.values(values))

    def listing(self, statuses: Collection[InboxStatus], limit: int) -> list[InboxItem]:
        """Those that stand so, the newest first."""
        wanted = [status.value for status in statuses]
        query = _ITEM.where(_i.status.in_(wanted)).order_by(_i.id.desc()).limit(limit)
        return [_item(row) for row in self._connection.execute(query)]

    def counts(self) -> dict[str, int]:
        query = select(_i.status, func.count()).group_by(_i.status)
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def forget(self, before: datetime) -> int:
        """Let go of what is over and led to no answer; how many things that were."""
        kept = select(answers.c.inbox_id).where(answers.c.inbox_id == _i.id)
        old = delete(inbox).where(
            _i.status.in_(_OVER), _i.received_at < before, ~kept.exists()
        )
        return self._connection.execute(old).rowcount


def _item(row: Any) -> InboxItem:
    id_, source, external_id, received_at, body, status, attempts, reason = row
    return InboxItem(
        id_,
        Source(source),
        external_id,
        received_at,
        bytes(body),
        InboxStatus(status),
        attempts,
        reason,
    )
