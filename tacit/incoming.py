"""Reading mails and what they say: the reader's findings, as deciding takes them."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from engine.domain.mail_in import MailIn, MailKind, ReadMail, Returned, Understand
from engine.domain.replies import Vocabulary, understand
from notifiers.incoming import IncomingMail, read_mail
from notifiers.incoming.values import MailKind as Found

_KINDS: Final = {
    Found.HUMAN: MailKind.PERSON,
    Found.BOUNCE: MailKind.BOUNCE,
    Found.DELAY: MailKind.BOUNCE,
    Found.AUTO_REPLY: MailKind.AWAY,
    Found.RECEIPT: MailKind.PROGRAM,
    Found.CALENDAR: MailKind.PROGRAM,
    Found.LIST: MailKind.LIST,
    Found.SPAM: MailKind.SPAM,
    Found.OURS: MailKind.OURS,
    Found.UNREADABLE: MailKind.UNREADABLE,
}
_LONGEST_REASON: Final = 400


def reader_of(trusted_servers: Sequence[str]) -> ReadMail:
    """Reads mails, believing these servers of who sent one."""
    return lambda raw: _as_mail(read_mail(raw, trusted_servers))


def understanding(known: Sequence[Vocabulary]) -> Understand:
    """Understands replies by these vocabularies."""
    return partial(understand, known)


def _as_mail(mail: IncomingMail) -> MailIn:
    vouched = mail.authentication
    return MailIn(
        _KINDS[mail.kind],
        mail.message_id,
        mail.sender.address,
        mail.recipients,
        _nearest_first(mail),
        None if vouched.passed else vouched.why,
        _plain(mail.subject),
        _plain(mail.reply.text),
        _returned(mail),
        _delegate(mail),
        not mail.reply.doubt,
    )


def _nearest_first(mail: IncomingMail) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*mail.in_reply_to, *reversed(mail.references)]))


def _delegate(mail: IncomingMail) -> str | None:
    """The address that an absence names; else its words, where a name may stand."""
    if mail.absence is None:
        return None
    return mail.absence.delegate or _plain(mail.reply.text)


def _plain(text: str) -> str:
    """No database takes a NUL in a text."""
    return text.replace("\0", "")


def _returned(mail: IncomingMail) -> tuple[Returned, ...]:
    bounce = mail.bounce
    if bounce is None or bounce.message_id is None:
        return ()
    # Without a code it is a bounce all the same: it says so itself.
    is_final = mail.kind is Found.BOUNCE and bounce.is_permanent is not False
    statuses = ", ".join(bounce.statuses)
    reason = f"it came back ({statuses or mail.why})"[:_LONGEST_REASON]
    recipient = next(iter(bounce.recipients), None)
    return (Returned(bounce.message_id, recipient, is_final, _plain(reason)),)
