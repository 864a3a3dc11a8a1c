"""One letter as the bytes of a mail.

Written by hand: the standard library's EmailMessage alone takes longer than all the
rest of a delivery. Every header value is ASCII on one line before it gets here, so
nothing in a letter can add a header.
"""

import re
from binascii import b2a_base64, b2a_qp
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256
from typing import Final

from engine.domain.errors import PermanentDeliveryError, TacitError
from engine.domain.letters import Letter
from engine.domain.parsing import email as plain_address

_CRLF: Final = "\r\n"
_NOT_PRINTABLE: Final = re.compile(r"[^\x20-\x7e]+")
_BREAKS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
#: What RFC 5322 lets stand in a name without quotes.
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_LONGEST_PLAIN_HEADER: Final = 76
_FIXED_HEADERS: Final = (
    "MIME-Version: 1.0",
    # Asks other programs not to answer, as Microsoft's header does.
    "Auto-Submitted: auto-generated",
)
_ALL_BUT_AWAY: Final = "DR, RN, NRN, AutoReply"
_MESSAGE_ID: Final = re.compile(r"<[!-;=?-~]{1,240}@[!-;=?-~]{1,240}>")
_LONGEST_THREAD: Final = 10  #: in mails, besides the first


@dataclass(frozen=True, slots=True)
class Sender:
    """In whose name mail is written, and where replies and failures go.

    Raises TacitError for an address that is not a plain one.
    """

    name: str
    address: str
    reply_to: str | None = None
    bounces_to: str | None = None

    def __post_init__(self) -> None:
        for address in (self.address, self.reply_to, self.bounces_to):
            if address is None:
                continue
            try:
                plain_address(address)
            except ValueError as error:
                raise TacitError(f"the sender's address {address!r} {error}") from None

    @property
    def domain(self) -> str:
        """The right-hand side of every Message-ID."""
        return self.address.rpartition("@")[2]


def message_id(key: str, sender: Sender) -> str:
    """The same for the same key, so that a second copy can be recognised."""
    return f"<{sha256(key.encode()).hexdigest()}@{sender.domain}>"


def build_mail(letter: Letter, sender: Sender, now: datetime) -> bytes:
    """A mail of two alternatives, text and HTML, with CRLF line ends.

    Raises PermanentDeliveryError when the letter's address is not a plain one.
    """
    # No body line can look like it: quoted-printable never writes "=_".
    boundary = f"=_{sha256(letter.key.encode()).hexdigest()[:32]}"
    headers = [
        _from(sender),
        f"Reply-To: {_reply_to(letter, sender)}",
        *_FIXED_HEADERS,
        # Who is away and names a delegate is listened to where replies are read.
        f"X-Auto-Response-Suppress: {_ALL_BUT_AWAY if letter.reply_to else 'All'}",
        f"To: {_mailbox(letter.recipient_name, recipient_of(letter))}",
        _header("Subject", letter.rendered.subject),
        f"Date: {format_datetime(now)}",
        f"Message-ID: {message_id(letter.key, sender)}",
        *_thread(letter.thread),
        f"Content-Language: {_NOT_PRINTABLE.sub('', letter.language)}",
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
    ]
    head = _CRLF.join(headers).encode("ascii")
    start = f"\r\n--{boundary}\r\n".encode("ascii")
    end = f"\r\n--{boundary}--\r\n".encode("ascii")
    text = _part("plain", letter.rendered.text)
    html = _part("html", letter.rendered.html)
    return b"".join((head, b"\r\n", start, text, start, html, end))


def recipient_of(letter: Letter) -> str:
    """The letter's address; raises PermanentDeliveryError if it is not a plain one."""
    return _plain(letter.address)


def envelope_sender(letter: Letter, sender: Sender) -> str:
    """Where servers and programs on the way answer: what came back is read there."""
    return _plain(letter.reply_to or sender.bounces_to or sender.address)


def _reply_to(letter: Letter, sender: Sender) -> str:
    return _plain(letter.reply_to or sender.reply_to or sender.address)


def _plain(address: str) -> str:
    try:
        return plain_address(address)
    except ValueError as error:
        raise PermanentDeliveryError(f"the address {address!r} {error}") from None


def _thread(thread: str | None) -> list[str]:
    """The mail that this one answers is the last of the thread, after those before it.

    Somebody else chose these ids: what is not one is left out.
    """
    ids = [one for one in (thread or "").split() if _MESSAGE_ID.fullmatch(one)]
    if not ids:
        return []
    told = [ids[0], *ids[1:][-_LONGEST_THREAD:]]
    references = f"{_CRLF} ".join(told)
    return [f"In-Reply-To: {ids[-1]}", f"References: {references}"]


@lru_cache(maxsize=16)
def _from(sender: Sender) -> str:
    return f"From: {_mailbox(sender.name, sender.address)}"


def _part(subtype: str, content: str) -> bytes:
    head = (
        f'Content-Type: text/{subtype}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    lines = content.replace("\r\n", "\n").replace("\r", "\n")
    # Given CRLF, b2a_qp would still fold a text of one long line with a bare LF.
    encoded = b2a_qp(lines.encode("utf-8"), istext=True)
    return head.encode("ascii") + encoded.replace(b"\n", b"\r\n")


def _mailbox(name: str, address: str) -> str:
    phrase = _phrase(name)
    return f"{phrase} <{address}>" if phrase else address


@lru_cache(maxsize=1024)
def _phrase(name: str) -> str:
    clean = _one_line(name)
    plain = _ATOMS.fullmatch(clean) and _fits("Reply-To", clean)
    return clean if plain or not clean else _encoded(clean, "Reply-To")


@lru_cache(maxsize=1024)
def _header(name: str, value: str) -> str:
    clean = _one_line(value)
    if not _NOT_PRINTABLE.search(clean) and _fits(name, clean):
        return f"{name}: {clean}"
    return f"{name}: {_encoded(clean, name)}"


def _one_line(value: str) -> str:
    # French needs its no-break spaces, so not every white space is replaced.
    return _BREAKS.sub(" ", value).strip(" ")


def _fits(name: str, value: str) -> bool:
    # A value that looks like an encoded word would be decoded by the reader's client.
    return "=?" not in value and len(name) + 2 + len(value) <= _LONGEST_PLAIN_HEADER


def _encoded(value: str, name: str) -> str:
    """Encoded words (RFC 2047) on lines of their own, none ending inside a character.

    They hold every character, so quotes and commas need no care either.
    """
    words: list[bytes] = [b""]
    room = _octets_that_fit(len(name) + 2)
    for character in value:
        octets = character.encode("utf-8", "replace")
        if len(words[-1]) + len(octets) > room:
            words.append(b"")
            room = _octets_that_fit(1)
        words[-1] += octets
    written = (b2a_base64(word, newline=False).decode("ascii") for word in words)
    return f"{_CRLF} ".join(f"=?utf-8?b?{word}?=" for word in written)


def _octets_that_fit(used: int) -> int:
    """How many octets an encoded word takes on a line of which some is used."""
    return (_LONGEST_PLAIN_HEADER - used - len("=?utf-8?b??=")) // 4 * 3
