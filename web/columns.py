"""The columns of the list as people read them: titles, and which can be sorted by."""

from collections.abc import Sequence
from typing import Final

from engine.domain.access import Action, reach
from engine.domain.listing import SORTS
from engine.services.choose_columns import columns_of
from engine.services.list_changes import AMOUNTS, may_sort_by_amounts
from web.visits import Visit


def _(text: str) -> str:
    """Mark a title for translation."""
    return text


TITLES: Final = {
    "customer": _("Customer"),
    "owner": _("Communication owner"),
    "type": _("Type"),
    "state": _("Status"),
    "deadline": _("Renewal deadline"),
    "primary_contact": _("Primary contact"),
    "id": _("Change"),
    "renewal_start": _("Renewal start"),
    "partner": _("Partner"),
    "website": _("Website"),
    "hub_id": _("Hub ID"),
    "contact_limit": _("Maximum contacts"),
    "email_limit": _("Email limit"),
    "billing_months": _("Billing frequency"),
    "commitment_months": _("Commitment"),
    "currency": _("Currency"),
    "mrr": _("Current MRR"),
    "new_mrr": _("Estimated new MRR"),
    "product": _("Product"),
    "contract": _("Contract"),
    "customer_id": _("Customer code"),
    "attention": _("Why a person is needed"),
}
NUMBERS: Final = frozenset({"contact_limit", "email_limit", "mrr", "new_mrr"})


def person_id(visit: Visit) -> int:
    """Whose choice of columns it is."""
    assert visit.signed_in is not None  # noqa: S101 - whoever sees the list is
    return visit.signed_in.person.id


def sees_amounts(visit: Visit) -> bool:
    """Whether a visitor sees what anything costs."""
    return visit.actor.may(Action.SEE_AMOUNTS)


def columns_for(visit: Visit) -> tuple[str, ...]:
    """The columns that a visitor's list has."""
    assert visit.signed_in is not None  # noqa: S101 - whoever sees the list is
    chosen = visit.signed_in.preferences
    return columns_of(chosen, with_amounts=sees_amounts(visit))


def sortable(visit: Visit) -> frozenset[str]:
    """The columns that a visitor's list can be sorted by."""
    seen = reach(visit.actor, Action.SEE_CHANGES)
    return (
        frozenset(SORTS)
        if may_sort_by_amounts(visit.actor, seen)
        else frozenset(SORTS) - AMOUNTS
    )


def with_currency(columns: Sequence[str]) -> list[str]:
    """The columns of a file, where amounts are numbers, and their currency beside."""
    found: list[str] = []
    for column in columns:
        if column in AMOUNTS and "currency" not in found:
            found.append("currency")
        found.append(column)
    return found
