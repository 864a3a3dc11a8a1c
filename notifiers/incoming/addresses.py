"""Addresses in headers: exactly one plain mailbox, or none and the reason.

`parseaddr` takes "bob@evil.com <owner@partner.com>" for bob's; readers of mail show
what they like of it. Where two readings are possible, there is no sender.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from engine.domain.parsing import email as plain_address
from notifiers.incoming.parts import decoded
from notifiers.incoming.values import Sender

_ADDRESS: Final = re.compile(
    r"(?<![A-Za-z0-9.!#$%&'*+/=?^_`{|}~@-])[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
    r"@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?"
)
_PIECE: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[<>(),:;]|[^"<>(),:;]+|"', re.DOTALL)
_LISTING: Final = frozenset(",;:)")
MOST: Final = 200


def sender_of(values: Iterable[str]) -> Sender:
    """The sender by the From headers as they stand, encoded words and all."""
    headers = list(values)
    if len(headers) != 1:
        much = "has no From" if not headers else "has several From headers"
        return Sender(None, why=f"the mail {much}")
    try:
        name, address = _taken_apart(headers[0])
        return _checked(address, decoded(name))
    except ValueError as error:
        return Sender(None, why=str(error))


def _taken_apart(value: str) -> tuple[str, str]:
    """The name and the address of the one mailbox; ValueError if it is not one."""
    texts, brackets = [""], ""
    for piece in _pieces(value):
        if piece in _LISTING:
            raise ValueError("From names more than one mailbox, or a group")
        if piece in ("<", ">"):
            brackets += piece
            texts.append("")
        else:
            texts[-1] += piece
    if brackets not in ("", "<>"):
        raise ValueError("From has a bracket too many")
    name, inside, rest = (text.strip() for text in (*texts, "", "")[:3])
    if rest:
        raise ValueError("something follows the address in From")
    return (name, inside) if brackets else ("", name)


def _pieces(value: str) -> Iterator[str]:
    """The parts of a header without its comments, and quoted texts without quotes."""
    depth = 0
    for piece in _PIECE.findall(value):
        if piece == "(":
            depth += 1
        elif depth:
            depth -= piece == ")"
        elif piece == '"':
            raise ValueError("From has an open quotation mark")
        elif piece.startswith('"'):
            yield f" {piece[1:-1]} "
        else:
            yield piece
    if depth:
        raise ValueError("From has a bracket too many")


def _checked(address: str, name: str) -> Sender:
    try:
        address = plain_address(address)
    except ValueError:
        raise ValueError("From holds no plain address") from None
    others = {other.casefold() for other in addresses_in(name)}
    if others - {address.casefold()}:
        raise ValueError("the name in From is another address")
    if "@" in name and not others:
        raise ValueError("the name in From looks like an address")
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
