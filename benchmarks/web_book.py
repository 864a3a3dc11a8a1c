"""Fills a database with a list worth looking at; run as a program.

The tick's book, with names that differ, people, owners and amounts.
"""

import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any, Final

from sqlalchemy import text

from benchmarks.measuring import shipped_rulebook
from benchmarks.tick_book import CHUNK, CONTRACTS_OF_A_CUSTOMER, NOW, fill
from engine.services.take_up_rules import take_up
from engine.store.bulk import insert_rows, update_rows
from engine.store.tables import changes, customers, people
from engine.store.unit_of_work import Store

_TOWNS: Final = (
    "Lille",
    "Nîmes",
    "Évry",
    "Lyon",
    "Brest",
    "Metz",
    "Tours",
    "Pau",
    "Dax",
)
_TRADES: Final = (
    "Brûlerie",
    "Atelier",
    "Garage",
    "Clinique",
    "École",
    "Studio",
    "Hôtel",
)
_NAMES: Final = ("Inès", "Marc", "Zoé", "Paul", "Léa", "Hugo", "Ana", "Noé", "Ida")
_FIRST_PERSON: Final = 10  # whoever came before are the vendor's

#: Half of the book is in its window: renewals begin on each of so many days.
_DAYS: Final = 240
#: So many changes fall due each second from NOW on, for the clock to have work.
_DUE_A_SECOND: Final = 10

#: What makes rows differ that the tick's book leaves alike.
_VARIED: Final = (
    "UPDATE contracts SET mrr = 1000 + id % 977 * 100, new_mrr = 1100 + id % 977 * 100",
    "UPDATE contracts SET currency = CASE WHEN id % 7 = 0 THEN 'USD' ELSE 'EUR' END",
    "UPDATE changes SET state = 'renewed' WHERE id % 4 = 0",
    "UPDATE changes SET state = 'cancellation_requested' WHERE id % 16 = 1",
    "UPDATE changes SET owner_choice = 'vendor' WHERE id % 11 = 0",
    "UPDATE changes SET attention = 'nobody to send to' WHERE id % 400 = 0",
)


def fill_list(store: Store, total: int) -> None:
    """Write the book: as many changes, five to a customer."""
    rulebook = shipped_rulebook()
    fill(store, rulebook.machines["renewal"], total, 0)
    count = max(1, total // CONTRACTS_OF_A_CUSTOMER)
    _insert_people(store, count)
    with store.engine.begin() as connection:
        columns = ("name", "domain", "hub_id", "primary_contact_id")
        update_rows(connection, customers, ("id",), columns, list(_customers(count)))
        columns = ("renewal_start", "deadline_on", "next_due_at", "handled_until")
        update_rows(connection, changes, ("id",), columns, list(_dates(total)))
        for statement in _VARIED:
            connection.execute(text(statement))
    take_up(store, rulebook, NOW)


def _customers(count: int) -> Iterator[tuple[Any, ...]]:
    for id_ in range(1, count + 1):
        trade, town = _TRADES[id_ % len(_TRADES)], _TOWNS[id_ % len(_TOWNS)]
        name = f"{trade} {town} {id_ * 7919 % count}"
        yield id_, name, f"{id_}.example.com", str(70_000_000 + id_), _person(id_)


def _dates(total: int) -> Iterator[tuple[Any, ...]]:
    """When each change takes effect, and when the clock next looks at it."""
    far = timedelta(days=2)
    for id_ in range(1, total + 1):
        start = NOW.date() + timedelta(days=1 + id_ * 37 % _DAYS)
        is_soon = id_ % 50 == 0
        due = timedelta(seconds=id_ / 50 / _DUE_A_SECOND) if is_soon else far
        yield id_, start, None, NOW + due, NOW


def _insert_people(store: Store, count: int) -> None:
    columns = [
        "id",
        "code",
        "name",
        "email",
        "language",
        "channel",
        "customer_id",
        "roles",
    ]
    staff = [(1, "ops", "Olga Petit", "ops@vendor.example", "en", "email", None)]
    theirs = (
        (_person(n), f"A-{n:07}", f"{_NAMES[n % len(_NAMES)]} Martin {n}",
         f"contact{n}@{n}.example.com", "en", "email", n)
        for n in range(1, count + 1)
    )  # fmt: skip
    with store.engine.begin() as connection:
        insert_rows(
            connection, people, columns, [(*one, "operations") for one in staff]
        )
        while chunk := [(*one, "") for one in islice(theirs, CHUNK)]:
            insert_rows(connection, people, columns, chunk)


def _person(customer: int) -> int:
    return customer + _FIRST_PERSON


def main(arguments: Sequence[str]) -> None:
    """`python -m benchmarks.web_book URL TOTAL`."""
    store = Store.open(arguments[0])
    fill_list(store, int(arguments[1]))
    if store.engine.dialect.name == "postgresql":
        connection = store.engine.connect()
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        with connection:
            connection.execute(text("VACUUM ANALYZE"))
    store.close()


if __name__ == "__main__":
    main(sys.argv[1:])
