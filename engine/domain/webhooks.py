"""Webhooks: who is told of transitions over HTTP, and where that may be."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from engine.domain.errors import TacitError

#: The kind of subject that webhooks are in the audit trail.
WEBHOOK: Final = "webhook"
#: The kind of entry that asks for a call to try one.
PING: Final = "ping"
LONGEST_URL: Final = 2_000
_PRINTABLE: Final = re.compile(r"[\x21-\x7e]+")
#: IPv4 addresses in IPv6 clothes, for translators: they lead to networks behind them.
_TRANSLATED: Final = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))


class CallStatus(StrEnum):
    """What became of one call."""

    QUEUED = "queued"  #: waits for its time, or for another try
    SENT = "sent"  #: the endpoint took it
    HELD = "held"  #: its tries are used up: a person sees to it


class Webhook(NamedTuple):
    """One endpoint, and how far it was told the audit trail."""

    id: int
    url: str
    description: str
    secret: str
    created_at: datetime
    disabled_at: datetime | None
    followed_until: int
    old_secret: str | None = None
    old_secret_until: datetime | None = None


class Told(NamedTuple):
    """One entry of the trail that endpoints are told of."""

    id: int
    subject_kind: str
    subject_id: int
    seq: int
    at: datetime
    kind: str
    body: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call that is about to be made; its try is counted already."""

    id: int
    key: str  # the same at each try, so that a second one can be recognised
    url: str
    secret: str
    body: str
    attempts: int
    old_secret: str | None = None  # signs too, while the other side learns the new one


class CallRow(NamedTuple):
    """One call as people see it."""

    id: int
    audit_id: int
    body: str
    status: str
    attempts: int
    queued_at: datetime
    next_try_at: datetime
    sent_at: datetime | None
    error: str | None


class WebhookAddressError(TacitError):
    """Raised for an address that cannot be called; says what one would be like."""


def checked_url(text: str, *, private: bool) -> str:
    """An address to call, unless it cannot be one; names are looked up at each call."""
    url = text.strip()
    if len(url) > LONGEST_URL or not _PRINTABLE.fullmatch(url):
        raise WebhookAddressError(
            "the address is too long, or has blanks or letters that addresses do not: "
            "write it like https://example.com/hooks/tacit"
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or port == 0:
        raise WebhookAddressError(
            f'"{url}" is no address: write it like https://example.com/hooks/tacit'
        )
    _refuse_what_is_unsafe(url, private)
    return url


def _refuse_what_is_unsafe(url: str, private: bool) -> None:
    parts = urlsplit(url)
    schemes = ("https", "http") if private else ("https",)
    if parts.scheme not in schemes:
        raise WebhookAddressError(f'"{url}" must begin with https://')
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise WebhookAddressError(
            "the address may hold no user, password or #fragment: calls are signed, so "
            "the endpoint knows who calls"
        )
    try:
        address = ip_address(parts.hostname or "")
    except ValueError:
        return
    if not private and not is_public(str(address)):
        raise WebhookAddressError(f"{address} is within a private network: {_WHY}")


_WHY: Final = "webhooks may only reach the open internet"


def is_public(address: str) -> bool:
    """Whether an address is one machine's on the open internet, and nothing of ours."""
    try:
        found = ip_address(address.split("%")[0])
    except ValueError:
        return False
    if "%" in address or _is_disguised(found):
        return False
    return found.is_global and not (
        found.is_multicast
        or found.is_reserved
        or found.is_unspecified
        or found.is_loopback
        or found.is_link_local
    )


def _is_disguised(address: IPv4Address | IPv6Address) -> bool:
    """An IPv4 address in IPv6 clothes; whoever means it can write it."""
    if isinstance(address, IPv4Address):
        return False
    return (
        address.ipv4_mapped is not None
        or address.sixtofour is not None
        or address.teredo is not None
        or address.is_site_local
        or any(address in network for network in _TRANSLATED)
    )
