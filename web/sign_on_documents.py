"""What a single sign-on provider says of itself, kept for a while and of bounded size."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
import structlog

from engine.domain.errors import TacitError

log = structlog.get_logger("tacit.sign_on")

_TIMEOUT: Final = 10.0
#: In bytes; such documents have some thousands.
_LARGEST: Final = 1_000_000


class SignOnError(TacitError):
    """Raised when nobody can be signed in; `is_away` when the provider gave no answer."""

    def __init__(self, why: str, *, is_away: bool = False) -> None:
        self.is_away = is_away
        super().__init__(f"single sign-on did not work: {why}")


@dataclass
class Documents:
    """Documents by their address, each asked for again once it was kept for so long."""

    kept_for: timedelta
    _kept: dict[str, tuple[datetime, dict[str, Any]]] = field(default_factory=dict)

    def get(self, address: str, now: datetime) -> tuple[dict[str, Any], bool]:
        """One document, and whether it is one that was kept."""
        at, found = self._kept.get(address, (None, None))
        # A clock that was put back makes nothing last for longer.
        if found is not None and at is not None and at <= now < at + self.kept_for:
            return found, True
        return self.ask(address, now), False

    def ask(self, address: str, now: datetime) -> dict[str, Any]:
        """The document as it is now, kept from now on."""
        found = ask("GET", address)
        for other, (at, _) in [*self._kept.items()]:
            if now >= at + self.kept_for:
                self._kept.pop(other, None)
        self._kept[address] = now, found
        return found

    def forget(self) -> None:
        """Ask for everything anew: something is not as it was said to be."""
        self._kept.clear()


def ask(method: str, address: str, **options: Any) -> dict[str, Any]:
    """What the provider answers, which must be a JSON object."""
    headers = {"Accept": "application/json"}
    try:
        with httpx.stream(
            method, address, headers=headers, timeout=_TIMEOUT, **options
        ) as answer:
            found = json.loads(_body(answer))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as error:
        log.warning("provider unreachable", address=address, error=str(error))
        raise SignOnError("the provider did not answer", is_away=True) from None
    if answer.status_code != httpx.codes.OK or not isinstance(found, dict):
        log.warning("provider refused", address=address, status=answer.status_code)
        raise SignOnError(
            f"the provider answered {answer.status_code}",
            is_away=answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR,
        )
    return found


def _body(answer: httpx.Response) -> bytes:
    body = bytearray()
    for block in answer.iter_bytes():
        body += block
        if len(body) > _LARGEST:
            raise ValueError(f"an answer of more than {_LARGEST:,} bytes")
    return bytes(body)
