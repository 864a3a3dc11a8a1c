"""The doors that Slack knocks at: what it sends is stored, and only then acknowledged.

Handlers elsewhere are plain functions in threads; these wait without holding one, so
that a locked database keeps none from answering in time.
"""

import asyncio
from typing import Final

import structlog
from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response

from engine.domain.inbox import Source
from notifiers.slack_requests import id_of
from web.slack.signed import Call, SignedCall

log = structlog.get_logger("tacit.slack")
router = APIRouter(prefix="/slack")

#: Slack gives up after three seconds; whoever says so before is asked again for sure.
_PATIENCE: Final = 2.0


@router.post("/events")
async def events(call: SignedCall) -> Response:
    """Messages, the home tab, and what happens to the app; and Slack's first question."""
    if call.payload.get("type") == "url_verification":
        return PlainTextResponse(str(call.payload.get("challenge", "")))
    return await _keep(call)


@router.post("/interactivity")
async def interactivity(call: SignedCall) -> Response:
    """Pressed buttons."""
    return await _keep(call)


@router.post("/commands")
async def commands(call: SignedCall) -> Response:
    """`/tacit …`, wherever it is written."""
    return await _keep(call)


async def _keep(call: Call) -> Response:
    """Acknowledge what is stored; for anything else, ask to be sent it again."""
    if call.payload.get("ssl_check") == "1":
        return Response()
    stored = call.door.intake.put(
        Source.SLACK, id_of(call.payload, call.body), call.body
    )
    try:
        await asyncio.wait_for(asyncio.wrap_future(stored), _PATIENCE)
    except Exception as error:
        # A lost acknowledgement costs a second copy of the same id, a false one an
        # answer; so whatever went wrong, Slack is to send it again.
        log.warning("not stored, so not acknowledged", error=repr(error))
        return Response(status_code=503)
    return Response()
