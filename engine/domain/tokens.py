"""Tokens that stand for one prompt and one person, signed by the site for one purpose.

Only letters of one case, digits and dots: a token is the local part of a mail address
too, and servers on the way change its case. Nothing is stored for it.
"""

import re
from base64 import b32encode
from collections.abc import Sequence
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest, digest
from typing import Final, NamedTuple

from engine.domain.errors import TacitError

_LONGEST: Final = 80
_MAC: Final = 15  #: bytes: 24 characters without padding
_TOKEN: Final = re.compile(r"([0-9a-z]{1,13})\.([0-9a-z]{1,13})\.([a-z2-7]{24})")
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


class Purpose(StrEnum):
    """What a token is for: one for another purpose is worth nothing."""

    LINK = "link"  #: shows the question, and takes the answer that is pressed
    MAIL = "mail"  #: the address that replies go to; proves nothing by itself
    STOP = "stop"  #: ends optional mail to its person


class BadTokenError(TacitError):
    """Raised for a token that this site did not sign, or that was changed on its way."""

    def __init__(self) -> None:
        super().__init__(
            "this link is not whole: copy it from the message in one piece, or use the "
            "newest message"
        )


class Addressed(NamedTuple):
    """Whom a token speaks of, and about what: ids of the store."""

    prompt_id: int
    person_id: int


def sign(keys: Sequence[bytes], purpose: Purpose, addressed: Addressed) -> str:
    """A token by the first key, such as `1z.7c.` and 24 letters and digits."""
    return f"{_body(addressed)}.{_mac(keys[0], purpose, addressed)}"


def read(keys: Sequence[bytes], purpose: Purpose, token: str) -> Addressed:
    """What a token stands for, whichever of the keys signed it; BadTokenError else."""
    if len(token) > _LONGEST or not token.isascii():
        raise BadTokenError
    found = _TOKEN.fullmatch(token.lower())
    if found is None:
        raise BadTokenError
    prompt, person, mac = found.groups()
    addressed = Addressed(int(prompt, 36), int(person, 36))
    # Each number has one way to be written, so that nobody finds a second.
    is_plain = token.lower().startswith(f"{_body(addressed)}.")
    wanted = [_mac(key, purpose, addressed) for key in keys]
    if not is_plain or not any(compare_digest(mac, one) for one in wanted):
        raise BadTokenError
    return addressed


def address_with(address: str, token: str) -> str:
    """A mail address that carries a token: replies@acme.example, say, with +TOKEN."""
    local, at, domain = address.rpartition("@")
    return f"{local}+{token}{at}{domain}"


def token_in(address: str, own: str) -> str | None:
    """The token that an address carries if it is that of ours; case does not matter."""
    local, at, domain = own.lower().rpartition("@")
    start, end = f"{local}+", f"{at}{domain}"
    found = address.strip().lower()
    is_ours = found.startswith(start) and found.endswith(end)
    token = found[len(start) : len(found) - len(end)] if is_ours else ""
    return token or None


def _body(addressed: Addressed) -> str:
    return f"{_base36(addressed.prompt_id)}.{_base36(addressed.person_id)}"


def _mac(key: bytes, purpose: Purpose, addressed: Addressed) -> str:
    said = f"{purpose}:{addressed.prompt_id}:{addressed.person_id}".encode()
    return b32encode(digest(key, said, sha256)[:_MAC]).decode().lower()


def _base36(number: int) -> str:
    digits = ""
    while number or not digits:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits
