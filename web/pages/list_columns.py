"""Which columns somebody's list has, and in which order."""

from fastapi import APIRouter
from fastapi.responses import Response

from engine.services.choose_columns import (
    CHOOSABLE,
    LOCKED_COLUMNS,
    MOVES,
    move_column,
    usual_columns,
)
from engine.services.list_changes import AMOUNTS
from web.columns import TITLES, columns_for, person_id, sees_amounts
from web.list_address import LIST
from web.pages.changes import ListVisit
from web.visits import Posted

router = APIRouter()


@router.get("/columns")
def columns_page(visit: ListVisit) -> Response:
    """The columns as they are; each button moves one of them."""
    chosen = columns_for(visit)[len(LOCKED_COLUMNS) :]
    hidden = frozenset() if sees_amounts(visit) else AMOUNTS
    return visit.page(
        "changes/columns.html",
        locked=LOCKED_COLUMNS,
        chosen=chosen,
        left=[name for name in CHOOSABLE if name not in {*chosen, *hidden}],
        titles=TITLES,
        list_path=LIST,
    )


@router.post("/columns")
def choose_columns(visit: ListVisit, form: Posted) -> Response:
    """Add, remove or move one column; or go back to the usual ones."""
    store = visit.site.store
    for move in MOVES:
        if move in form:
            move_column(store, person_id(visit), move, str(form[move]))
            return visit.go("/columns")
    usual_columns(store, person_id(visit))
    return visit.go("/columns")
