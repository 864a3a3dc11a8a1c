"""The book's rows as lists to read: narrowed to whose they may be, a page at a time."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, FromClause, Select, or_, select

from engine.domain.access import Reach
from engine.store.tables import contracts, customers, partners, people

_contact = people.alias("contact")
_CUSTOMER: Final = customers.outerjoin(
    partners, partners.c.id == customers.c.partner_id
)


class DirectoryRows:
    """Partners, customers, people and contracts for reading, within a unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(
        self, kind: str, reach: Reach, *, after: str | None = None, limit: int
    ) -> list[dict[str, Any]]:
        """Up to `limit` rows of a kind in the order of their codes."""
        query = _QUERIES[kind].where(_within(kind, reach))
        code = _CODES[kind]
        if after is not None:
            query = query.where(code > after)
        rows = self._connection.execute(query.order_by(code).limit(limit))
        return [dict(row) for row in rows.mappings()]

    def one(self, kind: str, code: str) -> dict[str, Any] | None:
        """One row by its code, whoever's it is; None where there is none."""
        query = _QUERIES[kind].where(_CODES[kind] == code)
        found = self._connection.execute(query).mappings().one_or_none()
        return dict(found) if found else None


def _columns(*columns: ColumnElement[Any], of: FromClause) -> Select[Any]:
    return select(*columns).select_from(of)


_OF_CUSTOMER: Final = (
    customers.c.id.label("customer_id"), customers.c.partner_id.label("partner_id"),
)  # fmt: skip
_QUERIES: Final[dict[str, Select[Any]]] = {
    "partners": _columns(
        partners.c.code, partners.c.name, partners.c.owns_conversations,
        people.c.code.label("point_of_contact"), partners.c.id.label("partner_id"),
        of=partners.outerjoin(people, people.c.id == partners.c.point_of_contact_id),
    ),
    "customers": _columns(
        customers.c.code, customers.c.name, customers.c.domain, customers.c.hub_id,
        customers.c.time_zone, customers.c.language, partners.c.code.label("partner"),
        customers.c.communication_owner, _contact.c.code.label("primary_contact"),
        *_OF_CUSTOMER,
        of=_CUSTOMER.outerjoin(
            _contact, _contact.c.id == customers.c.primary_contact_id
        ),
    ),
    "people": _columns(
        people.c.code, people.c.name, people.c.email, people.c.slack_user,
        people.c.language, people.c.channel, customers.c.code.label("customer"),
        partners.c.code.label("partner"), people.c.roles,
        people.c.customer_id, people.c.partner_id,
        customers.c.partner_id.label("customers_partner_id"),
        of=people.outerjoin(customers, customers.c.id == people.c.customer_id)
        .outerjoin(partners, partners.c.id == people.c.partner_id),
    ),
    "contracts": _columns(
        contracts.c.code, customers.c.code.label("customer"), contracts.c.product,
        contracts.c.started_on, contracts.c.commitment_months,
        contracts.c.automatic_renewal, contracts.c.billing_months, contracts.c.starter,
        contracts.c.contact_limit, contracts.c.currency, contracts.c.mrr,
        contracts.c.new_mrr, contracts.c.ended_on, *_OF_CUSTOMER,
        of=contracts.join(customers, customers.c.id == contracts.c.customer_id),
    ),
}  # fmt: skip
_CODES: Final[dict[str, ColumnElement[str]]] = {
    "partners": partners.c.code,
    "customers": customers.c.code,
    "people": people.c.code,
    "contracts": contracts.c.code,
}


def _within(kind: str, reach: Reach) -> ColumnElement[bool]:
    """Whether a row's place is one that is reached."""
    if reach.everything:
        return _CODES[kind].is_not(None)
    if kind == "partners":
        return partners.c.id.in_(reach.partners)
    theirs = or_(
        customers.c.id.in_(reach.customers), customers.c.partner_id.in_(reach.partners)
    )
    if kind == "people":
        return or_(theirs, people.c.partner_id.in_(reach.partners))
    return theirs
