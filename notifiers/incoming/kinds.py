"""Who or what wrote a mail, by its headers first and its words last."""

import re
from collections.abc import Iterator
from typing import Final

from notifiers.incoming.marks import plain
from notifiers.incoming.parts import Parsed
from notifiers.incoming.values import MailKind

_OURS: Final = re.compile(r"<[0-9a-f]{64}@([^<>@\s]+)>")
_DAEMON: Final = re.compile(r"mailer-daemon|mail delivery (?:sub)?system|postmaster@")
#: Words of bounces that follow no standard: subject first, then the text's beginning.
_FAILED: Final = re.compile(
    r"undeliver|delivery (?:status notification|failure|has failed|problem)|"
    r"failure notice|returned (?:mail|to sender)|mail delivery failed|non remis|"
    r"could ?n[o']t be delivered|not delivered|echec de (?:la )?(?:remise|distribution)|"
    r"non distribu|message bloque|rejected:|unzustellbar|could not be delivered"
)
_FAILED_TEXT: Final = re.compile(
    r"this is the qmail-send program|this is the mail system at host|"
    r"your message (?:to \S+ )?(?:could|was|has) ?n[o']t be(?:en)? delivered|"
    r"this message was created automatically by mail delivery software"
)
_DELAYED: Final = re.compile(
    r"delayed|warning: could not send|still being retried|retarde"
)
_AWAY: Final = re.compile(
    r"(?:re ?: ?)?(?:automatic reply|auto(?:matic)?[- ]?(?:reply|response|repl)|auto ?:|"
    r"out of (?:the )?office|out of office|ooo\b|reponse automatique|message automatique|"
    r"absence(?: du bureau| de bureau| prolongee)?\b|absent|en conge|notification d'absence|"
    r"automatische antwort|abwesen|autoreply|away from|on (?:vacation|holiday|leave)\b|"
    r"vacation reply|respuesta automatica|risposta automatica)|"
    r".{0,60}\bis out of the office|.{0,60}\best absent"
)
_CHALLENGE: Final = re.compile(
    r"block(?:s)? unknown senders|(?:verify|confirm) that you are (?:a )?(?:human|a real)|"
    r"boite est protegee par|demande d'authentification|challenge.{0,20}response|"
    r"to be accepted, answer this|sender verification|to prove (?:that )?you are human|"
    r"verification de l'expediteur|ma boite .{0,30}protegee|approve yourself|"
    r"added to my (?:allowed|guest) list|prouver que vous n'etes pas un robot"
)
_RECEIPT: Final = re.compile(
    r"(?:read|lu|gelesen|read receipt|accuse de (?:reception|lecture)|"
    r"delivered|remis|not read|non lu)(?: ?:| \()"
)
_AUTOMATIC: Final = (
    "x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-mail-autoreply",
    "x-autoresponse", "x-ms-exchange-inbox-rules-loop", "x-cron-env", "x-vacation",
)  # fmt: skip
_LISTS: Final = (
    "list-id",
    "list-unsubscribe",
    "list-post",
    "x-mailing-list",
    "list-help",
)


def classify(mail: Parsed, text: str) -> tuple[MailKind, str]:
    """The kind of a mail, and the mark by which it was told; `text` is its beginning."""
    if not mail.headers:
        return MailKind.UNREADABLE, "it has no headers"
    found = next(_signs(mail, plain(text[:4_000])), None)
    if found is not None:
        return found
    if not mail.parts and mail.notes:
        return MailKind.UNREADABLE, mail.notes[0]
    return MailKind.HUMAN, "nothing says that a machine wrote it"


def _signs(mail: Parsed, text: str) -> Iterator[tuple[MailKind, str]]:
    yield from _reports(mail)
    yield from _ours(mail)
    yield from _failures(mail, text)
    yield from _spam(mail)
    yield from _calendar(mail)
    yield from _lists(mail)
    yield from _automatic(mail)
    yield from _worded(mail, text)


def _reports(mail: Parsed) -> Iterator[tuple[MailKind, str]]:
    kinds = {part.type for part in mail.parts}
    if mail.report_type == "disposition-notification" or (
        "message/disposition-notification" in kinds
    ):
        yield MailKind.RECEIPT, "it is a disposition notification (RFC 8098)"
    if mail.report_type != "delivery-status" and "message/delivery-status" not in kinds:
        return
    report = "\n".join(
        part.text for part in mail.parts if part.type == "message/delivery-status"
    )
    actions = set(re.findall(r"^action:\s{0,9}([a-z]+)", report.lower(), re.MULTILINE))
    if "failed" in actions or not actions:
        yield MailKind.BOUNCE, "it is a delivery report (RFC 3464) of a failure"
    elif "delayed" in actions:
        yield MailKind.DELAY, "it is a delivery report (RFC 3464) of a delay"
    else:
        yield MailKind.RECEIPT, "it is a delivery report (RFC 3464) of a success"


def _ours(mail: Parsed) -> Iterator[tuple[MailKind, str]]:
    found = _OURS.search(mail.first("message-id"))
    sender = mail.first("from").rpartition("@")[2].strip("<> ").lower()
    if found and found[1].lower() == sender:
        yield MailKind.OURS, "its Message-ID is one of ours"
    loop = mail.first("x-loop").strip().lower()
    if loop and loop in mail.first("from").lower():
        yield MailKind.OURS, "X-Loop says that we sent it"


def _failures(mail: Parsed, text: str) -> Iterator[tuple[MailKind, str]]:
    subject, sender = plain(mail.first("subject")), plain(mail.first("from"))
    if mail.has("x-failed-recipients"):
        yield MailKind.BOUNCE, "it has X-Failed-Recipients"
    if mail.has("x-ms-exchange-message-is-ndr"):
        yield MailKind.BOUNCE, "Exchange says that it reports a failure"
    empty = mail.first("return-path").strip() == "<>"
    daemon = _DAEMON.search(sender) is not None
    if (empty or daemon) and _DELAYED.search(subject):
        yield MailKind.DELAY, "a mail server says that it is still trying"
    if (empty or daemon) and (_FAILED.search(subject) or _FAILED_TEXT.search(text)):
        yield MailKind.BOUNCE, "a mail server says that it was not delivered"
    if _FAILED_TEXT.search(text[:600]):
        yield MailKind.BOUNCE, "its words are those of a mail server"
    if daemon:
        yield MailKind.BOUNCE, "a mail server wrote it"


def _spam(mail: Parsed) -> Iterator[tuple[MailKind, str]]:
    if mail.first("x-spam-flag").strip().lower() == "yes":
        yield MailKind.SPAM, "X-Spam-Flag says so"
    if mail.first("x-spam-status").strip().lower().startswith("yes"):
        yield MailKind.SPAM, "X-Spam-Status says so"


def _calendar(mail: Parsed) -> Iterator[tuple[MailKind, str]]:
    if any(
        part.type == "text/calendar" and not part.is_attachment for part in mail.parts
    ):
        yield MailKind.CALENDAR, "it holds an invitation"


def _lists(mail: Parsed) -> Iterator[tuple[MailKind, str]]:
    for name in _LISTS:
        if mail.has(name):
            yield MailKind.LIST, f"it has {name.title()}"
    if mail.first("precedence").strip().lower() == "list":
        yield MailKind.LIST, "Precedence says list"


def _automatic(mail: Parsed) -> Iterator[tuple[MailKind, str]]:
    said = mail.first("auto-submitted").partition(";")[0].split("(")[0].strip().lower()
    if said and said != "no":
        yield MailKind.AUTO_REPLY, f"Auto-Submitted says {said} (RFC 3834)"
    for name in _AUTOMATIC:
        if mail.has(name) and mail.first(name).strip().lower() not in ("no", "false"):
            yield MailKind.AUTO_REPLY, f"it has {name.title()}"
    precedence = mail.first("precedence").strip().lower()
    if precedence in ("auto_reply", "bulk", "junk"):
        yield MailKind.AUTO_REPLY, f"Precedence says {precedence}"
    if mail.first("x-auto-response-suppress").strip().lower() in ("all", "oof"):
        yield MailKind.AUTO_REPLY, "it has X-Auto-Response-Suppress"
    if mail.first("return-path").strip() == "<>":
        yield MailKind.AUTO_REPLY, "its Return-Path is empty"


def _worded(mail: Parsed, text: str) -> Iterator[tuple[MailKind, str]]:
    subject = plain(mail.first("subject"))
    if _AWAY.match(subject):
        yield MailKind.AUTO_REPLY, "its subject is that of an automatic reply"
    if _RECEIPT.match(subject):
        yield MailKind.RECEIPT, "its subject is that of a receipt"
    if _CHALLENGE.search(f"{subject} {text[:1500]}"):
        yield MailKind.AUTO_REPLY, "it wants its sender to prove something"
