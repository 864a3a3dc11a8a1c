"""Mail that comes in: bytes in, values out. Nothing here stores, sends or decides."""

from notifiers.incoming.reading import read_mail
from notifiers.incoming.replies import read_text
from notifiers.incoming.values import (
    Absence,
    Authentication,
    Bounce,
    Cut,
    IncomingMail,
    MailKind,
    Reply,
    Sender,
)

__all__ = [
    "Absence",
    "Authentication",
    "Bounce",
    "Cut",
    "IncomingMail",
    "MailKind",
    "Reply",
    "Sender",
    "read_mail",
    "read_text",
]
