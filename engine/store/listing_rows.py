"""The list of upcoming changes: narrowed, sorted, counted and cut by the database.

What is listed is in its window, or needs a person although it is not. The two are
disjoint and each has its index, so they are asked apart and put together: one condition
over both would read every open change.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Date,
    FromClause,
    Integer,
    and_,
    case,
    func,
    not_,
    or_,
    select,
    tuple_,
    union_all,
)

from engine.domain.listing import (
    Found,
    Question,
    Scope,
    Strip,
    read_cursor,
    write_cursor,
)
from engine.domain.ownership import DEFAULT, PARTNER, VENDOR
from engine.store.tables import changes, contracts, customers, partners, people

_C: Final = changes.c
_OPEN: Final = _C.closed_at.is_(None)
_OF_CUSTOMER: Final = changes.join(customers, customers.c.id == _C.customer_id)
_OF_CONTRACT: Final = changes.join(contracts, contracts.c.id == _C.contract_id)
_OF_PARTNER: Final = _OF_CUSTOMER.outerjoin(
    partners, partners.c.id == customers.c.partner_id
)
_OF_CONTACT: Final = _OF_CUSTOMER.outerjoin(
    people, people.c.id == customers.c.primary_contact_id
)


class _Order(NamedTuple):
    """What rows are sorted by, and the tables that hold it; never null."""

    keys: Sequence[ColumnElement[Any]]
    tables: FromClause = changes


def _or_least(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Rows without a value come before those that have one."""
    return func.coalesce(column, -1 if isinstance(column.type, Integer) else "")


def _partner_owned() -> ColumnElement[bool]:
    """Whether the partner tells the customer: the most specific choice wins."""
    has_partner = select(customers.c.id).where(customers.c.partner_id.is_not(None))
    choice = customers.c.communication_owner
    by_itself = (
        select(customers.c.id)
        .join(partners, partners.c.id == customers.c.partner_id)
        .where(
            or_(
                choice == PARTNER,
                and_(choice == DEFAULT, partners.c.owns_conversations),
            )
        )
    )
    # Without a null in it, since its opposite is asked for as well.
    return or_(
        and_(
            func.coalesce(_C.owner_choice, "") == PARTNER,
            _C.customer_id.in_(has_partner),
        ),
        and_(_C.owner_choice.is_(None), _C.customer_id.in_(by_itself)),
    )


_ORDERS: Final = {
    "customer": _Order([customers.c.sorts_as], _OF_CUSTOMER),
    "owner": _Order([case((_partner_owned(), PARTNER), else_=VENDOR)]),
    "type": _Order([_C.type]),
    "state": _Order([_C.state]),
    "deadline": _Order([_C.deadline_on]),
    "primary_contact": _Order([_or_least(people.c.name)], _OF_CONTACT),
    "id": _Order([_C.code]),
    "renewal_start": _Order([_C.renewal_start, customers.c.name], _OF_CUSTOMER),
    "partner": _Order([_or_least(partners.c.code)], _OF_PARTNER),
    "website": _Order([_or_least(customers.c.domain)], _OF_CUSTOMER),
    "hub_id": _Order([_or_least(customers.c.hub_id)], _OF_CUSTOMER),
    "contact_limit": _Order([_or_least(contracts.c.contact_limit)], _OF_CONTRACT),
    "billing_months": _Order([contracts.c.billing_months], _OF_CONTRACT),
    "commitment_months": _Order([contracts.c.commitment_months], _OF_CONTRACT),
    "product": _Order([contracts.c.product], _OF_CONTRACT),
} | {
    # Amounts of different currencies do not compare.
    name: _Order(
        [_or_least(contracts.c.currency), _or_least(contracts.c[name])], _OF_CONTRACT
    )
    for name in ("mrr", "new_mrr")
}


class ListingRows:
    """Answers questions to the list, within one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, question: Question, scope: Scope) -> Found:
        """One page of what is asked for, and how many there are in all."""
        total = self._count(question, scope)
        if question.limit is None:
            rows = self._connection.execute(_page(question, scope)).all()
            return Found([row[-1] for row in rows], total, None)
        rows = self._connection.execute(
            _page(question, scope).limit(question.limit + 1)
        ).all()
        shown = rows[: question.limit]
        more = len(rows) > len(shown)
        following = write_cursor(question, [*shown[-1]]) if more else None
        return Found([row[-1] for row in shown], total, following)

    def strip(self, question: Question, scope: Scope, days: int) -> Strip:
        """How many deadlines on each of the next days, by state."""
        last = question.on + timedelta(days=days)
        day = _C.deadline_on.between(question.on, last)
        parts = [
            select(_C.deadline_on, _C.state).where(part, day)
            for part in _listed(question, scope)
        ]
        listed = union_all(*parts).subquery()
        columns = (listed.c.deadline_on, listed.c.state)
        query = select(*columns, func.count()).group_by(*columns)
        found: defaultdict[date, dict[str, int]] = defaultdict(dict)
        for on, state, count in self._connection.execute(query):
            found[on][state] = count
        return dict(sorted(found.items()))

    def _count(self, question: Question, scope: Scope) -> int:
        parts = [
            select(func.count()).select_from(changes).where(part).scalar_subquery()
            for part in _listed(question, scope)
        ]
        counted: ColumnElement[Any] = parts[0] + parts[1]
        return int(self._connection.execute(select(counted)).scalar_one())


def _page(question: Question, scope: Scope) -> CompoundSelect[Any]:
    """The sorted keys and the ids of what is listed."""
    order = _ORDERS[question.sort]
    keys = [*order.keys, _C.id]
    after = _after(question, keys) if question.after is not None else ()
    parts = [
        select(*(key.label(f"key_{n}") for n, key in enumerate(keys)))
        .select_from(order.tables)
        .where(part, *after)
        for part in _listed(question, scope)
    ]
    query = union_all(*parts)
    query = query.order_by(
        *(
            each.desc() if question.descending else each.asc()
            for each in query.selected_columns
        )
    )
    return query.offset(question.offset) if question.offset else query


def _after(
    question: Question, keys: Sequence[ColumnElement[Any]]
) -> Sequence[ColumnElement[bool]]:
    """Only what comes after a cursor."""
    kinds = [date if isinstance(k.type, Date) else k.type.python_type for k in keys]
    at = tuple_(*read_cursor(question, kinds), types=[key.type for key in keys])
    here = tuple_(*keys)
    return [here < at if question.descending else here > at]


def _listed(question: Question, scope: Scope) -> list[ColumnElement[bool]]:
    """What is in its window; what is not, and needs a person or the clock."""
    on, narrowed = question.on, _narrowed(question, scope)
    in_window = and_(_C.listed_on <= on, _C.renewal_start > on)
    outside = or_(_C.listed_on > on, _C.renewal_start <= on)
    # What has begun may be listed because the clock did not see to it yet.
    begun = _C.renewal_start <= min(on, question.now.date())
    left_over = and_(begun, _C.next_due_at <= question.now)
    waiting = _C.attention.is_not(None)
    if question.needs_person:
        return [
            and_(_OPEN, in_window, waiting, *narrowed),
            and_(_OPEN, outside, waiting, *narrowed),
        ]
    return [
        and_(_OPEN, in_window, *narrowed),
        and_(_OPEN, outside, or_(left_over, waiting), *narrowed),
    ]


def _narrowed(question: Question, scope: Scope) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if question.states:
        conditions.append(_C.state.in_(sorted(question.states)))
    if question.types:
        conditions.append(_C.type.in_(sorted(question.types)))
    if question.deadline_from:
        conditions.append(_C.deadline_on >= question.deadline_from)
    if question.deadline_to:
        conditions.append(_C.deadline_on <= question.deadline_to)
    if question.owner:
        owned = _partner_owned()
        conditions.append(owned if question.owner == PARTNER else not_(owned))
    whose = _of_customers(question, scope)
    if whose:
        conditions.append(_C.customer_id.in_(select(customers.c.id).where(*whose)))
    return conditions


def _of_customers(question: Question, scope: Scope) -> list[ColumnElement[bool]]:
    """Whose changes: what the asker may see, and what they asked for."""
    u, reach = customers.c, scope.reach
    conditions: list[ColumnElement[bool]] = []
    if not reach.everything:
        theirs = (
            u.partner_id.in_(sorted(reach.partners)),
            u.id.in_(sorted(reach.customers)),
        )
        conditions.append(or_(*theirs))
    if scope.partner_id is not None:
        conditions.append(u.partner_id == scope.partner_id)
    if scope.customer_id is not None:
        conditions.append(u.id == scope.customer_id)
    conditions += [_holds(u.search, word) for word in question.words]
    return conditions


def _holds(column: ColumnElement[str], word: str) -> ColumnElement[bool]:
    return column.contains(word, autoescape=True)
