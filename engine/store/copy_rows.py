"""The copies that were made of messages, for people to read."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from engine.store.tables import deliveries, people

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
