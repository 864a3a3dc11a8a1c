"""The usage that messages tell of: a contract's latest month, or the change's own."""

from collections.abc import Collection

from sqlalchemy import Connection, String, cast, func, select

from engine.store.tables import changes, usage

#: Contacts and emails sent, as far as they are known.
Used = tuple[int | None, int | None]


def latest_usage(
    connection: Connection, contract_ids: Collection[int]
) -> dict[int, Used]:
    """What the latest month of each contract says."""
    latest = (
        select(usage.c.contract_id, func.max(usage.c.month).label("month"))
        .where(usage.c.contract_id.in_(contract_ids))
        .group_by(usage.c.contract_id)
        .subquery()
    )
    query = select(usage.c.contract_id, usage.c.contacts, usage.c.emails_sent).join(
        latest,
        (usage.c.contract_id == latest.c.contract_id)
        & (usage.c.month == latest.c.month),
    )
    return {row[0]: (row[1], row[2]) for row in connection.execute(query)}


def usage_of_own_months(
    connection: Connection, change_ids: Collection[int]
) -> dict[int, dict[int, Used]]:
    """By change and contract, for changes that are about a month of their own."""
    if not change_ids:
        return {}
    month = func.substr(cast(changes.c.period_on, String), 1, 7)
    query = select(
        changes.c.id, usage.c.contract_id, usage.c.contacts, usage.c.emails_sent
    ).join(usage, usage.c.contract_id == changes.c.contract_id)
    query = query.where(changes.c.id.in_(change_ids), usage.c.month == month)
    return {row[0]: {row[1]: (row[2], row[3])} for row in connection.execute(query)}
