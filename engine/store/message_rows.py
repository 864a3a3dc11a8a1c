"""Messages as lists to read: those that somebody may read, the newest first."""

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    false,
    func,
    or_,
    select,
    true,
)

from engine.domain.access import Reach
from engine.domain.interfaces import Readings
from engine.domain.letters import Audience
from engine.domain.message_question import MessageQuestion
from engine.domain.records import MadeCopy, OutboxStatus
from engine.store.bulk import chunks
from engine.store.copy_rows import copies_of
from engine.store.outbox_rows import HELD
from engine.store.tables import (
    changes,
    customers,
    deliveries,
    outbox,
    partners,
    people,
)

_FROM: Final = (
    outbox.join(changes, changes.c.id == outbox.c.change_id)
    .join(customers, customers.c.id == changes.c.customer_id)
    .outerjoin(partners, partners.c.id == customers.c.partner_id)
)


class MessageRows:
    """Messages for reading, within one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(
        self, readings: Readings, question: MessageQuestion
    ) -> list[dict[str, Any]]:
        """Up to `limit` of the messages that are asked for."""
        wanted = _wanted(readings, question)
        if question.status is not None:
            wanted.append(_has(OutboxStatus(question.status)))
        if question.before is not None:
            wanted.append(outbox.c.id < question.before)
        return self._rows(*wanted, limit=question.limit)

    def counts(
        self, readings: Readings, question: MessageQuestion, most: int
    ) -> dict[str, int]:
        """How many there are in each status, counted no further than `most`."""
        wanted = _wanted(readings, question)
        if question.words:
            return self._counts_found(wanted, most)
        counted = [
            select(func.count())
            .select_from(
                select(outbox.c.id).where(_has(each), *wanted).limit(most).subquery()
            )
            .scalar_subquery()
            .label(each.value)
            for each in OutboxStatus
        ]
        return dict(self._connection.execute(select(*counted)).one()._mapping)

    def _counts_found(
        self, wanted: list[ColumnElement[bool]], most: int
    ) -> dict[str, int]:
        """The same of a search: to search is what takes time, so it is done once."""
        query = select(outbox.c.status, func.count()).where(*wanted)
        rows = self._connection.execute(query.group_by(outbox.c.status))
        found = {status: min(count, most) for status, count in rows}
        return {each.value: found.get(each.value, 0) for each in OutboxStatus}

    def one(self, message_id: int) -> dict[str, Any] | None:
        """One message, whoever may read it; None where there is none."""
        found = self._rows(outbox.c.id == message_id, limit=1)
        return found[0] if found else None

    def readers(self, message_id: int) -> list[MadeCopy]:
        """The copies that were made of a message, in the order of their making."""
        columns = [deliveries.c[name] for name in MadeCopy._fields]
        query = select(*columns).where(deliveries.c.outbox_id == message_id)
        found = self._connection.execute(query.order_by(deliveries.c.id))
        return [MadeCopy(*row) for row in found]

    def held(
        self, readings: Readings, message_ids: Collection[int] | None
    ) -> list[tuple[int, int]]:
        """The held of these messages, or (None) of all, each with its change."""
        wanted = _wanted(readings, MessageQuestion(limit=0))
        query = select(outbox.c.id, outbox.c.change_id)
        query = query.where(outbox.c.status == HELD, *wanted)
        parts = (
            [query]
            if message_ids is None
            else [query.where(outbox.c.id.in_(ids)) for ids in chunks(message_ids)]
        )
        return [
            (row[0], row[1]) for part in parts for row in self._connection.execute(part)
        ]

    def _rows(self, *wanted: ColumnElement[bool], limit: int) -> list[dict[str, Any]]:
        o = outbox.c
        columns = (
            o.id, changes.c.code.label("change"), customers.c.name.label("customer"),
            o.message, o.role, o.status, o.reason, o.queued_at, o.next_try_at,
            o.attempts, customers.c.id.label("customer_id"), customers.c.partner_id,
            customers.c.code.label("customer_code"), customers.c.time_zone.label("zone"),
            partners.c.code.label("partner_code"),
        )  # fmt: skip
        query = select(*columns).select_from(_FROM).where(*wanted)
        query = query.order_by(o.id.desc()).limit(limit)
        rows = [dict(row) for row in self._connection.execute(query).mappings()]
        copies = copies_of(self._connection, [row["id"] for row in rows])
        return [row | {"copies": copies.get(row["id"], [])} for row in rows]


def _has(status: OutboxStatus) -> ColumnElement[bool]:
    """Written out where an index is of this status alone."""
    if status is OutboxStatus.HELD:
        return outbox.c.status == HELD
    return outbox.c.status == status


def _wanted(readings: Readings, question: MessageQuestion) -> list[ColumnElement[bool]]:
    """What may be read and is asked for, in any status."""
    found = [or_(false(), *(_read(*each, question) for each in readings))]
    if question.change_id is not None:
        found.append(outbox.c.change_id == question.change_id)
    if question.message is not None:
        found.append(outbox.c.message == question.message)
    return found


def _read(
    reach: Reach, audiences: frozenset[str], question: MessageQuestion
) -> ColumnElement[bool]:
    """What is within reach, and of which there is a copy for one of the audiences.

    One of which there is no copy yet is read by those who read what operations do.
    Nothing is found by a copy that is not theirs to read.
    """
    theirs = deliveries.c.audience.in_(audiences)
    of_message = deliveries.c.outbox_id == outbox.c.id
    where = [_within(reach)]
    if Audience.OPERATIONS not in audiences:
        where.append(select(deliveries.c.id).where(of_message, theirs).exists())
    if question.channel is not None:
        over = deliveries.c.channel == question.channel
        where.append(select(deliveries.c.id).where(of_message, theirs, over).exists())
    where += (_found_by(word, theirs) for word in question.words)
    return and_(*where)


def _within(reach: Reach) -> ColumnElement[bool]:
    if reach.everything:
        return true()
    theirs = (
        select(changes.c.id)
        .join(customers, customers.c.id == changes.c.customer_id)
        .where(
            or_(
                customers.c.id.in_(reach.customers),
                customers.c.partner_id.in_(reach.partners),
            )
        )
    )
    return outbox.c.change_id.in_(theirs)


def _found_by(word: str, theirs: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the customer, the change or a reader holds a word."""

    def holds(column: ColumnElement[Any]) -> ColumnElement[bool]:
        return column.contains(word, autoescape=True)

    of_customer = select(customers.c.id).where(holds(customers.c.search))
    about = select(changes.c.id).where(
        or_(changes.c.customer_id.in_(of_customer), holds(func.lower(changes.c.code)))
    )
    named = select(people.c.id).where(holds(func.lower(people.c.name)))
    told = select(deliveries.c.outbox_id).where(
        theirs,
        or_(deliveries.c.person_id.in_(named), holds(func.lower(deliveries.c.address))),
    )
    return or_(outbox.c.change_id.in_(about), outbox.c.id.in_(told))
