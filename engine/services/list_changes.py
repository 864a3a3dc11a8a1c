"""The list of upcoming changes: what is in its window, or needs a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from engine.domain import agenda, openings
from engine.domain.book import amount
from engine.domain.errors import TacitError
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.moments import last_whole_day
from engine.domain.ownership import communication_owner
from engine.domain.problems import did_you_mean
from engine.domain.records import ChangeRow
from engine.domain.ruleset import Rulebook


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it holds, for the manual and for `--columns`."""

    name: str
    help: str


#: The first five are always shown.
LOCKED: Final = 5
COLUMNS: Final = (
    Column("customer", "the customer's name"),
    Column("owner", "who tells the customer: vendor or partner"),
    Column("type", "renewal, contact_tier_upgrade or email_overage"),
    Column("state", "where the change stands"),
    Column("deadline", "last day on which conditions can be modified"),
    Column("primary_contact", "who receives what the customer is told"),
    Column("id", "the change's identifier"),
    Column("renewal_start", "the day from which the new conditions apply"),
    Column("partner", "the associated partner's code"),
    Column("website", "the customer's domain"),
    Column("hub_id", "the account's number in the product"),
    Column("contact_limit", "contacts that the tier allows"),
    Column("email_limit", "emails a month that the contact limit brings"),
    Column("billing_months", "months between bills"),
    Column("commitment_months", "length of a term, in months"),
    Column("currency", "of both amounts"),
    Column("mrr", "current MRR"),
    Column("new_mrr", "estimated new MRR"),
    Column("product", "what the contract sells"),
    Column("contract", "the contract's code"),
    Column("customer_id", "the customer's code"),
    Column("attention", "why a person is needed, if one is"),
    Column("overdue", "whether its renewal start has come and it is still open"),
)
AMOUNTS: Final = frozenset({"mrr", "new_mrr"})
DEFAULT_COLUMNS: Final = ("renewal_start", "id")

Listed = dict[str, Any]


def list_changes(
    store: Storage,
    rulebook: Rulebook,
    on: date,
    now: datetime,
    *,
    search: str | None = None,
    partner: str | None = None,
) -> list[Listed]:
    """The changes listed on a day, seen from now; the earliest renewal start first."""
    with store.begin(read_only=True) as unit:
        partner_id = unit.book.one("partners", partner)["id"] if partner else None
        rows = unit.changes.upcoming(on, now, search=search, partner_id=partner_id)
        return view_changes(unit, rulebook, rows, on)


def view_changes(
    unit: UnitOfWork, rulebook: Rulebook, rows: Sequence[ChangeRow], on: date
) -> list[Listed]:
    """Changes as people and programs see them on a day; every column, by name."""
    customers = unit.book.customer_views({row.customer_id for row in rows})
    contracts = unit.book.contract_views({row.contract_id for row in rows})
    return [
        {
            **_view(
                rulebook, row, customers[row.customer_id], contracts[row.contract_id]
            ),
            "overdue": row.closed_at is None and row.renewal_start <= on,
        }
        for row in rows
    ]


def chosen_columns(wanted: Sequence[str]) -> tuple[str, ...]:
    """The locked columns, then the wanted ones; an unknown one is refused."""
    known = [column.name for column in COLUMNS]
    for name in wanted:
        if name not in known:
            hint = did_you_mean(name, known)
            raise TacitError(f'there is no column "{name}" ({hint})')
    return tuple(dict.fromkeys([*known[:LOCKED], *wanted]))


def deadline_of(rulebook: Rulebook, row: ChangeRow) -> date:
    """The last whole day on which the change's conditions can be modified."""
    ruleset = rulebook.machines[row.type]
    moments = agenda.moments_of(ruleset, row.subject(ruleset))
    return last_whole_day(moments["deadline"][0], row.zone)


def _view(
    rulebook: Rulebook,
    row: ChangeRow,
    customer: Mapping[str, Any],
    contract: Mapping[str, Any],
) -> Listed:
    owner = communication_owner(
        change_choice=row.owner_choice,
        customer_choice=customer["communication_owner"],
        partner_owns=customer["owns_conversations"],
    )
    limit = openings.email_limit(
        rulebook.machines["email_overage"].opening, row.terms()
    )
    return {
        "id": row.code,
        "customer": customer["name"],
        "owner": owner,
        "type": row.type,
        "state": row.state,
        "deadline": deadline_of(rulebook, row),
        "renewal_start": row.renewal_start,
        "primary_contact": customer["primary_contact"],
        "partner": customer["partner"],
        "website": customer["domain"],
        "hub_id": customer["hub_id"],
        "contact_limit": row.contact_limit,
        "email_limit": limit,
        "billing_months": row.billing_months,
        "commitment_months": row.commitment_months,
        "currency": contract["currency"],
        "mrr": _amount(contract["mrr"]),
        "new_mrr": _amount(contract["new_mrr"]),
        "product": contract["product"],
        "contract": row.contract_code,
        "customer_id": customer["code"],
        "attention": row.attention,
    }


def _amount(minor: int | None) -> str | None:
    """A decimal number in text, so that nothing is rounded on the way."""
    return None if minor is None else str(amount(minor))
