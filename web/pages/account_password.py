"""One's own password: set once one is signed in, changed with the present one."""

from typing import Final

from fastapi import APIRouter
from fastapi.responses import Response

from engine.services.passwords import LONGEST, PasswordRefusedError
from engine.services.sign_in import SignInError
from engine.services.sign_in_limits import (
    TooManyAttemptsError,
    count_attempt,
    for_account,
    for_client,
    forgive,
)
from web.forms import secret_of
from web.pages.account import holder
from web.pages.sign_in import wait_page, with_session
from web.visits import OwnVisit, Posted, Visit

router = APIRouter()


def _(text: str) -> str:
    """Mark a sentence for translation."""
    return text


_REFUSED: Final = {
    "short": _("It must have at least %(least)s characters: a few words do."),
    "long": _("It may have at most %(most)s characters."),
    "obvious": _(
        "It would be guessed: it repeats itself, or is made of your name, your address "
        "or what everybody tries first."
    ),
}


@router.get("/account/password")
def password_page(visit: OwnVisit) -> Response:
    """Where to set it."""
    return _page(visit)


@router.post("/account/password")
def set_password(visit: OwnVisit, form: Posted) -> Response:
    """Set it, and sign out everywhere else."""
    site, mine = visit.site, holder(visit)
    new, present = secret_of(form, "new"), secret_of(form, "present")
    if new != secret_of(form, "again"):
        return _page(
            visit, status=422, wrong_new=visit.say("The two are not the same.")
        )
    # Whoever took over a session could guess the present password here, too.
    keys = [
        for_account("password", mine.person.code),
        for_client("password", visit.client),
    ]
    try:
        counted = count_attempt(
            site.store, keys, site.settings.sign_in_limits, visit.now
        )
        token = mine.set_password(site.passwords, new, present, site.settings.vendor)
    except TooManyAttemptsError as error:
        return wait_page(visit, error)
    except SignInError:
        wrong = visit.say("This is not your present password.")
        return _page(visit, status=422, wrong_present=wrong)
    except PasswordRefusedError as error:
        forgive(site.store, counted)
        least = site.settings.password_length
        wrong = visit.say(_REFUSED[error.why], least=least, most=LONGEST)
        return _page(visit, status=422, wrong_new=wrong)
    forgive(site.store, counted)
    said = visit.say("The password is set, and you are signed out everywhere else.")
    return with_session(visit, visit.go("/account", said), token)


def _page(
    visit: Visit, *, status: int = 200, wrong_present: str = "", wrong_new: str = ""
) -> Response:
    settings = visit.site.settings
    found = holder(visit).look(settings.sessions)
    return visit.page(
        "account_password.html",
        status=status,
        has_one=found.account.password_hash is not None,
        least=settings.password_length,
        most=LONGEST,
        wrong_present=wrong_present,
        wrong_new=wrong_new,
    )
