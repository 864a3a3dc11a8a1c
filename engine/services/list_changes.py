"""The list of upcoming changes: what is in its window, or needs a person."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Any, Final

from engine.domain import agenda, openings
from engine.domain.access import Action, Actor, Reach, reach
from engine.domain.book import amount
from engine.domain.errors import TacitError
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.listing import (
    Deadlines,
    Found,
    Question,
    QuestionError,
    Scope,
    check_question,
    deadlines_asked_for,
)
from engine.domain.ownership import communication_owner
from engine.domain.place import Place
from engine.domain.problems import did_you_mean
from engine.domain.records import ChangeRow
from engine.domain.ruleset import Rulebook
from engine.services.deadline_counts import DeadlineCounts


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
#: As many rows are held at a time where all of them are wanted.
PAGE: Final = 2_000
AMOUNTS: Final = frozenset({"mrr", "new_mrr"})
DEFAULT_COLUMNS: Final = ("renewal_start", "id")

Listed = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the list: every column by name, how many there are, what follows.

    `next` is the cursor after which the next page begins; None on the last one.
    `changes` are the same in the same order, as decisions read them.
    """

    rows: list[Listed]
    total: int
    next: str | None
    changes: Sequence[ChangeRow]


def list_changes(
    store: Storage, rulebook: Rulebook, question: Question, actor: Actor
) -> Listing:
    """What an actor may see of the changes listed on a day.

    Amounts that are not theirs to see are left out. QuestionError where the question
    cannot be answered, NotFoundError where it names somebody who is not there.
    """
    check_question(question, rulebook)
    with store.begin(read_only=True) as unit:
        scope = scope_of(unit, question, actor)
        found = unit.listing.find(question, scope)
        return _listing(unit, rulebook, question, actor, found)


def look_ahead(
    store: Storage,
    rulebook: Rulebook,
    question: Question,
    actor: Actor,
    counts: DeadlineCounts,
) -> tuple[Listing, Deadlines]:
    """The same, and the deadlines of all that the rest of the question leaves.

    Counted once: the list's total is a part of them.
    """
    check_question(question, rulebook)
    with store.begin(read_only=True) as unit:
        scope = scope_of(unit, question, actor)
        deadlines = counts.of(unit, question, scope)
        total = deadlines_asked_for(question, deadlines)
        found = unit.listing.find(question, scope, total)
        return _listing(unit, rulebook, question, actor, found), deadlines


def _listing(
    unit: UnitOfWork,
    rulebook: Rulebook,
    question: Question,
    actor: Actor,
    found: Found,
) -> Listing:
    """The rows that were found, in their order, without what is not theirs to see."""
    by_id = {row.id: row for row in unit.changes.by_ids(found.ids)}
    rows = [by_id[id_] for id_ in found.ids]
    listed = view_changes(unit, rulebook, rows, question.on)
    amounts = reach(actor, Action.SEE_AMOUNTS)
    for row, shown in zip(rows, listed, strict=True):
        if not amounts.covers(row.place):
            shown |= dict.fromkeys(AMOUNTS)
    return Listing(listed, found.total, found.next, rows)


def every_row(
    store: Storage, rulebook: Rulebook, question: Question, actor: Actor
) -> Iterator[Listed]:
    """All rows that answer a question, however many: a page at a time is held."""
    after: str | None = None
    while True:
        page = replace(question, limit=PAGE, offset=0, after=after)
        listing = list_changes(store, rulebook, page, actor)
        yield from listing.rows
        after = listing.next
        if after is None:
            return


def scope_of(unit: UnitOfWork, question: Question, actor: Actor) -> Scope:
    """Whose changes an actor is answered with; NotFoundError for others' codes."""
    seen = actor.must_somewhere(Action.SEE_CHANGES)
    if question.sort in AMOUNTS and not may_sort_by_amounts(actor, seen):
        raise QuestionError("sort", f"the list cannot be sorted by {question.sort}")
    return Scope(
        seen,
        _partner_id(unit, question.partner, actor),
        _customer_id(unit, question.customer, actor),
    )


def may_sort_by_amounts(actor: Actor, seen: Reach) -> bool:
    """Whether an order by amounts tells nothing that is not shown anyway."""
    amounts = reach(actor, Action.SEE_AMOUNTS)
    return amounts.everything or (
        not seen.everything
        and seen.partners <= amounts.partners
        and seen.customers <= amounts.customers
    )


def partner_names(store: Storage, actor: Actor, most: int) -> dict[str, str]:
    """The partners that an actor may narrow the list to, by code; no more than `most`."""
    seen = reach(actor, Action.SEE_PARTNERS)
    with store.begin(read_only=True) as unit:
        rows = (
            row
            for row in unit.book.all_rows("partners")
            if seen.covers(Place(partner_id=row["id"]))
        )
        return {row["code"]: row["name"] for row in islice(rows, most)}


def _partner_id(unit: UnitOfWork, code: str | None, actor: Actor) -> int | None:
    if code is None:
        return None
    id_ = int(unit.book.one("partners", code)["id"])
    actor.must(Action.SEE_PARTNERS, Place(partner_id=id_), "partner", code)
    return id_


def _customer_id(unit: UnitOfWork, code: str | None, actor: Actor) -> int | None:
    if code is None:
        return None
    row = unit.book.one("customers", code)
    place = Place(row["id"], row["partner_id"])
    actor.must(Action.SEE_CHANGES, place, "customer", code)
    return int(row["id"])


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
    return agenda.deadline_on(ruleset, row.subject(ruleset))


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
