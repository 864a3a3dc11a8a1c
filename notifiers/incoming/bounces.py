"""What a bounce says: who was not reached, why, and which message of ours it was."""

import re
from collections.abc import Iterable
from typing import Final

from notifiers.incoming.addresses import addresses_in
from notifiers.incoming.parts import Parsed
from notifiers.incoming.values import Bounce

MOST: Final = 100
_FINAL: Final = re.compile(
    r"^(?:final|original)-recipient:[ \t]{0,9}(?:rfc822|utf-8)?[ \t]{0,9};?[ \t]{0,9}(\S+)",
    re.IGNORECASE | re.MULTILINE,
)
_STATUS: Final = re.compile(r"^status:\s{0,9}([245]\.\d{1,3}\.\d{1,3})", re.I | re.M)
#: Codes in prose: "550 5.1.1", "#5.1.1", "(551)".
_CODE: Final = re.compile(r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY: Final = re.compile(r"(?<![\d.-])([45]\d\d)[ -](?!\d)")
_MESSAGE_ID: Final = re.compile(r"^message-id:\s{0,9}(<[^<>\s]{1,400}>)", re.I | re.M)
_COPY: Final = re.compile(
    r"^-{2,}.{0,60}(?:copy of the message|original message|below this line)",
    re.I | re.M,
)


def read_bounce(mail: Parsed, own: Iterable[str]) -> Bounce:
    """What the report says, or else its words; `own` addresses were the senders."""
    reports = [part.text for part in mail.parts if "delivery-status" in part.type]
    words = [
        part.text for part in mail.parts if part.type in ("text/plain", "text/html")
    ]
    report, text = "\n".join(reports), "\n".join(words)
    copied = "\n".join(
        part.text
        for part in mail.parts
        if part.type in ("message/rfc822", "text/rfc822-headers", "message/global")
    )
    recipients = _recipients(mail, report, text, own)
    statuses = list(dict.fromkeys(_STATUS.findall(report)[:MOST]))
    if not statuses:
        said = _COPY.split(text)[0][:8_000]
        statuses = list(dict.fromkeys(_CODE.findall(said)[:MOST]))
        statuses = statuses or [f"{code[0]}.0.0" for code in _REPLY.findall(said)[:1]]
    found = _MESSAGE_ID.search(copied) or _MESSAGE_ID.search(text)
    named = found[1] if found else _referred(mail)
    return Bounce(tuple(recipients), tuple(statuses), named)


def _recipients(mail: Parsed, report: str, text: str, own: Iterable[str]) -> list[str]:
    listed = [one.strip("<>;") for one in _FINAL.findall(report)[:MOST]]
    listed = listed or list(addresses_in(mail.first("x-failed-recipients")))
    if not listed:
        mine = {one.casefold() for one in own}
        said = _COPY.split(text)[0][:8_000]
        listed = [one for one in addresses_in(said) if one.casefold() not in mine][:5]
    return list(dict.fromkeys(one for one in listed if "@" in one))


def _referred(mail: Parsed) -> str | None:
    for header in ("in-reply-to", "references"):
        found: list[str] = re.findall(r"<[^<>\s]{1,400}>", mail.first(header))
        if found:
            return found[-1]
    return None
