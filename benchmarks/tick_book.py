"""Fills a database with contracts of which some have something due; run as a program.

In a process of its own, so that the memory it takes is not charged to the tick.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from sqlalchemy import Table, text

from benchmarks.measuring import shipped_rulebook
from engine.domain import agenda, audit
from engine.domain.anniversaries import add_months
from engine.domain.outcome import Subject
from engine.domain.ruleset import Ruleset
from engine.store.bulk import insert_rows
from engine.store.tables import audit as audit_table
from engine.store.tables import changes, contracts, customers, partners
from engine.store.unit_of_work import Store

NOW: Final = datetime(2027, 3, 15, 12, tzinfo=UTC)
ZONES: Final = (
    "Europe/Paris",
    "Europe/London",
    "America/New_York",
    "America/Los_Angeles",
    "Asia/Tokyo",
    "Pacific/Auckland",
)
COMMITMENTS: Final = (1, 6, 12, 24)
PARTNERS: Final = 100
CONTRACTS_OF_A_CUSTOMER: Final = 5
CHUNK: Final = 20_000
#: Three contracts in four renew by themselves.
AUTOMATIC: Final = (True, True, True, False)
_OPENED_AT: Final = NOW - timedelta(days=200)
_TABLES: Final = (contracts, changes, audit_table)
_COLUMNS: Final = (
    "code customer_id product started_on commitment_months automatic_renewal "
    "billing_months starter contact_limit currency mrr",
    "code contract_id customer_id type period_on renewal_start state opened_at "
    "listed_on deadline_on next_due_at handled_until notice_out_at plan version rules_version head",
    "subject_kind subject_id seq at kind body hash",
)


@dataclass(frozen=True, slots=True)
class Case:
    """A contract's terms and the moment its change waits for."""

    commitment: int
    automatic: bool
    moment: str
    index: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a change stands: what it was told, and what falls due next."""

    state: str
    renewal_start: date
    listed_on: date
    deadline_on: date
    next_due_at: datetime
    handled_until: datetime
    notice_out_at: datetime | None


def due_cases() -> list[Case]:
    """Every reminder, the silence, and the start, of every kind of contract."""
    return [
        Case(commitment, automatic, moment, index)
        for commitment in COMMITMENTS
        for automatic in AUTOMATIC
        for moment, times in (
            ("notice", 3 if commitment >= 3 else 2),
            ("last_call", 2 if commitment >= 3 else 1),
            ("silence", 1),
            ("start", 1),
        )
        for index in range(times)
    ]


@lru_cache(maxsize=100_000)
def standing(ruleset: Ruleset, case: Case, zone: str, days_ahead: int) -> Standing:
    """How a change of this case stands whose moment came or comes so many days on.

    0 is the last one up to now. What was due before was dealt with by a tick up to
    three hours before the moment.
    """
    start = _renewal_start(ruleset, case, zone) + timedelta(days=days_ahead)
    subject = _subject(ruleset, case, zone, start)
    moments = agenda.moments_of(ruleset, subject)
    due_at = moments[case.moment][case.index]
    first_notice = moments["notice"][0]
    told = first_notice + timedelta(minutes=2) if due_at > first_notice else None
    renewed = case.moment == "start" and case.automatic
    return Standing(
        "renewed" if renewed else "pending",
        start,
        agenda.listed_on(ruleset, subject),
        agenda.deadline_on(ruleset, subject),
        due_at,
        due_at - timedelta(hours=1 + days_ahead % 3) if told else _OPENED_AT,
        told,
    )


def _renewal_start(ruleset: Ruleset, case: Case, zone: str) -> date:
    """The latest renewal date whose moment is not after now."""
    day = NOW.date() + timedelta(days=130)
    while True:
        subject = _subject(ruleset, case, zone, day)
        if agenda.moments_of(ruleset, subject)[case.moment][case.index] <= NOW:
            return day
        day -= timedelta(days=1)


def _subject(ruleset: Ruleset, case: Case, zone: str, start: date) -> Subject:
    known = {
        "automatic_renewal": case.automatic,
        "commitment_months": case.commitment,
    }
    facts = tuple((name, known[name]) for name in ruleset.fact_names)
    return Subject(ruleset.initial, start, zone, facts)


def fill(store: Store, ruleset: Ruleset, total: int, due: int) -> None:
    """Write the book, `due` of whose `total` renewals have come due."""
    people = max(1, total // CONTRACTS_OF_A_CUSTOMER)
    _write(store, partners, "code name owns_conversations", _partners())
    _write(
        store,
        customers,
        "code name time_zone language partner_id communication_owner",
        _customers(people),
    )
    renewals = _renewals(ruleset, total, due)
    while chunk := list(islice(renewals, CHUNK)):
        by_table = zip(*chunk, strict=True)
        for table, columns, rows in zip(_TABLES, _COLUMNS, by_table, strict=True):
            _write(store, table, columns, iter(rows))


def _write(
    store: Store, table: Table, columns: str, rows: Iterator[tuple[Any, ...]]
) -> None:
    while chunk := list(islice(rows, CHUNK)):
        with store.engine.begin() as connection:
            insert_rows(connection, table, columns.split(), chunk)


def _partners() -> Iterator[tuple[Any, ...]]:
    for number in range(1, PARTNERS + 1):
        yield f"P-{number:04}", f"Partner {number}", number % 2 == 0


def _customers(total: int) -> Iterator[tuple[Any, ...]]:
    for number in range(1, total + 1):
        partner = number % PARTNERS + 1 if number % 3 == 0 else None
        zone = ZONES[number % len(ZONES)]
        yield f"U-{number:07}", f"Customer {number}", zone, "en", partner, "default"


def _renewals(
    ruleset: Ruleset, total: int, due: int
) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...], tuple[Any, ...]]]:
    """Each contract with its open renewal and the first entry of its trail.

    Those that are due lie scattered over the whole book, as they do in life.
    """
    cases, found = due_cases(), 0
    for number in range(1, total + 1):
        customer = 1 + (number - 1) // CONTRACTS_OF_A_CUSTOMER
        zone = ZONES[customer % len(ZONES)]
        is_due = number * due // total > found
        found += is_due
        if is_due:
            case = cases[found % len(cases)]
            stands = standing(ruleset, case, zone, 0)
        else:
            commitment = COMMITMENTS[number % len(COMMITMENTS)]
            case = Case(commitment, AUTOMATIC[number // 4 % len(AUTOMATIC)], "notice")
            ahead = 1 + number % (240 if commitment >= 3 else 10)
            stands = standing(ruleset, case, zone, ahead)
        yield _rows(ruleset, number, customer, case, stands)


def _rows(
    ruleset: Ruleset, number: int, customer: int, case: Case, stands: Standing
) -> tuple[tuple[Any, ...], tuple[Any, ...], tuple[Any, ...]]:
    contract, start = f"C-{number:07}", stands.renewal_start
    change = f"{contract}.R{start:%Y%m%d}"
    body = audit.body(
        {"state": "pending", "renewal_start": str(start), "rules": ruleset.version}
    )
    entry = audit.entry_text(_OPENED_AT, "opened", body)
    head = audit.link(audit.first_link(audit.CHANGE, change), entry)
    return (
        (contract, customer, "Suite", add_months(start, -case.commitment),
         case.commitment, case.automatic, 1, False, 10_000, "EUR", 120_000),
        (change, number, customer, "renewal", start, start, stands.state, _OPENED_AT,
         stands.listed_on, stands.deadline_on, stands.next_due_at,
         stands.handled_until, stands.notice_out_at, 0, 1, ruleset.version, head),
        (audit.CHANGE, number, 1, _OPENED_AT, "opened", body, head),
    )  # fmt: skip


def main(arguments: Sequence[str]) -> None:
    """`python -m benchmarks.tick_book URL TOTAL DUE`."""
    url, total, due = arguments[0], int(arguments[1]), int(arguments[2])
    store = Store.open(url)
    fill(store, shipped_rulebook().machines["renewal"], total, due)
    if store.engine.dialect.name == "postgresql":
        # Its autovacuum would have done so; SQLite has nothing of the kind.
        connection = store.engine.connect().execution_options(
            isolation_level="AUTOCOMMIT"
        )
        with connection:
            connection.execute(text("VACUUM ANALYZE"))
    store.close()


if __name__ == "__main__":
    main(sys.argv[1:])
