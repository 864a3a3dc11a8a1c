"""Users of Slack, and the signed offer by which one of them says who they are here.

An offer is good for one user of one workspace until it expires. Nothing is stored for
it; whoever holds it still has to sign in, and to say that this user is them.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from hmac import compare_digest, digest
from typing import Final, NamedTuple

from engine.domain.errors import TacitError

_LONGEST: Final = 160
_MAC: Final = 20  #: bytes
_OFFER: Final = re.compile(
    r"([A-Z0-9]{1,32})\.([A-Z0-9]{1,32})\.([0-9]{1,12})\.([0-9a-f]{40})"
)


class SlackUser(NamedTuple):
    """A user of a workspace: of the vendor's own, or of another over Slack Connect."""

    team: str
    user: str


class BadOfferError(TacitError):
    """Raised for an offer that this site did not make, or that is too old."""

    def __init__(self) -> None:
        super().__init__(
            "this link is not whole, or is too old: write /tacit help in Slack for a "
            "new one"
        )


def offer(keys: Sequence[bytes], user: SlackUser, until: datetime) -> str:
    """An offer by the first key, which nobody can change to another user or time."""
    said = f"{user.team}.{user.user}.{int(until.timestamp())}"
    return f"{said}.{_mac(keys[0], said)}"


def read_offer(keys: Sequence[bytes], given: str, now: datetime) -> SlackUser:
    """Whose offer it is, whichever of the keys signed it; BadOfferError else."""
    found = _OFFER.fullmatch(given) if len(given) <= _LONGEST else None
    if found is None:
        raise BadOfferError
    team, user, until, mac = found.groups()
    said = f"{team}.{user}.{until}"
    if not any(compare_digest(mac, _mac(key, said)) for key in keys):
        raise BadOfferError
    if datetime.fromtimestamp(int(until), UTC) <= now:
        raise BadOfferError
    return SlackUser(team, user)


def _mac(key: bytes, said: str) -> str:
    return digest(key, f"slack user:{said}".encode(), sha256)[:_MAC].hex()
