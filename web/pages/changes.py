"""*Upcoming renewals*: the list, the strip above it, and what may be done in each row."""

from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from engine.domain.access import Action, Side, reach
from engine.domain.listing import Question, window_days
from engine.domain.moments import local_day
from engine.services.list_changes import (
    Listing,
    count_deadlines,
    list_changes,
    partner_names,
)
from engine.services.row_actions import row_actions
from web.chips import chips
from web.columns import NUMBERS, TITLES, columns_for, sortable
from web.list_address import LIST, Address, read_address
from web.strip import Drawing, draw
from web.visits import Needs, Visit

router = APIRouter()
ListVisit = Annotated[Visit, Depends(Needs(Action.SEE_CHANGES))]
#: More partners than these are not offered in a list: their code is typed.
MOST_OFFERED: Final = 200


@router.get("/changes")
def upcoming(visit: ListVisit) -> Response:
    """The list as its address asks for it: the whole page, or what a search changes."""
    address = read_address(visit)
    site, actor = visit.site, visit.actor
    listing = list_changes(site.store, site.rulebook, address.question, actor)
    part = "changes/part.html" if visit.is_partial else "changes/list.html"
    response = visit.page(part, **_values(visit, address, listing))
    if visit.is_partial:
        response.headers["HX-Push-Url"] = address.url()
    return response


def _values(visit: Visit, address: Address, listing: Listing) -> dict[str, Any]:
    """All that the list's templates need."""
    question = address.question
    return {
        "address": address,
        "asked": question,
        "columns": columns_for(visit),
        "titles": TITLES,
        "sortable": sortable(visit),
        "numbers": NUMBERS,
        "rows": _rows(visit, listing),
        "total": listing.total,
        "first": question.offset + 1,
        "last": question.offset + len(listing.rows),
        "has_next": listing.next is not None,
        "chips": chips(visit, address),
        "strip": _strip(visit, question),
        "states": _states(visit),
        "types": list(visit.site.rulebook.machines),
        "partners": _partners(visit),
        "list_path": LIST,
    }


def _rows(visit: Visit, listing: Listing) -> list[dict[str, Any]]:
    """Each change with what may be done with it, and the days left to answer."""
    assert visit.signed_in is not None  # noqa: S101 - whoever sees the list is
    actor, person = visit.actor, visit.signed_in.person
    actions = row_actions(
        visit.site.rulebook, listing.changes, actor, person, visit.now
    )
    customers = reach(actor, Action.SEE_CUSTOMERS)
    return [
        {
            **row,
            "actions": able,
            "days_left": (row["deadline"] - local_day(visit.now, change.zone)).days,
            "opens_customer": customers.covers(change.place),
        }
        for row, change, able in zip(
            listing.rows, listing.changes, actions, strict=True
        )
    ]


def _strip(visit: Visit, question: Question) -> Drawing:
    """The days to come, of all that the other filters leave."""
    site = visit.site
    whole = replace(question, deadline_from=None, deadline_to=None)
    found = count_deadlines(site.store, site.rulebook, whole, visit.actor)
    chosen = (question.deadline_from, question.deadline_to)
    days = window_days(site.rulebook)
    return draw(found, _states(visit), question.on, days, chosen)


def _states(visit: Visit) -> list[str]:
    """Every state of the rules, once, in the order in which they come."""
    machines = visit.site.rulebook.machines.values()
    return [*dict.fromkeys(state for each in machines for state in each.states)]


def _partners(visit: Visit) -> dict[str, str] | None:
    """The partners to choose from, by code; none for who is of one, None: too many."""
    if Side.VENDOR not in visit.actor.sides or not visit.actor.may(Action.SEE_PARTNERS):
        return {}
    site = visit.site
    names = partner_names(site.store, visit.actor, MOST_OFFERED + 1)
    return None if len(names) > MOST_OFFERED else names
