"""The list of upcoming changes: narrowed, sorted, counted and cut by the database.

What is listed is in its window, or needs a person or the clock although it is not. Each
of these has its index, so they are asked apart and put together: one condition over all
would read every open change.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    FromClause,
    Integer,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    not_,
    or_,
    select,
    tuple_,
    union_all,
)

from engine.domain.listing import (
    Deadlines,
    Found,
    Question,
    Scope,
    read_cursor,
    write_cursor,
)
from engine.domain.ownership import DEFAULT, PARTNER, VENDOR
from engine.store.tables import audit, changes, contracts, customers, partners, people

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
# Adding nothing hides an index, so that SQLite has to begin with the customers.
_BY_CUSTOMER: Final = customers.join(changes, customers.c.id + 0 == _C.customer_id)


class _Order(NamedTuple):
    """What rows are sorted by, and the tables that hold it; never null.

    `walked` is the same tables for SQLite to read from those with the order inwards.
    """

    keys: Sequence[ColumnElement[Any]]
    tables: FromClause = changes
    walked: FromClause | None = None


def _or_least(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Rows without a value come before those that have one."""
    return func.coalesce(column, -1 if isinstance(column.type, Integer) else "")


def partner_owned() -> ColumnElement[bool]:
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
    "customer": _Order([customers.c.sorts_as], _OF_CUSTOMER, _BY_CUSTOMER),
    "owner": _Order([case((partner_owned(), PARTNER), else_=VENDOR)]),
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


class _Asked(NamedTuple):
    """A question, whose changes may answer it, and which database does."""

    question: Question
    scope: Scope
    on_sqlite: bool


class ListingRows:
    """Answers questions to the list, within one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, question: Question, scope: Scope, total: int | None = None) -> Found:
        """One page of what is asked for, and how many there are, unless that is known."""
        asked = self._asked(question, scope)
        rows = self._connection.execute(_page(asked)).all()
        shown = rows if question.limit is None else rows[: question.limit]
        following = None
        if len(rows) > len(shown):
            following = write_cursor(question, [*shown[-1]])
        total = self._count(asked) if total is None else total
        return Found([row[-1] for row in shown], total, following)

    def deadlines(self, question: Question, scope: Scope) -> Deadlines:
        """How many changes have their deadline on each day, by state."""
        grouped = (_C.deadline_on, _C.state)
        parts = [
            select(*grouped, func.count()).where(each).group_by(*grouped)
            for each in _listed(self._asked(question, scope))
        ]
        found: defaultdict[date | None, Counter[str]] = defaultdict(Counter)
        for on, state, count in self._connection.execute(union_all(*parts)):
            found[on][state] += count
        return found

    def version(self) -> str:
        """Another one whenever this transaction may see other changes than before.

        SQLite's writers come one after another, and each leaves its last entry in the
        audit trail. PostgreSQL's may commit in another order than they took their ids
        in, but its snapshot names all whose writes are seen.
        """
        if self._connection.dialect.name == "sqlite":
            query = select(func.coalesce(func.max(audit.c.id), 0))
        else:
            query = select(cast(func.pg_current_snapshot(), Text))
        return str(self._connection.execute(query).scalar_one())

    def _asked(self, question: Question, scope: Scope) -> _Asked:
        return _Asked(question, scope, self._connection.dialect.name == "sqlite")

    def _count(self, asked: _Asked) -> int:
        parts = [
            select(func.count()).select_from(changes).where(each).scalar_subquery()
            for each in _listed(asked)
        ]
        return sum(self._connection.execute(select(*parts)).one())


def _page(asked: _Asked) -> Select[Any]:
    """The sorted keys and the ids of what is listed, and one more than are shown.

    Each part is sorted and cut by itself: an index that has the order is read no further
    than that.
    """
    question = asked.question
    order = _ORDERS[question.sort]
    keys = [*order.keys, _C.id]
    after = _after(question, keys) if question.after is not None else ()
    most = None if question.limit is None else question.limit + 1
    reach = None if most is None else question.offset + most
    labelled = [key.label(f"key_{n}") for n, key in enumerate(keys)]
    parts = [
        select(*labelled)
        .select_from(_tables(asked, number))
        .where(each, *after)
        .order_by(*_sorted(question, keys))
        .limit(reach)
        .subquery()
        for number, each in enumerate(_listed(asked))
    ]
    listed = union_all(*map(select, parts)).subquery()
    query = select(listed).order_by(*_sorted(question, listed.c))
    return query.limit(most).offset(question.offset or None)


def _tables(asked: _Asked, number: int) -> FromClause:
    """What a part is read from; in the order of all customers where most are wanted."""
    question, scope, on_sqlite = asked
    order = _ORDERS[question.sort]
    is_long = number == 0 and not (question.needs_person or question.words)
    of_all = scope == Scope()
    if on_sqlite and is_long and of_all and order.walked is not None:
        return order.walked
    return order.tables


def _sorted(
    question: Question, keys: Iterable[ColumnElement[Any]]
) -> list[ColumnElement[Any]]:
    return [key.desc() if question.descending else key.asc() for key in keys]


def _after(
    question: Question, keys: Sequence[ColumnElement[Any]]
) -> Sequence[ColumnElement[bool]]:
    """Only what comes after a cursor."""
    kinds = [date if isinstance(k.type, Date) else k.type.python_type for k in keys]
    at = tuple_(*read_cursor(question, kinds), types=[key.type for key in keys])
    here = tuple_(*keys)
    return [here < at if question.descending else here > at]


def _listed(asked: _Asked) -> list[ColumnElement[bool]]:
    """What is in its window; what needs a person outside it; what waits for the clock.

    No two of them hold the same change.
    """
    question, narrowed = asked.question, _narrowed(asked)
    on = question.on
    in_window = (_C.listed_on <= on, _C.renewal_start > on)
    outside = or_(_C.listed_on > on, _C.renewal_start <= on)
    waiting = _C.attention.is_not(None)
    if question.needs_person:
        return [and_(_few(waiting), *narrowed)]
    # What has begun may be open only because the clock did not see to it by then.
    begun = _C.renewal_start <= min(on, question.now.date())
    left_over = _few(begun, _C.next_due_at <= question.now, _C.attention.is_(None))
    return [
        and_(_OPEN, *in_window, *narrowed),
        and_(_few(waiting), outside, *narrowed),
        and_(left_over, *narrowed),
    ]


def _few(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Open changes of which there are few, found by themselves before all else.

    SQLite keeps no statistics that tell it so, and would read them in the order of an
    index over all.
    """
    return _C.id.in_(select(_C.id).where(_OPEN, *conditions).correlate(None))


def _narrowed(asked: _Asked) -> list[ColumnElement[bool]]:
    question = asked.question
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
        owned = partner_owned()
        conditions.append(owned if question.owner == PARTNER else not_(owned))
    whose = _of_customers(asked.scope)
    if whose:
        conditions.append(_C.customer_id.in_(select(customers.c.id).where(*whose)))
    if question.words:
        conditions.append(_searched(question.words, on_sqlite=asked.on_sqlite))
    return conditions


def _searched(words: Sequence[str], *, on_sqlite: bool) -> ColumnElement[bool]:
    """Whether a change is of a customer that holds all of these words.

    SQLite is told to look for them once, and then to look each change up among those
    found (adding nothing hides the index): they may be most of all customers.
    """
    holds = [customers.c.search.contains(word, autoescape=True) for word in words]
    found = select(customers.c.id).where(*holds)
    if not on_sqlite:
        return _C.customer_id.in_(found)
    once = found.cte("found").prefix_with("MATERIALIZED")
    return (_C.customer_id + 0).in_(select(once.c.id))


def _of_customers(scope: Scope) -> list[ColumnElement[bool]]:
    """Whose changes: those that the asker may see, and those that they asked for."""
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
    return conditions
