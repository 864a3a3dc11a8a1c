"""The copies that were made of messages, each for one reader over one channel."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from engine.domain.letters import Audience, ChannelName
from engine.domain.records import MadeFor
from engine.store.tables import deliveries, people


def copies_of(
    connection: Connection, outbox_ids: Sequence[int]
) -> dict[int, list[dict[str, Any]]]:
    """The copies of messages, for people to read, by message."""
    d = deliveries.c
    query = (
        select(
            d.outbox_id, people.c.name.label("to"), d.audience, d.channel,
            d.address, d.status, d.attempts, d.ambiguous, d.sent_at, d.error,
        )
        .join(people, people.c.id == d.person_id)
        .where(d.outbox_id.in_(outbox_ids))
        .order_by(d.id)
    )  # fmt: skip
    found: dict[int, list[dict[str, Any]]] = {}
    for row in connection.execute(query):
        copy = dict(row._mapping)
        found.setdefault(copy.pop("outbox_id"), []).append(copy)
    return found


def made_for(connection: Connection, outbox_id: int) -> list[MadeFor]:
    """For whom the copies of one message were made."""
    d = deliveries.c
    query = select(d.person_id, d.channel, d.address, d.audience)
    rows = connection.execute(query.where(d.outbox_id == outbox_id).order_by(d.id))
    return [
        MadeFor(row[0], ChannelName(row[1]), row[2], Audience(row[3])) for row in rows
    ]
