"""Changes: what is due, what is listed, and compare-and-swap on their version."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, func, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from engine.domain.errors import ConflictError, NotFoundError
from engine.domain.openings import RENEWAL, NewChange, Occasion, occasion
from engine.domain.problems import nearest
from engine.domain.records import (
    ChangeRow,
    ChangeUpdate,
    Dates,
    Replanned,
    VoidedBy,
)
from engine.store.bulk import among, chunks, converted, insert_rows, raw, update_rows
from engine.store.tables import changes, contracts, customers

_OPENED: Final = (
    "code", "contract_id", "type", "period_on", "renewal_start", "new_contact_limit",
    "state", "rules_version", "listed_on", "deadline_on", "customer_id", "opened_at",
    "plan", "version", "head",
)  # fmt: skip


def counted_from() -> ColumnElement[Any]:
    """From when a contract's terms are counted."""
    return func.coalesce(contracts.c.counted_from, contracts.c.started_on)


def change_columns() -> list[ColumnElement[Any]]:
    """The columns of a `ChangeRow`, in its order."""
    c, k = changes.c, contracts.c
    return [
        c.id, c.code, c.type, c.state, c.version, c.plan, c.head, c.period_on,
        c.renewal_start, c.handled_until, c.notice_out_at, c.next_due_at, c.attention,
        c.closed_at, c.owner_choice, c.new_contact_limit,
        k.id, k.code, counted_from(), k.commitment_months, k.billing_months,
        k.automatic_renewal, k.starter, k.contact_limit, k.ended_on,
        customers.c.id, customers.c.time_zone, customers.c.partner_id,
    ]  # fmt: skip


_COLUMNS: Final = change_columns()
_FROM: Final = changes.join(contracts, contracts.c.id == changes.c.contract_id).join(
    customers, customers.c.id == contracts.c.customer_id
)


_SELECT: Final = select(*raw(_COLUMNS)).select_from(_FROM)
_OPEN: Final = changes.c.closed_at.is_(None)


class ChangeRows:
    """Changes of contracts, within one unit of work."""

    def __init__(self, connection: Connection, *, locking: bool = True) -> None:
        self._connection = connection
        self._locking = locking

    def due(self, now: datetime, limit: int) -> list[ChangeRow]:
        """What fell due, the longest overdue first; locked against other clocks."""
        query = (
            _SELECT.where(changes.c.next_due_at <= now)
            .order_by(changes.c.next_due_at, changes.c.id)
            .limit(limit)
        )
        return self._locked(query, skip_locked=True)

    def next_due_at(self) -> datetime | None:
        """The earliest time at which anything falls due."""
        query = (
            select(changes.c.next_due_at)
            .where(changes.c.next_due_at.is_not(None))
            .order_by(changes.c.next_due_at)
            .limit(1)
        )
        return self._connection.execute(query).scalar_one_or_none()

    def by_ids(self, ids: Iterable[int]) -> list[ChangeRow]:
        """The changes with these ids, locked until the unit of work ends."""
        return self._in_chunks(changes.c.id, ids, lock=True)

    def by_code(self, code: str) -> ChangeRow:
        """The change people call `code`, in any case; locked."""
        rows = self._locked(_SELECT.where(changes.c.code == code))
        if not rows:
            known = select(changes.c.code).where(changes.c.code.ilike(f"{code[:4]}%"))
            codes = self._connection.execute(known.limit(500)).scalars()
            raise NotFoundError("change", code, nearest(code, codes))
        return rows[0]

    def open_of_contracts(self, contract_ids: Iterable[int]) -> list[ChangeRow]:
        """The open changes of these contracts, locked."""
        return self._in_chunks(changes.c.contract_id, contract_ids, _OPEN, lock=True)

    def renewals_closed_by_an_end(self, contract_ids: Iterable[int]) -> list[ChangeRow]:
        """The renewals that an end of these contracts closed, oldest first."""
        by_end = changes.c.voided_by == VoidedBy.END
        closed = (~_OPEN, changes.c.type == RENEWAL, by_end)
        column = changes.c.contract_id
        return self._in_chunks(column, contract_ids, *closed, lock=True)

    def open_of_customers(self, customer_ids: Iterable[int]) -> list[ChangeRow]:
        """The open changes of these customers' contracts, locked."""
        return self._in_chunks(customers.c.id, customer_ids, _OPEN, lock=True)

    def all(self, page: int = 5_000) -> Iterator[ChangeRow]:
        """Every change in the order of their ids; a page at a time is read."""
        last = 0
        while True:
            query = _SELECT.where(changes.c.id > last).order_by(changes.c.id)
            rows = self._rows(query.limit(page))
            yield from rows
            if len(rows) < page:
                return
            last = rows[-1].id

    def states_in_use(self) -> dict[tuple[str, str], int]:
        """How many open changes are in each state, by type and state."""
        columns = (changes.c.type, changes.c.state)
        query = select(*columns, func.count()).where(changes.c.closed_at.is_(None))
        rows = self._connection.execute(query.group_by(*columns).order_by(*columns))
        return {(row[0], row[1]): row[2] for row in rows}

    def insert(
        self, opened: Sequence[tuple[NewChange, str, str, Dates]], now: datetime
    ) -> list[int]:
        """Insert changes that nothing has happened to yet; their ids, in order.

        Each comes with its initial state, its rules' version and its derived days.
        """
        whose = self._customers_of({new.contract_id for new, *_ in opened})
        rows = [
            (
                new.code,
                new.contract_id,
                new.type,
                new.period_on,
                new.renewal_start,
                new.new_contact_limit,
                state,
                rules_version,
                *dates,
                whose[new.contract_id],
                now,
                0,
                0,
                "",
            )
            for new, state, rules_version, dates in opened
        ]
        insert_rows(self._connection, changes, _OPENED, rows)
        ids: dict[str, int] = {}
        for chunk in chunks(new.code for new, *_ in opened):
            query = select(changes.c.code, changes.c.id).where(
                changes.c.code.in_(chunk)
            )
            ids |= {row[0]: row[1] for row in self._connection.execute(query)}
        return [ids[new.code] for new, *_ in opened]

    def _customers_of(self, contract_ids: Iterable[int]) -> dict[int, int]:
        k, found = contracts.c, dict[int, int]()
        for chunk in chunks(contract_ids):
            query = select(k.id, k.customer_id).where(k.id.in_(chunk))
            found |= {row[0]: row[1] for row in self._connection.execute(query)}
        return found

    def opened(self, contract_ids: Iterable[int]) -> set[Occasion]:
        """The occasions of these contracts that nothing more may be opened for.

        What came to nothing before its day, because of a correction or an end that
        was taken back since, may be opened again.
        """
        c = changes.c
        found: set[Occasion] = set()
        for chunk in chunks(contract_ids):
            query = select(c.contract_id, c.type, c.period_on).where(
                c.contract_id.in_(chunk),
                or_(_OPEN, and_(c.type != RENEWAL, changes.c.voided_by.is_(None))),
            )
            found.update(occasion(*row) for row in self._connection.execute(query))
        return found

    def taken(self, codes: Iterable[str]) -> set[str]:
        """Those of the codes that changes have already."""
        found: set[str] = set()
        for chunk in chunks(codes):
            query = select(changes.c.code).where(changes.c.code.in_(chunk))
            found.update(self._connection.execute(query).scalars())
        return found

    def apply(self, updates: Sequence[ChangeUpdate]) -> None:
        """Write what decisions came to; all of them, or ConflictError."""
        found = update_rows(
            self._connection,
            changes,
            ("id", "version"),
            ChangeUpdate._fields[2:],
            updates,
        )
        if found != len(updates):
            raise ConflictError(
                f"{len(updates) - found} changes were changed by somebody else"
            )

    def plan_again(self, planned: Sequence[Replanned]) -> None:
        """Write what changes that are planned again are given."""
        columns = Replanned._fields[1:]
        update_rows(self._connection, changes, ("id",), columns, planned)

    def dated_after(self, last: int, limit: int) -> list[tuple[ChangeRow, Dates]]:
        """Open changes in the order of their ids, locked, with their derived days."""
        query = _SELECT.where(_OPEN, changes.c.id > last).order_by(changes.c.id)
        rows = self._locked(query.limit(limit))
        days = select(changes.c.id, changes.c.listed_on, changes.c.deadline_on)
        held: dict[int, Dates] = {}
        for chunk in chunks(row.id for row in rows):
            for id_, *dates in self._connection.execute(
                days.where(changes.c.id.in_(chunk))
            ):
                held[id_] = Dates(*dates)
        return [(row, held[row.id]) for row in rows]

    def lacks_dates(self) -> bool:
        """Whether rules were never applied to some open change since they derive days."""
        c = changes.c
        query = select(c.id).where(_OPEN, c.deadline_on.is_(None)).limit(1)
        return self._connection.execute(query).first() is not None

    def set_dates(self, dates: Sequence[tuple[int, Dates]]) -> None:
        """Write the days that follow from rules."""
        rows = [(id_, *days) for id_, days in dates]
        update_rows(self._connection, changes, ("id",), Dates._fields, rows)

    def void(self, ids: Iterable[int], by: VoidedBy) -> None:
        """Remember what closed these changes before their day."""
        rows = [(id_, by.value) for id_ in ids]
        update_rows(self._connection, changes, ("id",), ("voided_by",), rows)

    def set_owner(self, change_id: int, choice: str | None) -> None:
        self._connection.execute(
            update(changes).where(changes.c.id == change_id).values(owner_choice=choice)
        )

    def _in_chunks(
        self,
        column: ColumnElement[Any],
        values: Iterable[int],
        *conditions: ColumnElement[bool],
        lock: bool = False,
    ) -> list[ChangeRow]:
        found: list[ChangeRow] = []
        for chunk in chunks(values):
            query = _SELECT.where(column.in_(chunk), *conditions)
            query = query.order_by(changes.c.id)
            found.extend(self._locked(query) if lock else self._rows(query))
        return found

    def _locked(
        self, query: Select[Any], *, skip_locked: bool = False
    ) -> list[ChangeRow]:
        """The rows, locked until the unit of work ends.

        In two statements: one that waits for a lock sees the change as it is by then,
        but the contract and the customer beside it as they were before.
        """
        if not self._locking or self._connection.dialect.name != "postgresql":
            return self._rows(query)  # SQLite lets one in at a time.
        ids = query.with_only_columns(changes.c.id)
        lock = ids.with_for_update(of=changes, skip_locked=skip_locked)
        found = [*self._connection.execute(lock).scalars()]
        return self._rows(query.where(among(changes.c.id, found))) if found else []

    def _rows(self, query: Select[Any]) -> list[ChangeRow]:
        rows = self._connection.execute(query).all()
        return [*map(ChangeRow._make, converted(self._connection, _COLUMNS, rows))]
