"""Fills a database with contracts whose first notice is queued; run as a program."""

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from benchmarks.measuring import shipped_rulebook
from engine.domain.book import Row, Value
from engine.services.import_book import import_book
from engine.services.imported_values import Defaults
from engine.store.unit_of_work import Store

NOW: Final = datetime(2027, 3, 15, 12, tzinfo=UTC)
_NAMES: Final = ("Inès Marchand", "Tom Weaver", "Chloé Dubois", "Ana O'Neill")


def _rows(total: int) -> Iterator[Row]:
    """A customer, a person and a contract for each mail, grouped by kind."""
    for number in range(total):
        language = ("en", "fr")[number % 2]
        yield _row("customers", code=f"U-{number}", name=f"Customer {number}",
                   time_zone="Europe/Paris", language=language,
                   primary_contact=f"P-{number}")  # fmt: skip
    for number in range(total):
        yield _row("people", code=f"P-{number}", name=_NAMES[number % len(_NAMES)],
                   email=f"person{number}@customer.example",
                   language=("en", "fr")[number % 2], channel="email",
                   customer=f"U-{number}")  # fmt: skip
    for number in range(total):
        price = number % 400 * 25  # A price list: amounts repeat, as they do in life.
        # Renews in 82 to 89 days: the notice of 90 days before is late, not too late.
        start = NOW.date() + timedelta(days=82 + number % 8)
        yield _row("contracts", code=f"C-{number}", customer=f"U-{number}",
                   product="Marketing Pro", commitment_months=12,
                   started_on=date(start.year - 1, start.month, start.day),
                   automatic_renewal=number % 4 > 0, billing_months=1,
                   contact_limit=10_000, currency="EUR", mrr=100_000 + price,
                   new_mrr=110_000 + price)  # fmt: skip


def _row(kind: str, **values: Value) -> Row:
    return Row(kind, values, "book.csv", 1)


def main(arguments: Sequence[str]) -> None:
    """`python -m benchmarks.relay_book URL MAILS`."""
    store = Store.open(arguments[0])
    defaults = Defaults("Europe/Paris", "en")
    rows = _rows(int(arguments[1]))
    import_book(store, shipped_rulebook(), rows, defaults, NOW)
    store.close()


if __name__ == "__main__":
    main(sys.argv[1:])
