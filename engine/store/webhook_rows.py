"""Webhooks, the marks up to which they follow the trail, and the calls to make."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, and_, delete, insert, or_, select, update

from engine.domain.audit import CHANGE
from engine.domain.outcome import StepKind
from engine.domain.webhooks import (
    PING,
    WEBHOOK,
    Call,
    CallRow,
    CallStatus,
    Told,
    Webhook,
)
from engine.store.account_tables import webhook_deliveries, webhooks
from engine.store.tables import audit

_WEBHOOK: Final = tuple(webhooks.c[name] for name in Webhook._fields)
_CALL: Final = tuple(webhook_deliveries.c[name] for name in CallRow._fields)


class WebhookRows:
    """Endpoints and their calls, within one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> list[Webhook]:
        rows = self._connection.execute(select(*_WEBHOOK).order_by(webhooks.c.id))
        return [Webhook(*row) for row in rows]

    def one(self, id_: int) -> Webhook | None:
        query = select(*_WEBHOOK).where(webhooks.c.id == id_)
        row = self._connection.execute(query).one_or_none()
        return Webhook(*row) if row else None

    def add(self, **values: Any) -> int:
        """A new endpoint; its id."""
        made = self._connection.execute(
            insert(webhooks).values(values).returning(webhooks.c.id)
        )
        return int(made.scalar_one())

    def update(self, id_: int, **values: Any) -> None:
        mine = webhooks.c.id == id_
        self._connection.execute(update(webhooks).where(mine).values(**values))

    def move_mark(self, id_: int, was: int, mark: int) -> bool:
        """Move the mark on, unless somebody else did."""
        c = webhooks.c
        mine = and_(c.id == id_, c.followed_until == was, c.disabled_at.is_(None))
        moved = update(webhooks).where(mine).values(followed_until=mark)
        return self._connection.execute(moved).rowcount == 1

    def to_tell(self, id_: int, after: int, upto: int, limit: int) -> list[Told]:
        """What this endpoint is told of the entries after one, up to another."""
        c = audit.c
        moved = and_(c.subject_kind == CHANGE, c.kind == StepKind.TRANSITION.value)
        pinged = and_(c.subject_kind == WEBHOOK, c.subject_id == id_, c.kind == PING)
        query = (
            select(*(c[name] for name in Told._fields))
            .where(c.id > after, c.id <= upto, or_(moved, pinged))
            .order_by(c.id)
            .limit(limit)
        )
        return [Told(*row) for row in self._connection.execute(query)]

    def queue(self, id_: int, bodies: Sequence[tuple[int, str]], now: datetime) -> None:
        """Calls to make, by the entry that each tells of."""
        rows = [
            {
                "webhook_id": id_,
                "audit_id": audit_id,
                "body": body,
                "status": CallStatus.QUEUED.value,
                "attempts": 0,
                "queued_at": now,
                "next_try_at": now,
            }
            for audit_id, body in bodies
        ]
        if rows:
            self._connection.execute(insert(webhook_deliveries), rows)

    def claim(self, id_: int, now: datetime, lease_until: datetime) -> Call | None:
        """The next call of an endpoint whose time has come, its try counted."""
        d = webhook_deliveries.c
        query = (
            select(
                d.id, d.audit_id, d.body, d.attempts, webhooks.c.url,
                webhooks.c.secret, webhooks.c.old_secret, webhooks.c.old_secret_until,
            )
            .join(webhooks, webhooks.c.id == d.webhook_id)
            .where(
                d.webhook_id == id_,
                d.status == CallStatus.QUEUED.value,
                d.next_try_at <= now,
                webhooks.c.disabled_at.is_(None),
            )
            .order_by(d.audit_id)
            .limit(1)
            .with_for_update(of=webhook_deliveries, skip_locked=True)
        )  # fmt: skip
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        tried = row.attempts + 1
        self._set(row.id, attempts=tried, next_try_at=lease_until)
        key = f"{id_}.{row.audit_id}"
        until = row.old_secret_until
        old = row.old_secret if until is not None and now < until else None
        return Call(row.id, key, row.url, row.secret, row.body, tried, old)

    def finish(self, call_id: int, now: datetime) -> None:
        """The endpoint took it."""
        self._set(call_id, status=CallStatus.SENT.value, sent_at=now, error=None)

    def fail(self, call_id: int, error: str, next_try_at: datetime | None) -> None:
        """It did not; without another try the call is held."""
        if next_try_at is None:
            self._set(call_id, status=CallStatus.HELD.value, error=error)
        else:
            self._set(call_id, next_try_at=next_try_at, error=error)

    def _set(self, call_id: int, **values: Any) -> None:
        mine = webhook_deliveries.c.id == call_id
        changed = update(webhook_deliveries).where(mine).values(**values)
        self._connection.execute(changed)

    def calls(self, id_: int, limit: int) -> list[CallRow]:
        """An endpoint's calls, the latest first."""
        d = webhook_deliveries.c
        query = select(*_CALL).where(d.webhook_id == id_).order_by(d.id.desc())
        return [CallRow(*row) for row in self._connection.execute(query.limit(limit))]

    def send_again(self, id_: int, call_id: int | None, now: datetime) -> int:
        """Queue held calls of an endpoint anew: one, or all of them; how many."""
        d = webhook_deliveries.c
        held = and_(d.webhook_id == id_, d.status == CallStatus.HELD.value)
        if call_id is not None:
            held = and_(held, d.id == call_id)
        again = {
            "status": CallStatus.QUEUED.value,
            "attempts": 0,
            "next_try_at": now,
        }
        changed = update(webhook_deliveries).where(held).values(**again)
        return self._connection.execute(changed).rowcount

    def forget_secrets(self, now: datetime) -> int:
        """Delete old secrets that sign nothing any more; how many."""
        over = webhooks.c.old_secret_until <= now
        nothing = {"old_secret": None, "old_secret_until": None}
        gone = update(webhooks).where(over).values(nothing)
        return self._connection.execute(gone).rowcount

    def forget(self, before: datetime) -> int:
        """Delete calls that were taken before a time; how many."""
        d = webhook_deliveries.c
        over = and_(d.status == CallStatus.SENT.value, d.sent_at < before)
        return self._connection.execute(delete(webhook_deliveries).where(over)).rowcount
