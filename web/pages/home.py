"""The first page, and the language of all of them."""

from fastapi import APIRouter
from fastapi.responses import Response

from engine.domain.parsing import LANGUAGES
from web.addresses import local
from web.menu import entries_for
from web.visits import LANGUAGE_COOKIE, AnyVisit, OwnVisit, Posted

router = APIRouter()
_A_YEAR = 365 * 24 * 3600


@router.get("/")
def first_page(visit: OwnVisit) -> Response:
    """The first page of the menu; one's own account where there is none."""
    entries = entries_for(visit.actor)
    return visit.go(entries[0].path if entries else "/account")


@router.post("/language")
def choose_language(visit: AnyVisit, form: Posted) -> Response:
    """Read the pages in another language from here on."""
    response = visit.go(local(str(form.get("back", "/"))))
    chosen = form.get("language")
    if chosen in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE,
            str(chosen),
            max_age=_A_YEAR,
            httponly=True,
            samesite="lax",
            secure=visit.site.settings.is_secure,
        )
    return response
