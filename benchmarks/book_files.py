"""Writes the CSV files of a book: customers, their people, and contracts."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from benchmarks.tick_book import COMMITMENTS, ZONES

CONTRACTS_OF_A_CUSTOMER: Final = 5
_FIRST_START: Final = date(2024, 1, 1)
_HEADERS: Final = {
    "customers": "code name domain time_zone language primary_contact",
    "people": "code name email language channel customer",
    "contracts": "code customer product started_on commitment_months "
    "automatic_renewal billing_months contact_limit currency mrr new_mrr",
}


def write_book(folder: Path, contracts: int) -> int:
    """Write the files; how many rows they hold together."""
    customers = max(1, contracts // CONTRACTS_OF_A_CUSTOMER)
    kinds = {
        "customers": [_customer(number) for number in range(customers)],
        "people": [_person(number) for number in range(customers)],
        "contracts": [_contract(number, customers) for number in range(contracts)],
    }
    for kind, rows in kinds.items():
        _write(folder / f"{kind}.csv", _HEADERS[kind].split(), rows)
    return sum(len(rows) for rows in kinds.values())


def _write(file: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(rows)


def _customer(number: int) -> Sequence[object]:
    zone, language = ZONES[number % len(ZONES)], ("en", "fr")[number % 2]
    domain = f"customer{number}.example"
    return f"U-{number}", f"Client n° {number}", domain, zone, language, f"P-{number}"


def _person(number: int) -> Sequence[object]:
    address, language = f"person{number}@customer.example", ("en", "fr")[number % 2]
    name = f"Zoé Person {number}"
    return f"P-{number}", name, address, language, "email", f"U-{number}"


def _contract(number: int, customers: int) -> Sequence[object]:
    start = _FIRST_START + timedelta(days=number % 700)
    commitment = COMMITMENTS[number % len(COMMITMENTS)]
    price = 100 + number % 400
    return (
        f"C-{number}", f"U-{number % customers}", "Marketing Pro", start, commitment,
        "yes" if number % 4 else "no", 1, 1000 * (1 + number % 20), "EUR",
        f"{price}.50", f"{price + 10}.00",
    )  # fmt: skip
