"""Calendar feeds, and the changes that one of them shows."""

from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, and_, func, insert, or_, select, update

from engine.domain.access import Reach
from engine.domain.audit import CHANGE
from engine.domain.calendar import Feed
from engine.domain.records import ChangeRow
from engine.store.account_tables import feeds
from engine.store.change_rows import change_columns
from engine.store.tables import audit, changes, contracts, customers

_FEED: Final = tuple(feeds.c[name] for name in Feed._fields)


class FeedRows:
    """Calendar feeds, within one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, person_id: int, token_hash: str, now: datetime) -> None:
        values = {"person_id": person_id, "token_hash": token_hash, "created_at": now}
        self._connection.execute(insert(feeds).values(values))

    def of_person(self, person_id: int) -> list[Feed]:
        """A person's feeds that can be read, in the order in which they were made."""
        mine = and_(feeds.c.person_id == person_id, feeds.c.revoked_at.is_(None))
        query = select(*_FEED).where(mine).order_by(feeds.c.id)
        return [Feed(*row) for row in self._connection.execute(query)]

    def find(self, token_hash: str) -> Feed | None:
        """The feed with this token; None where it was revoked or never was."""
        c = feeds.c
        query = select(*_FEED).where(c.token_hash == token_hash, c.revoked_at.is_(None))
        row = self._connection.execute(query).one_or_none()
        return Feed(*row) if row else None

    def see(self, id_: int, now: datetime) -> None:
        used = update(feeds).where(feeds.c.id == id_).values(used_at=now)
        self._connection.execute(used)

    def revoke(self, id_: int, person_id: int, now: datetime) -> bool:
        """Let nobody read one of a person's feeds any more; False without such one."""
        c = feeds.c
        mine = and_(c.id == id_, c.person_id == person_id, c.revoked_at.is_(None))
        revoked = update(feeds).where(mine).values(revoked_at=now)
        return self._connection.execute(revoked).rowcount == 1

    def changes(
        self, reach: Reach, first: date, last: date, limit: int
    ) -> list[tuple[ChangeRow, datetime]]:
        """Changes that start between two days, and when each was last written to.

        The soonest first; the closed ones among them too.
        """
        written = and_(
            audit.c.subject_kind == CHANGE,
            audit.c.subject_id == changes.c.id,
            audit.c.seq == changes.c.version,
        )
        # Archived entries are gone: then it was not written to for a long time.
        modified_at = func.coalesce(audit.c.at, changes.c.opened_at)
        query = (
            select(*change_columns(), modified_at)
            .select_from(changes)
            .join(contracts, contracts.c.id == changes.c.contract_id)
            .join(customers, customers.c.id == contracts.c.customer_id)
            .outerjoin(audit, written)
            .where(changes.c.renewal_start.between(first, last))
            .order_by(changes.c.renewal_start, changes.c.id)
            .limit(limit)
        )
        if not reach.everything:
            query = query.where(
                or_(
                    customers.c.id.in_(reach.customers),
                    customers.c.partner_id.in_(reach.partners),
                )
            )
        rows = self._connection.execute(query)
        return [(ChangeRow._make(row[:-1]), row[-1]) for row in rows]
