"""What may need a person, found by narrow questions: each reads few rows."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    exists,
    false,
    func,
    not_,
    or_,
    select,
)

from engine.domain.letters import ChannelName
from engine.domain.records import DeliveryStatus
from engine.store.listing_rows import partner_owned
from engine.store.outbox_rows import HELD
from engine.store.tables import changes, customers, deliveries, outbox, partners, people

_C = changes.c
_OPEN: ColumnElement[bool] = _C.closed_at.is_(None)


class AttentionRows:
    """Ids and counts of what waits for a person, within one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count(self) -> int:
        """How many changes wait for a person, and messages are held; asked often."""
        waiting = select(func.count()).where(_OPEN, _C.attention.is_not(None))
        held = select(func.count()).where(outbox.c.status == HELD)
        query = select(waiting.scalar_subquery() + held.scalar_subquery())
        return int(self._connection.execute(query).scalar_one())

    def overdue(self, on: date, now: datetime, limit: int) -> tuple[list[int], int]:
        """Open changes whose start has come, that nothing will move by itself.

        The first of them, the most overdue first, and how many there are.
        """
        idle = or_(_C.next_due_at.is_(None), _C.next_due_at > now)
        late = (_OPEN, _C.renewal_start <= on, _C.attention.is_(None), idle)
        query = select(_C.id).where(*late).order_by(_C.renewal_start, _C.id)
        return self._first(query, limit)

    def unreachable(
        self, channels: Collection[str], until: datetime, limit: int
    ) -> tuple[list[int], int]:
        """Changes with a step by then whose customer's side nobody can be written to.

        The first by their next step, and how many customers they are of. The relay's
        own rule is stricter, and has the last word.
        """
        query = (
            select(_C.id)
            .where(
                _OPEN,
                _C.next_due_at <= until,
                or_(
                    and_(partner_owned(), _C.customer_id.in_(_mute_partner(channels))),
                    and_(
                        not_(partner_owned()),
                        _C.customer_id.in_(_mute_customer(channels)),
                    ),
                ),
            )
            .order_by(_C.next_due_at, _C.id)
        )
        ids = [*self._connection.execute(query.limit(limit)).scalars()]
        if len(ids) < limit:
            return ids, len(ids)
        counted = query.with_only_columns(func.count(_C.customer_id.distinct()))
        return ids, self._connection.execute(counted.order_by(None)).scalar_one()

    def in_doubt(self, limit: int) -> tuple[list[int], int]:
        """Messages of which a copy may have arrived, and is not known to have."""
        d = deliveries.c
        given_up = (DeliveryStatus.FAILED.value, DeliveryStatus.DROPPED.value)
        query = (
            select(d.outbox_id)
            .where(d.ambiguous > 0, d.status.in_(given_up))
            .distinct()
            .order_by(d.outbox_id.desc())
        )
        return self._first(query, limit)

    def _first(self, query: Select[tuple[int]], limit: int) -> tuple[list[int], int]:
        ids = [*self._connection.execute(query.limit(limit + 1)).scalars()]
        if len(ids) <= limit:
            return ids, len(ids)
        total = select(func.count()).select_from(query.order_by(None).subquery())
        return ids[:limit], self._connection.execute(total).scalar_one()


def _reached(channels: Collection[str]) -> ColumnElement[bool]:
    """Whether a person has an address over a channel that is configured."""
    known = (
        (ChannelName.EMAIL, people.c.email),
        (ChannelName.SLACK, people.c.slack_user),
    )
    return or_(
        false(), *(column.is_not(None) for name, column in known if name in channels)
    )


def _mute_customer(channels: Collection[str]) -> Select[tuple[int]]:
    """Customers without a primary contact of their own that can be written to."""
    contact = exists().where(
        people.c.id == customers.c.primary_contact_id,
        people.c.customer_id == customers.c.id,
        _reached(channels),
    )
    return select(customers.c.id).where(~contact)


def _mute_partner(channels: Collection[str]) -> Select[tuple[int]]:
    """Customers whose partner has no point of contact that can be written to."""
    point = exists().where(
        people.c.id == partners.c.point_of_contact_id,
        people.c.partner_id == partners.c.id,
        _reached(channels),
    )
    mute = select(partners.c.id).where(~point)
    return select(customers.c.id).where(customers.c.partner_id.in_(mute))
