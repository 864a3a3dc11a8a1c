"""Messages as lists to read: those that somebody may read, the newest first."""

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, false, func, or_, select

from engine.domain.access import Reach
from engine.domain.folding import folded
from engine.domain.letters import Audience
from engine.domain.records import MadeFor
from engine.store.copy_rows import copies_of, made_for
from engine.store.tables import changes, contracts, customers, deliveries, outbox

Readings = Collection[tuple[Reach, frozenset[str]]]

_FROM: Final = (
    outbox.join(changes, changes.c.id == outbox.c.change_id)
    .join(contracts, contracts.c.id == changes.c.contract_id)
    .join(customers, customers.c.id == contracts.c.customer_id)
)


class MessageRows:
    """Messages for reading, within one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(
        self,
        readings: Readings,
        *,
        status: str | None = None,
        change_id: int | None = None,
        search: str = "",
        before: int | None = None,
        limit: int,
    ) -> list[dict[str, Any]]:
        """Up to `limit` messages that are older than the one with the id `before`."""
        wanted = [_is_read(readings), *_found_by(search)]
        wanted += [outbox.c.status == status] if status is not None else []
        wanted += [outbox.c.change_id == change_id] if change_id is not None else []
        wanted += [outbox.c.id < before] if before is not None else []
        return self._rows(*wanted, limit=limit)

    def counts(self, readings: Readings) -> dict[str, int]:
        """How many there are to read, by status."""
        query = select(outbox.c.status, func.count()).select_from(_FROM)
        query = query.where(_is_read(readings)).group_by(outbox.c.status)
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def one(self, message_id: int) -> dict[str, Any] | None:
        """One message, whoever may read it; None where there is none."""
        found = self._rows(outbox.c.id == message_id, limit=1)
        return found[0] if found else None

    def made_for(self, message_id: int) -> list[MadeFor]:
        """The readers of the copies that were made of a message."""
        return made_for(self._connection, message_id)

    def _rows(self, *wanted: ColumnElement[bool], limit: int) -> list[dict[str, Any]]:
        o = outbox.c
        columns = (
            o.id, changes.c.code.label("change"), customers.c.name.label("customer"),
            o.message, o.role, o.status, o.reason, o.queued_at, o.next_try_at,
            o.attempts, customers.c.id.label("customer_id"), customers.c.partner_id,
        )  # fmt: skip
        query = select(*columns).select_from(_FROM).where(*wanted)
        query = query.order_by(o.id.desc()).limit(limit)
        rows = [dict(row) for row in self._connection.execute(query).mappings()]
        copies = copies_of(self._connection, [row["id"] for row in rows])
        return [row | {"copies": copies.get(row["id"], [])} for row in rows]


def _is_read(readings: Readings) -> ColumnElement[bool]:
    """Whether some of the readings take in a message, or a copy that was made of it."""
    found: list[ColumnElement[bool]] = []
    for reach, audiences in readings:
        where = _within(reach)
        if Audience.OPERATIONS not in audiences:
            copy = select(deliveries.c.id).where(
                deliveries.c.outbox_id == outbox.c.id,
                deliveries.c.audience.in_(audiences),
            )
            where = and_(where, copy.exists())
        found.append(where)
    return or_(false(), *found)


def _found_by(search: str) -> list[ColumnElement[bool]]:
    """That each word is in the change's code, or in what finds its customer."""
    return [
        or_(
            customers.c.search.contains(word, autoescape=True),
            func.lower(changes.c.code).contains(word, autoescape=True),
        )
        for word in folded(search).split()
    ]


def _within(reach: Reach) -> ColumnElement[bool]:
    if reach.everything:
        return outbox.c.id.is_not(None)
    return or_(
        customers.c.id.in_(reach.customers), customers.c.partner_id.in_(reach.partners)
    )
