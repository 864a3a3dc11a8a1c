"""Stores a mail that came in, once, before anybody is told that it was taken."""

import re
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

from engine.domain.inbox import Source
from engine.domain.interfaces import Storage

#: What a mail says of itself, whichever way it came: servers add other lines on theirs.
_OWN: Final = frozenset(
    {b"from", b"to", b"cc", b"subject", b"date", b"message-id", b"in-reply-to"}
)
_LINE: Final = re.compile(rb"([!-9;-~]+):[ \t]*(.*(?:\n[ \t].*)*)")
_MESSAGE_ID: Final = re.compile(r"<[!-;=?-~]{1,200}>")


def take_in_mail(
    store: Storage, raw: bytes, envelope: Sequence[str], now: datetime
) -> bool:
    """Store a mail as it came, with the addresses of its envelope; False if it is there.

    Raises where it cannot be stored: then it was not taken, and must come again.
    """
    body = b"".join(b"Delivered-To: %s\r\n" % _line(one) for one in envelope) + raw
    with store.begin() as unit:
        is_new = unit.inbox.take_in(Source.MAIL, identity(raw), body, now)
        unit.commit()
    return is_new


def identity(raw: bytes) -> str:
    """The same for a mail by whatever door it comes, and for no other.

    Its Message-ID alone would not do: anybody can write that, and be the first.
    """
    plain = raw.replace(b"\r\n", b"\n")
    head, _, body = plain.partition(b"\n\n")
    lines = [(name.lower(), value) for name, value in _LINE.findall(head)]
    own = [(name, b" ".join(value.split())) for name, value in lines if name in _OWN]
    digest = sha256(repr(sorted(own)).encode() + b"\n" + body.rstrip())
    ids = (value for name, value in own if name == b"message-id")
    message_id = next(ids, b"").decode("ascii", "replace")
    named = message_id if _MESSAGE_ID.fullmatch(message_id) else ""
    return f"{digest.hexdigest()} {named}".strip()


def _line(address: str) -> bytes:
    """An address on one line, whatever the other side said it was."""
    return re.sub(r"[^!-~]", "", address).encode("ascii")
