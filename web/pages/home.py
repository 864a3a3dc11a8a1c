"""The first page, and the language of all of them."""

from urllib.parse import urlsplit

from fastapi import APIRouter
from fastapi.responses import Response

from engine.domain.parsing import LANGUAGES
from web.addresses import local
from web.menu import entries_for
from web.visits import LANGUAGE_COOKIE, AnyVisit, OwnVisit, Posted, Visit

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
    response = visit.go(_came_from(visit, str(form.get("back", "/"))))
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


def _came_from(visit: Visit, given: str) -> str:
    """The page that was read; a list's address follows what is typed, its form does not."""
    came = urlsplit(visit.request.headers.get("Referer", ""))
    if came.netloc == visit.request.url.netloc and came.path:
        return local(f"{came.path}?{came.query}" if came.query else came.path)
    return local(given)
