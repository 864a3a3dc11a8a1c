"""Whom a message that comes soon could not reach, found before it is due."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select

from engine.domain.ownership import PARTNER, VENDOR
from engine.domain.records import Unreachable
from engine.store.listing_rows import partner_owned
from engine.store.tables import changes, customers, partners, people


class AttentionRows:
    """What will need a person, within one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def unreachable(self, until: datetime, limit: int) -> tuple[list[Unreachable], int]:
        """Open changes due by then without a reader, soonest first; how many in all."""
        total = _missing(select(func.count()), until)
        rows = _missing(
            select(
                changes.c.code, changes.c.next_due_at, customers.c.code,
                customers.c.name, _owner(), partners.c.code, partners.c.name,
                people.c.code, people.c.name,
            ),
            until,
        ).order_by(changes.c.next_due_at, changes.c.id).limit(limit)  # fmt: skip
        found = [Unreachable(*row) for row in self._connection.execute(rows)]
        return found, self._connection.execute(total).scalar_one()


def _owner() -> ColumnElement[str]:
    return case((partner_owned(), PARTNER), else_=VENDOR)


def _missing(query: Select[Any], until: datetime) -> Select[Any]:
    """Where nobody is named, or whoever is has no address or is not theirs any more."""
    reader = case(
        (partner_owned(), partners.c.point_of_contact_id),
        else_=customers.c.primary_contact_id,
    )
    theirs = case(
        (partner_owned(), people.c.partner_id == customers.c.partner_id),
        else_=people.c.customer_id == customers.c.id,
    )
    joined = (
        changes.join(customers, customers.c.id == changes.c.customer_id)
        .outerjoin(partners, partners.c.id == customers.c.partner_id)
        .outerjoin(people, and_(people.c.id == reader, theirs))
    )
    nowhere = and_(people.c.email.is_(None), people.c.slack_user.is_(None))
    return query.select_from(joined).where(
        changes.c.closed_at.is_(None),
        changes.c.next_due_at <= until,
        or_(people.c.id.is_(None), nowhere),
    )
