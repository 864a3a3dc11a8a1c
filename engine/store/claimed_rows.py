"""A claimed message with all that resolving and rendering read, from one query."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Select, select
from sqlalchemy.sql.elements import ColumnElement

from engine.domain.openings import EMAIL_OVERAGE
from engine.domain.records import ChangeRow, Claimed
from engine.store.bulk import converted, raw
from engine.store.change_rows import change_columns
from engine.store.message_usage import latest_usage, usage_of_own_months
from engine.store.tables import changes, contracts, customers, outbox, partners

CLAIM_FROM: Final = (
    outbox.join(changes, changes.c.id == outbox.c.change_id)
    .join(contracts, contracts.c.id == changes.c.contract_id)
    .join(customers, customers.c.id == contracts.c.customer_id)
    .outerjoin(partners, partners.c.id == customers.c.partner_id)
)


def _claim_columns() -> list[ColumnElement[Any]]:
    """The columns of a `Claimed`: its own, then those of its change."""
    o = outbox.c
    return [
        o.id, o.seq, o.position, o.message, o.role, o.asks, o.channel, o.is_notice,
        o.while_state, o.is_reminder, o.plan, o.about, o.attempts, o.queued_at,
        contracts.c.product, contracts.c.currency, contracts.c.mrr, contracts.c.new_mrr,
        customers.c.code, customers.c.name, customers.c.primary_contact_id,
        customers.c.communication_owner,
        partners.c.name, partners.c.owns_conversations, partners.c.point_of_contact_id,
        o.urgent, o.person_id, o.thread, *change_columns(),
    ]  # fmt: skip


_COLUMNS: Final = _claim_columns()
SELECT: Final = select(*raw(_COLUMNS)).select_from(CLAIM_FROM)
_OWN_COLUMNS: Final = 28
ATTEMPTS: Final = 12


def read_rows(connection: Connection, query: Select[Any]) -> list[tuple[Any, ...]]:
    """The rows of a narrowed SELECT, each value as its column's type reads it."""
    found = connection.execute(query).all()
    return [*converted(connection, _COLUMNS, found)]


def with_usage(
    connection: Connection, rows: Sequence[tuple[Any, ...]]
) -> list[Claimed]:
    """Rows as claims, each with the usage that its message is about."""
    use = latest_usage(connection, {row[_OWN_COLUMNS + 16] for row in rows})
    own = usage_of_own_months(connection, _overages(rows))
    return [_claimed(row, own.get(row[_OWN_COLUMNS]) or use) for row in rows]


def without_usage(row: tuple[Any, ...]) -> Claimed:
    """One row as a claim, for whom the usage does not matter."""
    return _claimed(row, {})


def _overages(rows: Sequence[tuple[Any, ...]]) -> set[int]:
    """The changes among claimed rows that are about a month of their own."""
    return {r[_OWN_COLUMNS] for r in rows if r[_OWN_COLUMNS + 2] == EMAIL_OVERAGE}


def _claimed(row: Any, latest: dict[int, tuple[int | None, int | None]]) -> Claimed:
    change = ChangeRow(*row[_OWN_COLUMNS:])
    contacts, emails_sent = latest.get(change.contract_id, (None, None))
    asks = tuple(row[5].split("|")) if row[5] else ()
    values: list[Any] = [*row[:5], asks, *row[6:14], change]
    values += [*row[14:18], contacts, emails_sent, *row[18:_OWN_COLUMNS]]
    return Claimed(*values)
