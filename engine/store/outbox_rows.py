"""The outbox: queueing, claiming for a short lease, and recording what came of it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.sql.elements import ColumnElement

from engine.domain.records import (
    Claimed,
    Delivery,
    DeliveryStart,
    DeliveryStatus,
    DeliveryUpdate,
    MessageUpdate,
    NewMessage,
    NotTried,
    OutboxStatus,
)
from engine.store.bulk import (
    among,
    chunks,
    insert_rows,
    update_rows,
)
from engine.store.claimed_rows import (
    ATTEMPTS,
    CLAIM_FROM,
    SELECT,
    read_rows,
    with_usage,
    without_usage,
)
from engine.store.copy_rows import copies_of
from engine.store.tables import (
    changes,
    customers,
    deliveries,
    outbox,
    partners,
)

#: Written into the statement: SQLite uses a partial index only for what it can see.
WAITING: Final[BindParameter[Any]] = bindparam(
    "waiting",
    [OutboxStatus.QUEUED.value, OutboxStatus.SENDING.value],
    expanding=True,
    literal_execute=True,
)
HELD: Final[BindParameter[Any]] = bindparam(
    "held", OutboxStatus.HELD.value, literal_execute=True
)
_FAILED: Final = (DeliveryStatus.RETRY, DeliveryStatus.FAILED)


_MOST_TOGETHER: Final = 500


class OutboxRows:
    """Messages and their deliveries, within one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, messages: Sequence[NewMessage]) -> None:
        """Queue messages; one that is queued already fails the unit of work."""
        rows = [(*message, OutboxStatus.QUEUED.value, 0) for message in messages]
        columns = (*NewMessage._fields, "status", "attempts")
        insert_rows(self._connection, outbox, columns, rows)

    def claim(self, now: datetime, lease_until: datetime, limit: int) -> list[Claimed]:
        """Take messages whose time has come; nobody else gets them for the lease.

        A message whose earlier claim ran out, because its process died, comes again.
        """
        query = (
            SELECT.where(outbox.c.status.in_(WAITING), outbox.c.next_try_at <= now)
            .order_by(outbox.c.next_try_at, outbox.c.id)
            .limit(limit)
        )
        return self._take(query, lease_until)

    def _take(self, query: Select[Any], lease_until: datetime) -> list[Claimed]:
        rows = self._locked(query)
        self._mark_claimed(rows, lease_until)
        return with_usage(self._connection, rows)

    def claim_reminders(
        self, person_ids: Sequence[int], now: datetime, lease_until: datetime
    ) -> list[Claimed]:
        """Take more of what these people may be reminded of together, if it is due."""
        contact = customers.c.primary_contact_id.in_(person_ids)
        partner = partners.c.point_of_contact_id.in_(person_ids)
        query = (
            SELECT.where(
                outbox.c.status.in_(WAITING),
                outbox.c.next_try_at <= now,
                outbox.c.is_reminder,
                outbox.c.urgent.is_(False),
                or_(contact, partner),
            )
            .order_by(outbox.c.next_try_at, outbox.c.id)
            .limit(_MOST_TOGETHER)
        )
        return self._take(query, lease_until)

    def _locked(self, query: Select[Any]) -> list[tuple[Any, ...]]:
        """The rows and their changes, locked; those that somebody has are left.

        Edits lock a change before its messages, so a claim that took only messages
        would wait for the edit that waits for it.
        """
        if self._connection.dialect.name == "postgresql":
            ids = query.with_only_columns(outbox.c.id)
            lock = ids.with_for_update(of=[outbox, changes], skip_locked=True)
            locked = [*self._connection.execute(lock).scalars()]
            query = query.where(among(outbox.c.id, locked))
        return read_rows(self._connection, query)

    def _mark_claimed(
        self, rows: Sequence[tuple[Any, ...]], lease_until: datetime
    ) -> None:
        sending = OutboxStatus.SENDING.value
        update_rows(
            self._connection,
            outbox,
            ("id",),
            ("status", "next_try_at", "attempts"),
            [(row[0], sending, lease_until, row[ATTEMPTS] + 1) for row in rows],
        )

    def as_claimed(self, message_id: int) -> Claimed | None:
        """A message as its claim would read it now; nothing is claimed."""
        rows = read_rows(self._connection, SELECT.where(outbox.c.id == message_id))
        return next(iter(with_usage(self._connection, rows)), None)

    def waiting(self, change_ids: Iterable[int]) -> list[tuple[OutboxStatus, Claimed]]:
        """What waits to be sent for these changes, or is held; nothing is claimed."""
        waits = or_(outbox.c.status.in_(WAITING), outbox.c.status == HELD)
        rows: list[tuple[Any, ...]] = []
        for chunk in chunks(change_ids):
            query = SELECT.where(outbox.c.change_id.in_(chunk), waits)
            rows += read_rows(self._connection, query.order_by(outbox.c.id))
        standing = select(outbox.c.id, outbox.c.status)
        status: dict[int, OutboxStatus] = {}
        for ids in chunks(row[0] for row in rows):
            query_status = standing.where(outbox.c.id.in_(ids))
            for id_, text in self._connection.execute(query_status):
                status[id_] = OutboxStatus(text)
        return [(status[row[0]], without_usage(row)) for row in rows]

    def deliveries_of(self, outbox_ids: Sequence[int]) -> list[Delivery]:
        """The copies that were tried before."""
        d = deliveries.c
        query = select(
            d.outbox_id, d.person_id, d.channel, d.status, d.attempts, d.ambiguous,
            d.error, d.digest,
        ).where(d.outbox_id.in_(outbox_ids))  # fmt: skip
        return [
            Delivery(*row[:3], DeliveryStatus(row[3]), *row[4:])
            for row in self._connection.execute(query)
        ]

    def start_deliveries(
        self, new: Sequence[DeliveryStart], again: Sequence[DeliveryStart]
    ) -> None:
        """Count tries before they are made."""
        insert_rows(self._connection, deliveries, DeliveryStart._fields, new)
        keys = ("outbox_id", "person_id", "channel")
        columns = DeliveryStart._fields[3:]
        update_rows(self._connection, deliveries, keys, columns, again)

    def finish_deliveries(self, results: Sequence[DeliveryUpdate]) -> None:
        """Record what became of tries.

        Where two relays tried, because one's claim ran out, the success of either
        stands, and what was counted as in doubt stays so.
        """
        keys = ("outbox_id", "person_id", "channel")
        columns = DeliveryUpdate._fields[3:]
        sent = [(*r[:4], *r[5:]) for r in results if r.status == DeliveryStatus.SENT]
        apart = ("status", "sent_at", "reference", "error", "settled_at")
        update_rows(self._connection, deliveries, keys, apart, sent)
        dropped = [r for r in results if r.status == DeliveryStatus.DROPPED]
        update_rows(self._connection, deliveries, keys, columns, dropped)
        sending = DeliveryStatus.SENDING.value
        failed = [(*r[:3], sending, *r[3:]) for r in results if r.status in _FAILED]
        update_rows(self._connection, deliveries, (*keys, "status"), columns, failed)

    def take_back(self, copies: Sequence[NotTried]) -> None:
        """Count these tries no more, unless somebody has counted another since."""
        keys = ("outbox_id", "person_id", "channel", "attempts")
        columns = NotTried._fields[4:]
        update_rows(self._connection, deliveries, keys, columns, copies)

    def finish(self, results: Sequence[MessageUpdate]) -> None:
        """Record what became of claimed messages.

        One that was dropped in mid-air, or whose claim ran out and is somebody else's
        now, stays so, unless it did arrive.
        """
        columns = MessageUpdate._fields[2:]
        sent = [
            (one.id, *one[2:]) for one in results if one.status == OutboxStatus.SENT
        ]
        update_rows(self._connection, outbox, ("id",), columns, sent)
        sending = OutboxStatus.SENDING.value
        others = [
            (one.id, one.claimed_until, sending, *one[2:])
            for one in results
            if one.status != OutboxStatus.SENT
        ]
        keys = ("id", "next_try_at", "status")
        update_rows(self._connection, outbox, keys, columns, others)

    def changes_with_held(self, change_ids: Iterable[int] | None) -> list[int]:
        """Those of the changes, or (None) of all, that have a message held."""
        query = select(outbox.c.change_id).where(outbox.c.status == HELD).distinct()
        held = [*self._connection.execute(query).scalars()]
        if change_ids is None:
            return held
        wanted = {*change_ids}
        return [id_ for id_ in held if id_ in wanted]

    def release(self, change_ids: Iterable[int], now: datetime) -> int:
        """Queue again what is held for these changes; how many messages there were.

        What did not arrive gets all its tries anew.
        """
        held, released = outbox.c.status == HELD, 0
        for chunk in chunks(change_ids):
            which = and_(held, outbox.c.change_id.in_(chunk))
            released += self._release(which, now)
        return released

    def release_messages(self, message_ids: Iterable[int], now: datetime) -> int:
        """The same for these messages alone, as far as they are held."""
        return sum(
            self._release(and_(outbox.c.status == HELD, outbox.c.id.in_(chunk)), now)
            for chunk in chunks(message_ids)
        )

    def _release(self, held: ColumnElement[bool], now: datetime) -> int:
        self._connection.execute(
            update(deliveries)
            .where(
                deliveries.c.outbox_id.in_(select(outbox.c.id).where(held)),
                deliveries.c.status != DeliveryStatus.SENT,
            )
            .values(attempts=0, status=DeliveryStatus.RETRY.value)
        )
        queued = {"status": OutboxStatus.QUEUED, "next_try_at": now, "reason": None}
        result = self._connection.execute(update(outbox).where(held).values(queued))
        return result.rowcount

    def drop_waiting(
        self, change_ids: Iterable[int], reason: str, *, roles: Sequence[str] = ()
    ) -> None:
        """Drop what waits for these changes, for all roles or for some."""
        whose = outbox.c.role.in_(roles) if roles else true()
        self._drop_where(change_ids, whose, reason)

    def drop_bound(
        self, change_ids: Iterable[int], reason: str, *, reminders_only: bool = False
    ) -> None:
        """Drop what waits and is bound to a state that is left, or was said anew."""
        c = outbox.c
        bound = c.is_reminder if reminders_only else c.while_state.is_not(None)
        self._drop_where(change_ids, bound, reason)

    def _drop_where(
        self, change_ids: Iterable[int], which: ColumnElement[bool], reason: str
    ) -> None:
        waits = or_(outbox.c.status.in_(WAITING), outbox.c.status == HELD)
        found: list[int] = []
        for chunk in chunks(change_ids):
            query = select(outbox.c.id).where(outbox.c.change_id.in_(chunk), waits)
            found += self._connection.execute(query.where(which)).scalars()
        for ids in chunks(found):
            self._drop(ids, reason)

    def _drop(self, outbox_ids: Sequence[int], reason: str) -> None:
        """What reached one reader already was sent, though not to everybody."""
        d = deliveries.c
        theirs = d.outbox_id.in_(outbox_ids)
        copies = update(deliveries).where(theirs, d.status != DeliveryStatus.SENT)
        # One whose process died in its try may have arrived all the same.
        in_doubt = case((d.status == DeliveryStatus.SENDING, 1), else_=0)
        dropped = copies.values(
            status=DeliveryStatus.DROPPED, ambiguous=d.ambiguous + in_doubt
        )
        self._connection.execute(dropped)
        query = select(d.outbox_id).where(theirs, d.status == DeliveryStatus.SENT)
        sent = {*self._connection.execute(query).scalars()}
        for status, ids in (
            (OutboxStatus.SENT, sent),
            (OutboxStatus.DROPPED, {*outbox_ids} - sent),
        ):
            message = update(outbox).where(outbox.c.id.in_(ids))
            self._connection.execute(message.values(status=status, reason=reason))

    def next_try_at(self) -> datetime | None:
        """The earliest time at which a message may be tried."""
        query = (
            select(outbox.c.next_try_at)
            .where(outbox.c.status.in_(WAITING))
            .order_by(outbox.c.next_try_at)
            .limit(1)
        )
        return self._connection.execute(query).scalar_one_or_none()

    def counts(self) -> dict[str, int]:
        """How many messages there are in each status, and ambiguous tries."""
        query = select(outbox.c.status, func.count()).group_by(outbox.c.status)
        found = {row[0]: row[1] for row in self._connection.execute(query)}
        ambiguous = select(func.coalesce(func.sum(deliveries.c.ambiguous), 0))
        found["ambiguous"] = self._connection.execute(ambiguous).scalar_one()
        return found

    def listing(
        self, *, status: str | None = None, change_id: int | None = None, limit: int
    ) -> list[dict[str, Any]]:
        """Messages for people to read, newest first, each with its copies."""
        o = outbox.c
        query = (
            select(
                o.id, changes.c.code.label("change"), customers.c.name.label("customer"),
                o.message, o.role, o.status, o.reason, o.queued_at, o.next_try_at,
                o.attempts,
            )
            .select_from(CLAIM_FROM)
            .order_by(o.id.desc())
            .limit(limit)
        )  # fmt: skip
        if status is not None:
            query = query.where(o.status == status)
        if change_id is not None:
            query = query.where(o.change_id == change_id)
        rows = [dict(row._mapping) for row in self._connection.execute(query)]
        copies = copies_of(self._connection, [row["id"] for row in rows])
        return [row | {"copies": copies.get(row["id"], [])} for row in rows]
