"""Reads the bytes of a mail: what it is, who it is by, and what it says."""

import re
from collections.abc import Collection
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

from notifiers.incoming.absences import read_absence
from notifiers.incoming.addresses import addresses_in, sender_of
from notifiers.incoming.authentication import authenticate
from notifiers.incoming.bounces import read_bounce
from notifiers.incoming.kinds import classify
from notifiers.incoming.parts import Parsed, parse
from notifiers.incoming.replies import find_reply
from notifiers.incoming.values import IncomingMail, MailKind, Reply

_ID: Final = re.compile(r"<[^<>\s]{1,400}>")
_RECIPIENTS: Final = (
    "delivered-to", "x-original-to", "envelope-to", "to", "cc", "x-envelope-to"
)  # fmt: skip
_MOST: Final = 100


def read_mail(
    raw: bytes, trusted_servers: Collection[str], ours: Collection[str] = ()
) -> IncomingMail:
    """All that can be known of a mail by itself. Never raises, whatever the bytes.

    `trusted_servers` are the names under which our own servers write
    Authentication-Results; `ours` are texts that we sent and the mail may quote.
    """
    mail = parse(raw)
    sender = sender_of(mail.senders)
    reply = find_reply(mail.parts, sender.name, ours)
    words = _words(mail)
    kind, why = classify(mail, words)
    sent = _date(mail.first("date"))
    recipients = _recipients(mail)
    domain = (sender.address or "").rpartition("@")[2]
    others = {sender.address or "", *recipients}
    away = kind is MailKind.AUTO_REPLY
    return IncomingMail(
        kind=kind,
        why=why,
        message_id=next(iter(_ids(mail.first("message-id"))), None),
        in_reply_to=_ids(mail.first("in-reply-to")),
        references=_ids(mail.first("references")),
        sent_at=sent,
        subject=mail.first("subject")[:1_000],
        sender=sender,
        recipients=recipients,
        authentication=authenticate(mail.headers, trusted_servers, domain),
        reply=_noted(reply, mail),
        bounce=read_bounce(mail, others) if kind is MailKind.BOUNCE else None,
        absence=read_absence(
            words, mail.first("subject"), sent.date() if sent else None, others
        )
        if away
        else None,
        notes=mail.notes,
    )


def _noted(reply: Reply, mail: Parsed) -> Reply:
    if mail.notes and not reply.doubt:
        return Reply(reply.text, reply.cuts, mail.notes[0])
    return reply


def _words(mail: Parsed) -> str:
    """The text of a mail as its machine wrote it, quotes and all."""
    texts = [part for part in mail.parts if part.type.startswith("text/") and part.text]
    plains = [part.text for part in texts if part.type == "text/plain"]
    if plains:
        return "\n".join(plains)[:20_000]
    return "\n".join(
        re.sub(r"<[^<>]{0,2000}>", " ", part.text[:20_000]) for part in texts
    )[:20_000]


def _ids(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_ID.findall(value)[:_MOST]))


def _date(value: str) -> datetime | None:
    try:
        return parsedate_to_datetime(value[:200])
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _recipients(mail: Parsed) -> tuple[str, ...]:
    found = [
        address
        for name in _RECIPIENTS
        for value in mail.all(name)
        for address in addresses_in(value)
    ]
    return tuple(dict.fromkeys(found[:_MOST]))
