"""One customer: contacts, products, usage against limits, sites, what comes; and lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from engine.domain import openings
from engine.domain.access import Action, Actor
from engine.domain.book import amount
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.moments import local_day
from engine.domain.ownership import communication_owner, deciding_choice
from engine.domain.place import Place
from engine.domain.records import Person
from engine.domain.ruleset import Rulebook
from engine.services.list_changes import AMOUNTS, view_changes

#: The months of usage that are shown of each contract.
MOST_MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class Month:
    """One month of usage."""

    month: str
    contacts: int | None
    emails_sent: int | None


@dataclass(frozen=True, slots=True)
class Product:
    """A contract: its terms, its limits, and the usage of its last months."""

    code: str
    product: str
    started_on: date
    commitment_months: int
    billing_months: int
    automatic_renewal: bool
    starter: bool
    ended_on: date | None
    contact_limit: int | None
    email_limit: int | None
    currency: str | None
    mrr: str | None
    new_mrr: str | None
    months: Sequence[Month]


@dataclass(frozen=True)
class Customer:
    """What there is to know of a customer."""

    place: Place
    row: Mapping[str, Any]
    owner: str
    decided_by: str  # whose choice makes the owner: customer, partner or nobody
    contacts: Sequence[Person]
    products: Sequence[Product]
    sites: Sequence[Mapping[str, Any]]
    changes: Sequence[Mapping[str, Any]]
    today: date


def show_customer(
    store: Storage, rulebook: Rulebook, code: str, now: datetime, actor: Actor
) -> Customer:
    """A customer, with what the actor may see; NotFoundError where that is nothing."""
    with store.begin(read_only=True) as unit:
        id_ = unit.book.one("customers", code)["id"]
        row = unit.book.customer_views([id_])[id_]
        place = Place(id_, row["partner_id"])
        actor.must(Action.SEE_CUSTOMERS, place, "customer", code)
        amounts = actor.may(Action.SEE_AMOUNTS, place)
        today = local_day(now, row["time_zone"])
        may_see = actor.may(Action.SEE_CHANGES, place)
        changes = _changes(unit, rulebook, id_, today) if may_see else []
        if not amounts:
            changes = [one | dict.fromkeys(AMOUNTS) for one in changes]
        choices: dict[str, Any] = {
            "change_choice": None,
            "customer_choice": row["communication_owner"],
            "partner_owns": row["owns_conversations"],
        }
        return Customer(
            place,
            row,
            communication_owner(**choices),
            deciding_choice(**choices),
            unit.book.people_of(id_),
            _products(unit, rulebook, id_, amounts=amounts),
            unit.book.rows_of("sites", id_),
            changes,
            today,
        )


def list_customers(
    store: Storage, actor: Actor, search: str, *, offset: int, limit: int
) -> list[dict[str, Any]]:
    """The customers that the actor may see and a search finds, by name."""
    reach = actor.must_somewhere(Action.SEE_CUSTOMERS)
    with store.begin(read_only=True) as unit:
        ids = unit.book.customers_within(reach, search, offset=offset, limit=limit)
        views = unit.book.customer_views(ids)
    return [_with_owner(views[id_]) for id_ in ids]


def _with_owner(view: dict[str, Any]) -> dict[str, Any]:
    owner = communication_owner(
        change_choice=None,
        customer_choice=view["communication_owner"],
        partner_owns=view["owns_conversations"],
    )
    return {**view, "owner": owner}


def _changes(
    unit: UnitOfWork, rulebook: Rulebook, customer_id: int, today: date
) -> list[dict[str, Any]]:
    """What is open, the earliest renewal start first."""
    rows = unit.changes.open_of_customers([customer_id])
    found = view_changes(unit, rulebook, rows, today)
    return sorted(found, key=lambda one: (one["renewal_start"], one["id"]))


def _products(
    unit: UnitOfWork, rulebook: Rulebook, customer_id: int, *, amounts: bool
) -> list[Product]:
    rows = unit.book.rows_of("contracts", customer_id)
    terms = {one.id: one for one in unit.book.terms(row["id"] for row in rows)}
    usage: dict[int, list[Month]] = {}
    for (id_, month), used in sorted(
        unit.book.usage_of([(row["id"], "") for row in rows]).items()
    ):
        said = Month(month, used["contacts"], used["emails_sent"])
        usage.setdefault(id_, []).append(said)
    opening = rulebook.machines[openings.EMAIL_OVERAGE].opening
    return [
        Product(
            row["code"],
            row["product"],
            row["started_on"],
            row["commitment_months"],
            row["billing_months"],
            row["automatic_renewal"],
            row["starter"],
            row["ended_on"],
            row["contact_limit"],
            openings.email_limit(opening, terms[row["id"]]),
            row["currency"],
            _amount(row["mrr"], amounts),
            _amount(row["new_mrr"], amounts),
            usage.get(row["id"], [])[-MOST_MONTHS:],
        )
        for row in rows
    ]


def _amount(minor: int | None, may_see: bool) -> str | None:
    return str(amount(minor)) if minor is not None and may_see else None
