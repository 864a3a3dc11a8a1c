"""What Slack sends to us: whether it is Slack's, what is in it, and its own id."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest, digest
from typing import Any, Final
from urllib.parse import parse_qsl

#: Slack's own advice: what was signed longer ago is sent again by somebody else.
_WINDOW: Final = 300  #: in seconds
_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")
_ID: Final = re.compile(r"[!-~]{1,200}")

Payload = Mapping[str, Any]


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What Slack signs a request with."""
    said = f"v0:{timestamp}:".encode() + body
    return f"v0={digest(secret.encode(), said, sha256).hex()}"


def is_signed(
    secret: str, timestamp: str, signed: str, body: bytes, now: datetime
) -> bool:
    """Whether Slack sent this body just now; whatever the headers hold, never raises."""
    if _TIMESTAMP.fullmatch(timestamp) is None:
        return False
    if abs(now.timestamp() - int(timestamp)) > _WINDOW:
        return False
    wanted = signature(secret, timestamp, body)
    return compare_digest(wanted.encode(), signed.encode())


def read_payload(body: bytes) -> Payload | None:
    """What is in a request: an event, an interaction, or the fields of a command.

    None for what is nothing of that kind.
    """
    try:
        text = body.decode()
        if not text.lstrip().startswith("{"):
            fields = dict(parse_qsl(text, keep_blank_values=True))
            if fields.keys() & {"command", "ssl_check"}:
                return fields
            text = fields.get("payload", "")
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def id_of(payload: Payload, body: bytes) -> str:
    """Slack's own id for what it sent, the same however often it sends it."""
    for kind, name in (("event", "event_id"), ("trigger", "trigger_id")):
        given = payload.get(name)
        if isinstance(given, str) and _ID.fullmatch(given):
            return f"{kind}/{given}"
    return f"sha256/{sha256(body).hexdigest()}"
