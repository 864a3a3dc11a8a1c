"""*Upcoming renewals*: the list, the strip above it, and what may be done in each row."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from engine.domain.access import Action, Side
from engine.domain.listing import Deadlines, Question, window_days
from engine.services.list_changes import (
    Listing,
    look_ahead,
    partner_names,
)
from web.chips import chips
from web.columns import NUMBERS, TITLES, columns_for, sortable
from web.list_address import LIST, Address, read_address
from web.list_rows import list_rows
from web.rendering import words_of
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
    with visit.site.turns:
        return _answer(visit, address)


def _answer(visit: Visit, address: Address) -> Response:
    site, actor = visit.site, visit.actor
    listing, deadlines = look_ahead(
        site.store, site.rulebook, address.question, actor, site.counts
    )
    part = "changes/part.html" if visit.is_partial else "changes/list.html"
    response = visit.page(part, **_values(visit, address, listing, deadlines))
    if visit.is_partial:
        response.headers["HX-Push-Url"] = address.url()
    return response


def _values(
    visit: Visit, address: Address, listing: Listing, deadlines: Deadlines
) -> dict[str, Any]:
    """All that the list's templates need."""
    question, columns = address.question, columns_for(visit)
    return {
        "address": address,
        "asked": question,
        "columns": columns,
        "titles": TITLES,
        "sortable": sortable(visit),
        "numbers": NUMBERS,
        "rows": list_rows(visit, listing, columns),
        "total": listing.total,
        "first": question.offset + 1,
        "last": question.offset + len(listing.rows),
        "has_next": listing.next is not None,
        "chips": chips(visit, address),
        "strip": _strip(visit, address.question, deadlines),
        "states": _states(visit),
        "types": list(visit.site.rulebook.machines),
        "partners": _partners(visit),
        "list_path": LIST,
    }


def _strip(visit: Visit, question: Question, deadlines: Deadlines) -> Drawing:
    """The days to come, of all that the other filters leave."""
    site = visit.site
    chosen = (question.deadline_from, question.deadline_to)
    days = window_days(site.rulebook)
    word = words_of(site.words[visit.language])
    states = {state: word("states", state) for state in _states(visit)}
    return draw(deadlines, states, question.on, days, chosen)


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
