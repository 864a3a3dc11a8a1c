"""Mail that a provider hands over by a request that it signs: stored, then answered."""

import hmac
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Final

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse, Response

from engine.domain.errors import TacitError
from web.site import InboundMail
from web.visits import AnyVisit

router = APIRouter()
PATH: Final = "/inbound/mail"
TIMESTAMP: Final = "X-Tacit-Timestamp"
SIGNATURE: Final = "X-Tacit-Signature"
_MOST_DIGITS: Final = 12


async def _raw(request: Request) -> bytes:
    return await request.body()


Raw = Annotated[bytes, Depends(_raw)]


@router.post(PATH)
def mail_in(visit: AnyVisit, raw: Raw) -> Response:
    """Take the mail that is the body; the same one again is taken once.

    503 where it cannot be stored: then it was not taken, and has to come again.
    """
    inbound = visit.site.inbound
    if inbound is None:
        raise HTTPException(404, "no provider hands mail over here")
    if not _is_signed(inbound, visit.request, raw, visit.now):
        raise HTTPException(401, "the signature is missing, wrong or too old")
    if len(raw) > inbound.largest:
        raise HTTPException(413, "the mail is too large")
    try:
        is_new = inbound.take(raw, ())
    except TacitError:
        # Why is in the log; the provider has only to know that it is to come again.
        return JSONResponse({"stored": False}, 503, {"Retry-After": "30"})
    return JSONResponse({"stored": True, "new": is_new})


def signature(secret: str, timestamp: str, raw: bytes) -> str:
    """What a provider signs: the time in seconds, a dot, and the mail as it is sent."""
    said = timestamp.encode() + b"." + raw
    return f"sha256={hmac.new(secret.encode(), said, sha256).hexdigest()}"


def _is_signed(
    inbound: InboundMail, request: Request, raw: bytes, now: datetime
) -> bool:
    timestamp = request.headers.get(TIMESTAMP, "")
    given = request.headers.get(SIGNATURE, "")
    is_number = timestamp.isascii() and timestamp.isdigit()
    if not is_number or len(timestamp) > _MOST_DIGITS:
        return False
    age = abs(now - datetime.fromtimestamp(int(timestamp), UTC))
    wanted = signature(inbound.secret, timestamp, raw)
    is_right = hmac.compare_digest(wanted.encode(), given.encode())
    return is_right and age <= inbound.tolerance
