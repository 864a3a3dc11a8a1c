"""The book's rows as lists to read: narrowed to whose they may be, a page at a time."""

from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    func,
    or_,
    select,
)

from engine.domain.access import Reach
from engine.domain.folding import folded
from engine.store.tables import contracts, customers, partners, people, sites, usage

_contact = people.alias("contact")
_CUSTOMER: Final = customers.outerjoin(
    partners, partners.c.id == customers.c.partner_id
)


class DirectoryRows:
    """The rows of every kind for reading, within a unit of work."""

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

    def search(
        self, kind: str, reach: Reach, text: str, *, offset: int, limit: int
    ) -> list[dict[str, Any]]:
        """Some of the rows of a kind that hold a text."""
        query = _searched(kind, reach, text).order_by(*_ORDERS[kind])
        rows = self._connection.execute(query.offset(offset).limit(limit))
        return [dict(row) for row in rows.mappings()]

    def count(self, kind: str, reach: Reach, text: str, most: int) -> int:
        """How many rows of a kind hold a text; counting ends at `most`."""
        query = _searched(kind, reach, text).with_only_columns(_IDS[kind])
        counted = select(func.count()).select_from(query.limit(most).subquery())
        return int(self._connection.execute(counted).scalar_one())

    def spelt(self, kind: str, code: str) -> str | None:
        """The code that is this one but for small and capital letters."""
        column = _IDS[kind].table.c.code
        query = select(column).where(func.lower(column) == code.lower()).limit(1)
        return self._connection.execute(query).scalar_one_or_none()

    def one(self, kind: str, code: str) -> dict[str, Any] | None:
        """One row by its code, whoever's it is; None where there is none.

        A month of usage has its contract's and its own, with a slash between them.
        """
        query = _QUERIES[kind]
        if kind == "usage":
            contract, _, month = code.rpartition("/")
            query = query.where(contracts.c.code == contract, usage.c.month == month)
        else:
            query = query.where(_CODES[kind] == code)
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
    "sites": _columns(
        sites.c.code, sites.c.name, customers.c.code.label("customer"), *_OF_CUSTOMER,
        of=sites.join(customers, customers.c.id == sites.c.customer_id),
    ),
    "usage": _columns(
        contracts.c.code.label("contract"), usage.c.month, usage.c.contacts,
        usage.c.emails_sent, *_OF_CUSTOMER,
        of=usage.join(contracts, contracts.c.id == usage.c.contract_id)
        .join(customers, customers.c.id == contracts.c.customer_id),
    ),
}  # fmt: skip
_CODES: Final[dict[str, ColumnElement[str]]] = {
    "partners": partners.c.code,
    "customers": customers.c.code,
    "people": people.c.code,
    "contracts": contracts.c.code,
    "sites": sites.c.code,
}
_IDS: Final[dict[str, Column[int]]] = {
    "partners": partners.c.id,
    "customers": customers.c.id,
    "people": people.c.id,
    "contracts": contracts.c.id,
    "sites": sites.c.id,
    "usage": usage.c.id,
}
#: Each has an index, so that a page of a long list sorts nothing.
_ORDERS: Final[dict[str, tuple[ColumnElement[Any], ...]]] = {
    "partners": (partners.c.code,),
    "customers": (customers.c.sorts_as, customers.c.id),
    "people": (people.c.code,),
    "contracts": (contracts.c.code,),
    "sites": (sites.c.code,),
    "usage": (usage.c.contract_id, usage.c.month.desc()),
}
#: What holds the text that is searched for, beside the folded one of customers.
_HOLDERS: Final[dict[str, tuple[ColumnElement[Any], ...]]] = {
    "partners": (partners.c.name, partners.c.code),
    "customers": (),
    "people": (
        people.c.name, people.c.code, people.c.email, customers.c.name, partners.c.name,
    ),
    "contracts": (contracts.c.code, contracts.c.product),
    "sites": (sites.c.name, sites.c.code),
    "usage": (contracts.c.code, usage.c.month),
}  # fmt: skip


def _searched(kind: str, reach: Reach, text: str) -> Select[Any]:
    query = _QUERIES[kind].where(_within(kind, reach))
    if not text:
        return query
    holders = [each.icontains(text, autoescape=True) for each in _HOLDERS[kind]]
    if kind not in ("partners", "people"):
        holders.append(customers.c.search.contains(folded(text), autoescape=True))
    return query.where(or_(*holders))


def _within(kind: str, reach: Reach) -> ColumnElement[bool]:
    """Whether a row's place is one that is reached."""
    if reach.everything:
        return _IDS[kind].is_not(None)
    if kind == "partners":
        return partners.c.id.in_(reach.partners)
    theirs = or_(
        customers.c.id.in_(reach.customers), customers.c.partner_id.in_(reach.partners)
    )
    if kind == "people":
        return or_(theirs, people.c.partner_id.in_(reach.partners))
    return theirs
