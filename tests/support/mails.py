"""Mails as people, servers and programs write them, and what works on them."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Final

from engine.domain.inbox import InboxItem, InboxStatus, Source
from engine.domain.letters import Letter
from engine.domain.mail_in import MailIn, MailKind, Returned
from engine.domain.prompts import AnswerOutcome
from engine.services.read_mail_in import MailReader
from engine.services.site_keys import signing_keys
from engine.services.take_in_mail import take_in_mail
from engine.services.take_reply import Answering
from engine.services.work_inbox import Working, work_inbox
from tests.support.installation import Installation, shipped_policy
from web.addresses import reply_address

REPLIES_TO: Final = "replies@vendor.example"
NO_HEADERS: Final[Mapping[str, str]] = {}
AWAY: Final = {"Auto-Submitted": "auto-replied"}
OUR_SERVER: Final = "mx.vendor.example"


def a_mail(
    to: str,
    text: str,
    sender: str = "acme.contact@example.com",
    *,
    number: int = 1,
    proven: bool = True,
    answers: str | None = None,
    headers: Mapping[str, str] = NO_HEADERS,
) -> bytes:
    """A mail that somebody writes, with more headers."""
    mail = EmailMessage()
    domain = sender.rpartition("@")[2]
    if proven:
        mail["Authentication-Results"] = (
            f"{OUR_SERVER}; dkim=pass header.d={domain}; spf=pass "
            f"smtp.mailfrom={sender}; dmarc=pass header.from={domain}"
        )
    mail["From"], mail["To"] = sender, to
    mail["Subject"] = "Re: Your contract"
    mail["Date"] = "Mon, 02 Nov 2026 12:00:00 +0000"
    mail["Message-ID"] = f"<{number}.mail@{domain}>"
    if answers:
        mail["In-Reply-To"] = mail["References"] = answers
    for name, value in headers.items():
        mail[name] = value
    mail.set_content(text)
    return mail.as_bytes(policy=policy.SMTP)


def a_bounce(to: str, message_id: str, recipient: str, action: str = "failed") -> bytes:
    """What a server sends back, as RFC 3464 has it."""
    status = "5.1.1" if action == "failed" else "4.4.7"
    return f"""\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example.com>
To: {to}
Subject: Undelivered Mail Returned to Sender
Date: Mon, 02 Nov 2026 12:00:00 +0000
Message-ID: <bounce.{action}@mx.example.com>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

This is the mail system. Your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com
Arrival-Date: Mon, 02 Nov 2026 11:00:00 +0000

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b
Content-Type: text/rfc822-headers

From: Vendor <renewals@vendor.example>
Message-ID: {message_id}
To: {recipient}

--b--
""".replace("\n", "\r\n").encode()


@dataclass(frozen=True)
class Read:
    """What was understood."""

    verdict: str
    event: str | None = None
    why: str = "as the test says"


def understand(text: str, asks: Collection[str], _language: str | None) -> Read:
    """Words that mean one thing each: what is done of them is shown here."""
    said = text.strip().lower()
    events = {"yes": "accept", "cancel": "request_cancellation", "back": "take_back"}
    if not said:
        return Read("ignored")
    if said in events and events[said] in asks:
        return Read("event", events[said])
    return Read("person" if "?" in said else "ask_again")


def read(raw: bytes) -> MailIn:
    """A mail as its headers plainly say: nothing of it is quoted or signed."""
    mail = message_from_bytes(raw, policy=policy.default)
    names = ("To", "Cc", "Delivered-To")
    recipients = [str(one) for name in names for one in mail.get_all(name, [])]
    body = mail.get_body(("plain",))
    proven = OUR_SERVER in str(mail.get("Authentication-Results", ""))
    return MailIn(
        _kind(mail),
        mail["Message-ID"] and str(mail["Message-ID"]),
        parseaddr(str(mail["From"]))[1] or None,
        tuple(parseaddr(one)[1] for one in recipients),
        tuple(str(mail.get("In-Reply-To", "")).split()),
        None if proven else "nobody vouches for it",
        str(mail["Subject"]),
        str(body.get_content()) if body else "",
        _returned(raw.decode("utf-8", "replace")),
        delegate=str(body.get_content()) if body else None,
    )


def _kind(mail: EmailMessage) -> MailKind:
    if mail.get_content_type() == "multipart/report":
        return MailKind.BOUNCE
    if mail.get("Auto-Submitted", "no") != "no":
        return MailKind.AWAY
    return MailKind.LIST if "List-Id" in mail else MailKind.PERSON


def _returned(text: str) -> tuple[Returned, ...]:
    found = re.search(r"Action: (\w+)", text)
    if found is None:
        return ()
    message_id = re.findall(r"Message-ID: (\S+)", text)[-1]
    final = found[1] == "failed"
    return (Returned(message_id, None, final, "550 5.1.1 no such user"),)


@dataclass
class Post:
    """The mail of an installation: out by its relay, and in by its inbox."""

    tacit: Installation
    now: datetime

    def passes(self, now: datetime) -> None:
        self.now = now
        self.tacit.tick(now)
        self.relay(now)

    def relay(self, now: datetime) -> None:
        self.now = now
        relay = self.tacit.delivering(reply_at=self._reply_at)
        self.tacit.relay_with(relay, lambda: now)

    def comes(self, raw: bytes, now: datetime | None = None) -> bool:
        """A mail arrives at a door; whether it was new."""
        return take_in_mail(self.tacit.store, raw, (), now or self.now)

    def works(self, now: datetime | None = None) -> dict[str, int]:
        """The inbox is worked on, and what is written back leaves."""
        self.now = now or self.now
        made = self.reader()
        retry = self.tacit.delivering().retry
        lease = self.tacit.delivering().lease
        working = Working({Source.MAIL: made}, retry, lease)
        done = work_inbox(self.tacit.store, working, lambda: self.now)
        self.relay(self.now)
        return {name: number for name, number in done.numbers.items() if number}

    def answers(self, raw: bytes, now: datetime | None = None) -> InboxItem:
        """It arrives and is worked on; what came of it."""
        self.comes(raw, now)
        self.works(now)
        return self.items()[0]

    def reader(self) -> MailReader:
        tacit = self.tacit
        channels = frozenset({"email", "slack"})
        answering = Answering(
            lambda: tacit.rulebook, shipped_policy(), understand, channels
        )
        return MailReader(REPLIES_TO, self._keys, read, answering)

    def items(self) -> list[InboxItem]:
        with self.tacit.store.begin(read_only=True) as unit:
            return unit.inbox.listing([*InboxStatus], 100)

    def letters_to(self, person: str) -> list[Letter]:
        return [
            one
            for one in self.tacit.letters()
            if one.key.split("/")[-2] == person and one.key.endswith("email")
        ]

    def address_of(self, person: str) -> str:
        """Where the latest question that was put to somebody is answered."""
        found = [one.reply_to for one in self.letters_to(person) if one.reply_to]
        return found[-1]

    def outcomes(self) -> list[AnswerOutcome]:
        """What came of each answer, the first first."""
        rows = self.tacit.rows("SELECT outcome FROM answers ORDER BY id")
        return [AnswerOutcome(row["outcome"]) for row in rows]

    def _keys(self) -> list[bytes]:
        return signing_keys(self.tacit.store, self.now)

    def _reply_at(self, prompt_id: int, person_id: int) -> str:
        return reply_address(REPLIES_TO, self._keys(), prompt_id, person_id)
