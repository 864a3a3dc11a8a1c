"""For machines that watch: whether all is well, and the numbers."""

from ipaddress import ip_address

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from engine.domain.access import Action, Actor, operator
from engine.domain.api_keys import KeyHolder
from engine.services.measure import Part, health, measure, readiness
from engine.services.sign_in_limits import TooManyAttemptsError
from web.key_holders import key_holder
from web.visits import AnyVisit, Visit

router = APIRouter()


@router.get("/healthz")
def health_page(visit: AnyVisit) -> Response:
    """Whether the database answers, its schema is current and the clock runs."""
    site = visit.site
    return _shown(health(site.store, visit.now, site.settings.silent_for))


@router.get("/readyz")
def readiness_page(visit: AnyVisit) -> Response:
    """Whether requests can be answered."""
    return _shown(readiness(visit.site.store))


def _shown(parts: dict[str, Part]) -> Response:
    well = all(part.ok for part in parts.values())
    body = {"ok": well, "parts": {name: one.as_json() for name, one in parts.items()}}
    response = JSONResponse(body, 200 if well else 503)
    response.headers["Cache-Control"] = "no-store"
    return response


@router.get("/metrics")
def metrics_page(visit: AnyVisit, request: Request) -> Response:
    """The numbers, as Prometheus reads them; for those who may see them."""
    site = visit.site
    window = site.settings.sign_in_window
    numbers = measure(site.store, _watching(visit, request), visit.now, window)
    response = Response(site.metrics.text(numbers))
    response.headers["Content-Type"] = CONTENT_TYPE_PLAIN_0_0_4
    response.headers["Cache-Control"] = "no-store"
    return response


def _watching(visit: Visit, request: Request) -> Actor:
    """Who asks: by a key or a session, or this very machine if the settings let it."""
    if visit.site.settings.metrics_from_loopback and _is_from_here(request):
        return operator("loopback").limited([Action.SEE_METRICS])
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        holder = _holder(visit, secret)
        if holder is None:
            raise HTTPException(401, "this key is unknown, or is over")
        return holder.actor
    if visit.signed_in is None:
        # What reads metrics cannot use a page to sign in at.
        raise HTTPException(401, "send a session's cookie or an API key")
    return visit.actor


def _holder(visit: Visit, secret: str) -> KeyHolder | None:
    try:
        return key_holder(visit, secret)
    except TooManyAttemptsError as error:
        seconds = {"Retry-After": str(error.seconds_from(visit.now))}
        raise HTTPException(429, str(error), seconds) from None


def _is_from_here(request: Request) -> bool:
    """Whether a request began on this machine; one that a proxy passes on did not."""
    passed_on = {"x-forwarded-for", "forwarded", "x-real-ip"} & {*request.headers}
    if passed_on or request.client is None:
        return False
    return ip_address(request.client.host).is_loopback
