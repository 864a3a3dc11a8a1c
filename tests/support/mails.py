"""Mails as people, servers and programs write them, and what works on them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Final

from engine.domain.book import Row
from engine.domain.inbox import InboxItem, InboxStatus, Source
from engine.domain.letters import Letter
from engine.domain.prompts import AnswerOutcome
from engine.domain.replies import Vocabulary
from engine.services.read_mail_in import MailReader
from engine.services.site_keys import signing_keys
from engine.services.take_in_mail import take_in_mail
from engine.services.take_reply import Answering
from engine.services.work_inbox import Working, work_inbox
from notifiers.template_files import TemplateNames
from tacit.bootstrap import check_rules
from tacit.incoming import reader_of, understanding
from tacit.replies import events_of, load_vocabularies, reply_folders
from tests.support.books import a_small_book, at, with_rows
from tests.support.installation import Installation, shipped_policy
from web.addresses import reply_address

RULES: Final = Path(__file__).parents[2] / "rules"
REPLIES_TO: Final = "replies@vendor.example"
NO_HEADERS: Final[Mapping[str, str]] = {}
AWAY: Final = {"Auto-Submitted": "auto-replied"}
OUR_SERVER: Final = "mx.vendor.example"
YES: Final = "We accept the new conditions."
CANCEL: Final = "Please cancel our contract."


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


@cache
def _vocabularies(rules_version: str) -> tuple[Vocabulary, ...]:
    """The shipped words; compiled once, for the shipped rules."""
    rulebook, problems = check_rules(RULES, TemplateNames())
    assert rulebook is not None, problems
    assert rulebook.version == rules_version
    return load_vocabularies(reply_folders(RULES), events_of(rulebook)).checked()


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
        understand = understanding(_vocabularies(tacit.rulebook.version))
        answering = Answering(
            lambda: tacit.rulebook, shipped_policy(), understand, channels
        )
        return MailReader(REPLIES_TO, self._keys, reader_of([OUR_SERVER]), answering)

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


def asked_by_mail(
    tacit: Installation, now: datetime, *rows: Row, **contract: object
) -> Post:
    """The customer of a small book was asked by mail at this time."""
    book = with_rows(a_small_book(**contract), *rows)
    tacit.imports(book, at("2026-06-01"))
    post = Post(tacit, now)
    post.passes(now)
    return post
