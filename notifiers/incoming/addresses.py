"""Addresses in headers: exactly one plain mailbox, or none and the reason.

`parseaddr` takes "bob@evil.com <owner@partner.com>" for bob's; readers of mail show
what they like of it. Where two readings are possible, there is no sender.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from engine.domain.parsing import email as plain_address
from notifiers.incoming.values import Sender

_ADDRESS: Final = re.compile(
    r"(?<![A-Za-z0-9.!#$%&'*+/=?^_`{|}~@-])[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
    r"@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?"
)
_PIECE: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[<>(),:;]|[^"<>(),:;]+|"', re.DOTALL)
MOST: Final = 200


def sender_of(values: Iterable[str]) -> Sender:
    """The sender by the From headers as they stand, before encoded words are read."""
    headers = list(values)
    if len(headers) != 1:
        much = "has no From" if not headers else "has several From headers"
        return Sender(None, why=f"the mail {much}")
    found = _mailbox(headers[0])
    return found if isinstance(found, Sender) else Sender(None, why=found)


def _mailbox(value: str) -> Sender | str:
    """The one mailbox of a header, or why it is not one."""
    name, inside, opened, depth = "", "", 0, 0
    for piece in _PIECE.findall(value):
        if piece == '"':
            return "From has an open quotation mark"
        if piece == "(" or depth:
            depth += (piece == "(") - (piece == ")")
        elif piece == "<":
            opened += 1
        elif piece == ">":
            opened += 1
        elif piece in ",;:)":
            return "From names more than one mailbox, or a group"
        elif opened == 1:
            inside += piece
        elif opened == 2 and piece.strip():
            return "something follows the address in From"
        else:
            name += piece.strip('"') if piece.startswith('"') else piece
    if depth or opened not in (0, 2):
        return "From has a bracket too many"
    address = inside.strip() if opened else name.strip()
    return _checked(address, name.strip() if opened else "")


def _checked(address: str, name: str) -> Sender | str:
    try:
        address = plain_address(address)
    except ValueError:
        return "From holds no plain address"
    others = {other.casefold() for other in addresses_in(name)}
    if others - {address.casefold()}:
        return "the name in From is another address"
    if "@" in name and not others:
        return "the name in From looks like an address"
    return Sender(address, " ".join(name.split()))


def addresses_in(text: str) -> Iterator[str]:
    """Every plain address in a text, in order."""
    for number, found in enumerate(_ADDRESS.finditer(text)):
        if number >= MOST:
            return
        try:
            yield plain_address(found.group().strip("."))
        except ValueError:
            continue
