"""What of a person's account stands in the back office: single sign-on, to unlink it."""

from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from engine.domain.access import Action
from engine.services.manage_accounts import AccountKeeper
from engine.services.read_rows import ShownRow, show_row
from web.visits import Needs, Visit

router = APIRouter(prefix="/back-office/people")
ManagingVisit = Annotated[Visit, Depends(Needs(Action.MANAGE_ACCOUNTS))]
_UNLINK: Final = "/back-office/people/unlink/{}"


@router.post("/unlink/{code:path}")
def unlink(visit: ManagingVisit, code: str) -> Response:
    """Let a person's identity at single sign-on open their account no more."""
    show_row(visit.site.store, visit.actor, "people", code)
    _keeper(visit).unlink(code)
    said = visit.say("The account is not linked to single sign-on any more.")
    return visit.go(f"/back-office/people/rows/{quote(code)}", said)


def identity_shown(
    visit: Visit, kind: str, row: ShownRow | None
) -> dict[str, str] | None:
    """The provider that a person's account is linked to, and where it is unlinked.

    None where there is none, or where that is not the visitor's business.
    """
    if row is None or kind != "people":
        return None
    if not any(visit.actor.may(Action.MANAGE_ACCOUNTS, each) for each in row.places):
        return None
    issuer = _keeper(visit).identity_of(row.code)
    if issuer is None:
        return None
    return {"issuer": issuer, "path": _UNLINK.format(quote(row.code))}


def _keeper(visit: Visit) -> AccountKeeper:
    return AccountKeeper(visit.site.store, visit.actor, visit.now)
