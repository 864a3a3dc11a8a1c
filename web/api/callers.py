"""Who calls the API: an API key, or the session of whoever is signed in to the pages."""

import hmac
from dataclasses import replace
from typing import Annotated, Final

from fastapi import Depends, Request

from engine.domain.accounts import form_token
from engine.services.sign_in import SignedIn
from engine.services.sign_in_limits import TooManyAttemptsError
from web.api.problems import ApiError
from web.errors import SignInFirst
from web.key_holders import key_holder
from web.visits import FORM_HEADER, Needs, Visit, visiting

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="tacit"'}
_LATER: Final = "visit"


def find_caller(request: Request) -> Visit:
    """Who calls, known or not; a key that is given has to be a good one.

    With a session's cookie, what changes anything needs the token of its forms too, so
    that no other site can call in somebody's name.
    """
    visit = visiting(request)
    given = request.headers.get("Authorization")
    if given is not None:
        holder = _holder(visit, given)
        return replace(visit, signed_in=holder, language=holder.person.language)
    if visit.signed_in is not None and request.method not in SAFE:
        wanted = form_token(visit.signed_in.token).encode()
        token = request.headers.get(FORM_HEADER, "").encode("latin-1", "replace")
        if not hmac.compare_digest(token, wanted):
            raise ApiError(
                403,
                f"with a session, give its form token in the header {FORM_HEADER}; "
                "programs call with an API key",
            )
    return visit


def keep_caller(request: Request, visit: Visit) -> None:
    """Remember who calls for the route, which asks with `calling`."""
    setattr(request.state, _LATER, visit)


def calling(request: Request) -> Visit:
    """Who calls, as it was found before the route was entered."""
    found: Visit = getattr(request.state, _LATER)
    return found


def _holder(visit: Visit, given: str) -> SignedIn:
    scheme, _, secret = given.partition(" ")
    try:
        holder = key_holder(visit, secret if scheme.lower() == "bearer" else "")
    except TooManyAttemptsError as error:
        seconds = str(error.seconds_from(visit.now))
        raise ApiError(429, str(error), headers={"Retry-After": seconds}) from None
    if holder is None:
        raise ApiError(
            401,
            "this API key is unknown, expired or revoked: give a good one as "
            "Authorization: Bearer tct_...",
            headers=_CHALLENGE,
        )
    return SignedIn("", holder.person, holder.actor, {}, "key")


class ApiNeeds(Needs):
    """What a route of the API needs: one of these actions somewhere, or nothing."""

    def __call__(self, visit: Annotated[Visit, Depends(calling)]) -> Visit:
        """The caller; ApiError (401) or NotPermittedError unless it is granted."""
        try:
            return super().__call__(visit)
        except SignInFirst:
            raise ApiError(
                401,
                "say who you are: Authorization: Bearer tct_... (an API key)",
                headers=_CHALLENGE,
            ) from None
