"""What finds a customer, kept with its row: filled anew for those whose parts changed.

Rows that are written note whose they are, and the unit of work fills what was noted
before it commits: no edit can forget it, and an import does it once.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Final

from sqlalchemy import Connection, select

from engine.domain.folding import folded
from engine.store.bulk import chunks, update_rows
from engine.store.tables import changes, contracts, customers, people

#: The columns of each kind of row that a customer is found by.
_PARTS: Final[Mapping[str, frozenset[str]]] = {
    "customers": frozenset({"name", "domain", "hub_id"}),
    "contracts": frozenset({"customer_id"}),
    "people": frozenset({"name", "email", "customer_id"}),
}
_LONGEST_SORTED: Final = 80


class SearchRows:
    """Keeps the texts that customers are found by, within one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._added: list[str] = []  # codes of customers
        self._touched: set[int] = set()
        self._moved: set[int] = set()  # contracts of another customer

    def note_added(self, kind: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Note rows that are inserted."""
        if kind == "customers":
            self._added += [row["code"] for row in rows]
        elif kind in _PARTS:
            self._note(row["customer_id"] for row in rows)

    def note_changing(
        self, kind: str, columns: Iterable[str], ids: Iterable[int]
    ) -> None:
        """Note rows that are about to be changed, as they still are."""
        if not _PARTS.get(kind, frozenset()) & set(columns):
            return
        if kind == "customers":
            self._touched.update(ids)
            return
        table = contracts if kind == "contracts" else people
        ids = list(ids)
        for chunk in chunks(ids):
            query = select(table.c.customer_id).where(table.c.id.in_(chunk))
            self._note(self._connection.execute(query).scalars())
        if kind == "contracts":
            self._moved.update(ids)

    def note_changed(
        self, kind: str, columns: Sequence[str], rows: Sequence[Any]
    ) -> None:
        """Note whose rows have become; each is given as id and values."""
        if kind in ("contracts", "people") and "customer_id" in columns:
            place = 1 + list(columns).index("customer_id")
            self._note(row[place] for row in rows)

    def missing(self) -> bool:
        """Whether there are customers that nothing finds yet."""
        query = select(customers.c.id).where(customers.c.search == "").limit(1)
        return self._connection.execute(query).first() is not None

    def fill_missing(self) -> None:
        """Fill what finds those customers."""
        query = select(customers.c.id).where(customers.c.search == "")
        self._touched.update(self._connection.execute(query).scalars())
        self.fill()

    def fill(self) -> None:
        """Fill what finds every customer that was noted."""
        for chunk in chunks(self._added):
            query = select(customers.c.id).where(customers.c.code.in_(chunk))
            self._touched.update(self._connection.execute(query).scalars())
        for chunk in chunks(sorted(self._moved)):
            self._follow(chunk)
        for chunk in chunks(sorted(self._touched)):
            rows = self._texts(chunk)
            update_rows(
                self._connection, customers, ("id",), ("search", "sorts_as"), rows
            )
        self._added, self._touched, self._moved = [], set(), set()

    def _note(self, customer_ids: Iterable[int | None]) -> None:
        self._touched.update(id_ for id_ in customer_ids if id_ is not None)

    def _follow(self, contract_ids: Sequence[int]) -> None:
        """The changes of contracts are their customers'."""
        k = contracts.c
        found = select(changes.c.id, k.customer_id).join(
            contracts, k.id == changes.c.contract_id
        )
        query = found.where(
            k.id.in_(contract_ids), k.customer_id != changes.c.customer_id
        )
        rows = [tuple(row) for row in self._connection.execute(query)]
        update_rows(self._connection, changes, ("id",), ("customer_id",), rows)

    def _texts(self, ids: Sequence[int]) -> list[tuple[int, str, str]]:
        parts: dict[int, list[str]] = defaultdict(list)
        u, k, p = customers.c, contracts.c, people.c
        own = select(u.id, u.name, u.domain, u.hub_id, u.code).where(u.id.in_(ids))
        names = {row[0]: row[1:] for row in self._connection.execute(own)}
        codes = select(k.customer_id, k.code).where(k.customer_id.in_(ids))
        theirs = select(p.customer_id, p.name, p.email).where(p.customer_id.in_(ids))
        for id_, *said in chain(
            self._connection.execute(codes.order_by(k.id)),
            self._connection.execute(theirs.order_by(p.id)),
        ):
            parts[id_] += [one for one in said if one]
        return [
            (
                id_,
                "\n".join(folded(one) for one in (*own_parts, *parts[id_]) if one),
                folded(own_parts[0])[:_LONGEST_SORTED],
            )
            for id_, own_parts in names.items()
        ]
