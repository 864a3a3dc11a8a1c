"""Builders of small books: every argument has a default, a test names what it is about."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from engine.domain.book import KINDS, Row
from engine.domain.interfaces import Channel
from engine.domain.letter_values import Vendor
from engine.domain.records import ChangeRow
from engine.domain.retry import RetryPolicy
from engine.domain.ruleset import Rulebook
from engine.services.import_book import import_book
from engine.services.imported_values import Defaults
from engine.services.send_messages import Delivering
from engine.store.unit_of_work import Store
from notifiers.recording import RecordingChannel
from notifiers.rendering import Templates

DEFAULTS = Defaults("Europe/Paris", "en")


def at(text: str) -> datetime:
    """A UTC time written 2027-01-16 or 2027-01-16T09:00."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def a_partner(code: str = "nord", **values: Any) -> Row:
    return _row(
        "partners",
        {
            "code": code,
            "name": code.title(),
            "owns_conversations": False,
            "point_of_contact": f"{code}.poc",
            **values,
        },
    )


def a_customer(code: str = "acme", **values: Any) -> Row:
    return _row(
        "customers",
        {
            "code": code,
            "name": code.title(),
            "time_zone": "Europe/Paris",
            "language": "en",
            "communication_owner": "default",
            "primary_contact": f"{code}.contact",
            **values,
        },
    )


def a_person(code: str, **values: Any) -> Row:
    defaults = {
        "code": code,
        "name": code.replace(".", " ").title(),
        "email": f"{code}@example.com",
        "language": "en",
        "channel": "email",
    }
    return _row("people", {**defaults, **values})


def a_contract(code: str = "K-1", **values: Any) -> Row:
    """Renews on 1 March 2027 unless told otherwise."""
    return _row(
        "contracts",
        {
            "code": code,
            "customer": "acme",
            "product": "Suite",
            "started_on": date(2026, 3, 1),
            "commitment_months": 12,
            "automatic_renewal": True,
            "billing_months": 1,
            "contact_limit": 1000,
            **values,
        },
    )


def some_usage(contract: str = "K-1", month: str = "2026-11", **values: Any) -> Row:
    return _row("usage", {"contract": contract, "month": month, **values})


def a_small_book(**contract: Any) -> list[Row]:
    """One customer of one partner, their people, a person at the vendor, a contract."""
    return [
        a_partner(),
        a_customer(partner="nord"),
        a_person("acme.contact", customer="acme"),
        a_person("nord.poc", partner="nord"),
        a_person("ops", roles=("operations",)),
        a_contract(**contract),
    ]


def with_rows(book: Sequence[Row], *rows: Row) -> list[Row]:
    """The book with rows that take the place of those of their kind and code."""
    taken = {(row.kind, row.values["code"]) for row in rows}
    kept = [row for row in book if (row.kind, row.values["code"]) not in taken]
    return [*kept, *rows]


def imported(
    store: Store, rulebook: Rulebook, rows: Sequence[Row], now: datetime
) -> dict[str, dict[str, int]]:
    """Import rows, sorted by kind as files are."""
    order = list(KINDS)
    ordered = sorted(rows, key=lambda row: order.index(row.kind))
    return import_book(store, rulebook, ordered, DEFAULTS, now)


def the_change(store: Store, code: str = "K-1.R20270301") -> ChangeRow:
    with store.begin(read_only=True) as unit:
        return unit.changes.by_code(code)


def delivering(
    templates: Templates,
    *,
    email: Channel | None = None,
    slack: Channel | None = None,
    **values: Any,
) -> Delivering:
    """A relay over recording channels, unless others are given."""
    return Delivering(
        channels={
            "email": email or RecordingChannel(),
            "slack": slack or RecordingChannel(),
        },
        renderer=templates,
        vendor=Vendor("Vendor", "renewals@vendor.example"),
        **{
            "retry": RetryPolicy(5, timedelta(minutes=1), timedelta(hours=1)),
            "lease": timedelta(minutes=5),
            "fresh_for": timedelta(minutes=1),
            "leave_to_answer": timedelta(hours=24),
            "gather_for": timedelta(minutes=30),
            "workers": 2,
            **values,
        },
    )


def _row(kind: str, values: dict[str, Any]) -> Row:
    return Row(kind, values, "book.csv", 1)
