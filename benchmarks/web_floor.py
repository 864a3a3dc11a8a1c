"""What the pages of the list ask the database, and the bare queries beside it.

A bare query is written by hand for one page, goes past SQLAlchemy, and finds less: what
is in its window, and not what is listed because it needs a person.
"""

import time
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from benchmarks.tick_book import NOW
from engine.domain.folding import folded
from engine.domain.listing import Question, Scope, deadlines_asked_for
from engine.store.database import READ_ONLY
from engine.store.unit_of_work import Store

TODAY: Final = NOW.date()
STRIP_DAYS: Final = 120
ROWS: Final = 50
_SOON: Final = TODAY + timedelta(days=30)


def _asked(**values: Any) -> Question:
    return Question(TODAY, NOW, limit=ROWS, **values)


#: Each page: its address, and what it asks.
QUESTIONS: Final[dict[str, tuple[str, Question]]] = {
    "list": ("/changes", _asked()),
    "page 100": ("/changes?page=100", _asked(offset=99 * ROWS)),
    "search, few": ("/changes?q=brulerie+lille+77", _asked(search="brulerie lille 77")),
    "search, many": ("/changes?q=b", _asked(search="b")),
    "filter by state": (
        "/changes?state=pending",
        _asked(states=frozenset({"pending"})),
    ),
    "filter by deadline": (f"/changes?to={_SOON}", _asked(deadline_to=_SOON)),
    "filter by owner": ("/changes?owner=partner", _asked(owner="partner")),
    "sort by deadline": ("/changes?sort=deadline", _asked(sort="deadline")),
    "sort by customer": ("/changes?sort=customer", _asked(sort="customer")),
    "sort by MRR": (
        "/changes?sort=mrr&order=desc",
        _asked(sort="mrr", descending=True),
    ),
}
_TABLES: Final = (
    "changes c JOIN customers u ON u.id = c.customer_id "
    "JOIN contracts k ON k.id = c.contract_id "
    "LEFT JOIN people p ON p.id = u.primary_contact_id "
    "LEFT JOIN partners r ON r.id = u.partner_id"
)
_OF_CUSTOMER: Final = (
    " JOIN customers u ON u.id = c.customer_id "
    "LEFT JOIN partners r ON r.id = u.partner_id"
)
_ORDERS: Final = {
    "renewal_start": "c.renewal_start, u.name, c.id",
    "deadline": "c.deadline_on, c.id",
    "customer": "u.sorts_as, c.id",
    "mrr": "k.currency DESC, k.mrr DESC, c.id DESC",
}
_PARTNER: Final = (
    "u.partner_id IS NOT NULL AND COALESCE(c.owner_choice, CASE WHEN "
    "u.communication_owner <> 'default' THEN u.communication_owner "
    "WHEN r.owns_conversations THEN 'partner' END) = 'partner'"
)


def our_seconds(store: Store, question: Question) -> float:
    """What the page's own reading takes: deadlines by day, a page, its rows' facts."""
    with store.begin(read_only=True) as unit:
        started = time.perf_counter()
        whole = replace(question, deadline_from=None, deadline_to=None)
        deadlines = unit.listing.deadlines(whole, Scope())
        total = deadlines_asked_for(question, deadlines)
        found = unit.listing.find(question, Scope(), total)
        rows = unit.changes.by_ids(found.ids)
        unit.book.customer_views({row.customer_id for row in rows})
        unit.book.contract_views({row.contract_id for row in rows})
        return time.perf_counter() - started


def floor_seconds(store: Store, question: Question) -> float:
    """The same by hand: a count, a page of joined rows, deadlines by day and state."""
    where, values = _where(question)
    # The strip shows every day, whichever deadlines the list is narrowed to.
    of_strip, of_days = _where(replace(question, deadline_to=None))
    joined = "FROM changes c" + (_OF_CUSTOMER if "u." in where else "")
    last = TODAY + timedelta(days=STRIP_DAYS)
    order, cut = _ORDERS[question.sort], f"LIMIT {ROWS} OFFSET {question.offset}"
    statements = (
        (f"SELECT count(*) {joined} WHERE {where}", values),
        (
            f"SELECT c.*, u.*, k.*, p.name, r.code FROM {_TABLES} "  # noqa: S608 - ours
            f"WHERE {where} ORDER BY {order} {cut}",
            values,
        ),
        (
            f"SELECT c.deadline_on, c.state, count(*) {joined} WHERE {of_strip} "
            "AND c.deadline_on BETWEEN ? AND ? GROUP BY c.deadline_on, c.state",
            (*of_days, TODAY, last),
        ),
    )
    connection = store.engine.connect().execution_options(**{READ_ONLY: True})
    with connection, connection.begin():
        is_sqlite = store.engine.dialect.name == "sqlite"
        cursor: Any = connection.connection.cursor()
        started = time.perf_counter()
        for statement, given in statements:
            _run(cursor, statement, given, is_sqlite=is_sqlite)
        return time.perf_counter() - started


def _run(
    cursor: Any, statement: str, given: tuple[Any, ...], *, is_sqlite: bool
) -> None:
    if is_sqlite:
        given = tuple(str(one) if isinstance(one, date) else one for one in given)
    else:
        statement = statement.replace("?", "%s")
    cursor.execute(statement, given)
    cursor.fetchall()


def _where(question: Question) -> tuple[str, tuple[Any, ...]]:
    parts = ["c.closed_at IS NULL AND c.listed_on <= ? AND c.renewal_start > ?"]
    values: list[Any] = [TODAY, TODAY]
    for word in folded(question.search).split():
        parts.append("u.search LIKE ?")
        values.append(f"%{word}%")
    for state in question.states:
        parts.append("c.state = ?")
        values.append(state)
    if question.deadline_to:
        parts.append("c.deadline_on <= ?")
        values.append(question.deadline_to)
    if question.owner:
        parts.append(_PARTNER)
    return " AND ".join(parts), tuple(values)
