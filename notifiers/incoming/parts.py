"""The headers and text parts of a mail, whatever its bytes: bounded, and no error.

The standard library's parser is quadratic in places, so what it gets is bounded first:
the size, the number of boundaries, the length of the headers that it takes apart.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Final

#: A reply's text comes first; what lies beyond this is attachments.
MAX_BYTES: Final = 4_000_000
MAX_TEXT: Final = 400_000
MAX_HEADERS: Final = 400
MAX_HEADER: Final = 20_000
MAX_PARTS: Final = 60
#: A header that names a type or a boundary is never as long.
_LONG_FIELD: Final = 3_000

_NESTING: Final = re.compile(rb"boundary\s*\*?\d*\*?\s*=|message/rfc822", re.IGNORECASE)
_FIELD: Final = re.compile(
    rb"^(?:content-[a-z-]{1,40}|mime-version)[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*",
    re.IGNORECASE | re.MULTILINE,
)
#: Codecs of Python that are no character sets, or slow.
_NO_CHARSETS: Final = frozenset(
    {"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "mbcs"}
)
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf of a mail: its type, its text, and the parameters of the type."""

    type: str
    text: str
    is_attachment: bool = False
    is_flowed: bool = False


@dataclass(frozen=True)
class Parsed:
    """A mail's headers in order, unfolded and decoded, and its parts.

    `notes` say what was left unread, and why.
    """

    headers: tuple[tuple[str, str], ...]
    senders: tuple[str, ...]  #: From, undecoded: its encoded words are no syntax
    parts: tuple[Part, ...]
    type: str
    report_type: str
    notes: tuple[str, ...] = ()

    def all(self, name: str) -> list[str]:
        """Every value of a header, from the top."""
        return [value for key, value in self.headers if key == name]

    def first(self, name: str) -> str:
        """The topmost value of a header, or nothing."""
        return next((value for key, value in self.headers if key == name), "")

    def has(self, name: str) -> bool:
        return any(key == name for key, _ in self.headers)


def parse(raw: bytes) -> Parsed:
    """The mail, as far as it can be read."""
    notes = []
    if len(raw) > MAX_BYTES:
        notes.append(f"only the first {MAX_BYTES:,} bytes were read")
        raw = raw[:MAX_BYTES]
    refused = _refused(raw)
    if refused:
        notes.append(refused)
    message = _message(raw, headers_only=bool(refused))
    if message is None:
        return Parsed((), (), (), "", "", (*notes, "its parts cannot be told apart"))
    parts = () if refused else tuple(_leaves(message))
    return Parsed(
        tuple(_headers(message)),
        tuple(
            " ".join(str(value)[:MAX_HEADER].split())
            for value in message.get_all("from", [])[:MAX_PARTS]
        ),
        parts,
        "" if refused else _type(message),
        "" if refused else _parameter(message, "report-type"),
        tuple(notes),
    )


def _refused(raw: bytes) -> str:
    if len(_NESTING.findall(raw)) > MAX_PARTS:
        return f"it has more than {MAX_PARTS} parts"
    if any(len(found.group()) > _LONG_FIELD for found in _FIELD.finditer(raw)):
        return "a header of one of its parts is too long"
    return ""


def _message(raw: bytes, *, headers_only: bool) -> Message | None:
    try:
        if headers_only:
            head = raw[: raw.find(b"\n\n") + 1 or len(raw)][:MAX_TEXT]
            return BytesHeaderParser(policy=policy.compat32).parsebytes(head)
        return message_from_bytes(raw, policy=policy.compat32)
    except Exception:  # whatever the bytes were, the mail is unreadable, no more
        return None


def _headers(message: Message) -> Iterator[tuple[str, str]]:
    for name, value in list(message.raw_items())[:MAX_HEADERS]:
        yield name.lower(), decoded(str(value)[:MAX_HEADER])


def decoded(value: str) -> str:
    """A header's value on one line, its encoded words as text."""
    value = " ".join(value.split())
    if not value.isascii():
        value = as_text(value.encode("utf-8", "surrogateescape"), "utf-8")
    if "=?" not in value:
        return _CONTROLS.sub("", value)
    try:
        found = decode_header(value)
    except Exception:  # a broken encoded word is shown as it stands
        return _CONTROLS.sub("", value)
    text = "".join(
        part if isinstance(part, str) else as_text(part, charset or "ascii")
        for part, charset in found
    )
    return _CONTROLS.sub("", " ".join(text.split()))


def as_text(data: bytes, charset: str) -> str:
    """Bytes as text, in the character set they claim, else in a likely one."""
    try:
        name = codecs.lookup(charset).name
        if name.replace("-", "_") not in _NO_CHARSETS:
            return data.decode("utf-8" if name == "ascii" else name)
    except (LookupError, ValueError, TypeError):
        pass
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _type(message: Message) -> str:
    try:
        return message.get_content_type().lower()
    except Exception:  # a type that is not even text is plain text
        return "text/plain"


def _parameter(message: Message, name: str) -> str:
    """A parameter of the type, in small letters; nothing where it cannot be read."""
    try:
        found = message.get_param(name, "")
        return str(found[2] if isinstance(found, tuple) else found).lower()
    except Exception:  # RFC 2231 lets a parameter claim any character set
        return ""


def _leaves(message: Message) -> Iterator[Part]:
    """The leaves in order; parts of attached mails only where a report attaches one."""
    stack, count = [message], 0
    while stack and count < MAX_PARTS:
        part = stack.pop()
        # Asked of a leaf, it would decode by whatever character set the mail claims.
        below = part.get_payload() if part.is_multipart() else None
        if isinstance(below, list):
            inner = [one for one in below[:MAX_PARTS] if isinstance(one, Message)]
            if part.get_content_maintype() == "message":
                yield _attached(part, inner)
            else:
                stack += reversed(inner)
            continue
        count += 1
        yield _leaf(part)


def _leaf(part: Message) -> Part:
    kind = _type(part)
    attached = str(part.get("content-disposition", "")).lower().startswith("attach")
    if not kind.startswith("text/") and "message" not in kind and "rfc822" not in kind:
        return Part(kind, "", attached)
    try:
        data = part.get_payload(decode=True)
    except Exception:  # broken transfer encodings are taken as they stand
        data = _as_it_stands(part)
    charset = _parameter(part, "charset") or "utf-8"
    text = as_text(data[: 4 * MAX_TEXT] if isinstance(data, bytes) else b"", charset)
    flowed = "flowed" in _parameter(part, "format")
    return Part(kind, text[:MAX_TEXT], attached, flowed)


def _as_it_stands(part: Message) -> bytes:
    try:
        return part.as_bytes().partition(b"\n\n")[2]
    except Exception:  # nothing of it can be written at all
        return b""


def _attached(part: Message, below: list[Message]) -> Part:
    """A mail or a report in a part: its headers as text, which is all that is asked."""
    lines = [
        f"{name}: {' '.join(str(value)[:MAX_HEADER].split())}"
        for one in below[:MAX_PARTS]
        for name, value in list(one.raw_items())[:MAX_HEADERS]
    ]
    return Part(_type(part), "\n".join(lines)[:MAX_TEXT], is_attachment=True)
