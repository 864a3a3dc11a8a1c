"""The copies that were made of messages: to be read, and those that came back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from engine.domain.letters import Audience
from engine.domain.records import DeliveryStatus, OutboxStatus, SentCopy
from engine.store.tables import deliveries, outbox, people

Copies = dict[int, list[dict[str, Any]]]


def copies_of(connection: Connection, outbox_ids: Sequence[int]) -> Copies:
    """The copies of messages, by message, in the order in which they were made."""
    d = deliveries.c
    query = (
        select(
            d.outbox_id, people.c.name.label("to"), d.audience, d.channel, d.address,
            d.status, d.attempts, d.ambiguous, d.sent_at, d.error, d.tried_at,
        )
        .join(people, people.c.id == d.person_id)
        .where(d.outbox_id.in_(outbox_ids))
        .order_by(d.id)
    )  # fmt: skip
    found: Copies = {}
    for row in connection.execute(query):
        copy = dict(row._mapping)
        found.setdefault(copy.pop("outbox_id"), []).append(copy)
    return found


class CopyRows:
    """Copies that a channel took, within one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def sent(self, reference: str) -> SentCopy | None:
        """The copy that its channel has this name for; the first, should it be two."""
        d = deliveries.c
        query = (
            select(d.outbox_id, d.person_id, people.c.code, d.channel, d.audience)
            .join(people, people.c.id == d.person_id)
            .where(d.reference == reference, d.status == DeliveryStatus.SENT.value)
            .order_by(d.id)
            .limit(1)
        )
        row = self._connection.execute(query).one_or_none()
        return SentCopy(*row) if row else None

    def take_back(self, copy: SentCopy, reason: str) -> bool:
        """Mark that it came back, and hold its message; False where it was marked."""
        d = deliveries.c
        marked = (
            update(deliveries)
            .where(
                d.outbox_id == copy.outbox_id,
                d.person_id == copy.person_id,
                d.channel == copy.channel,
                d.status == DeliveryStatus.SENT.value,
            )
            .values(status=DeliveryStatus.RETURNED.value, error=reason)
        )
        if self._connection.execute(marked).rowcount == 0:
            return False
        # One that is still being sent to others is held when they are done.
        sent = outbox.c.status == OutboxStatus.SENT.value
        held = {"status": OutboxStatus.HELD.value, "reason": reason}
        message = update(outbox).where(outbox.c.id == copy.outbox_id, sent)
        self._connection.execute(message.values(held))
        return True

    def notice_accepted_at(self, change_id: int, plan: int) -> datetime | None:
        """When the first notice of a plan that did not come back was taken."""
        d, o = deliveries.c, outbox.c
        query = (
            select(func.min(d.sent_at))
            .join(outbox, o.id == d.outbox_id)
            .where(
                o.change_id == change_id,
                o.plan == plan,
                o.is_notice,
                d.audience != Audience.COPY.value,
                d.status == DeliveryStatus.SENT.value,
            )
        )
        return self._connection.execute(query).scalar_one_or_none()
