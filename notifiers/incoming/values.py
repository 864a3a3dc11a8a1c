"""What is known of a mail that came in, before anybody acts on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class MailKind(StrEnum):
    """Who or what wrote a mail. Only a person's can be an answer."""

    HUMAN = "human"  #: a person, as far as can be told
    BOUNCE = "bounce"  #: a message of ours was not delivered
    DELAY = "delay"  #: a message of ours is still being tried
    AUTO_REPLY = "auto_reply"  #: out of office, acknowledgement, challenge
    RECEIPT = "receipt"  #: our message was delivered, or shown
    CALENDAR = "calendar"  #: an invitation, or an answer to one
    LIST = "list"  #: a mailing list or a newsletter
    SPAM = "spam"  #: a filter on the way took it for spam
    OURS = "ours"  #: our own message came back
    UNREADABLE = "unreadable"  #: no mail, or built to do harm


@dataclass(frozen=True, slots=True)
class Sender:
    """The one plain address in From; None with the reason where there is not one."""

    address: str | None
    name: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Authentication:
    """Whether a trusted server vouches that the mail is by the domain in From.

    `server` is the one that said so, `results` what it said of each method.
    """

    passed: bool
    why: str
    server: str | None = None
    results: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a report says was not delivered; `status` as in RFC 3463, "5.1.1".

    `message_id` is that of our message, with its angle brackets.
    """

    recipients: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    message_id: str | None = None

    @property
    def is_permanent(self) -> bool | None:
        """Whether trying again cannot help; None where no code says."""
        if not self.statuses:
            return None
        return any(status.startswith("5") for status in self.statuses)


@dataclass(frozen=True, slots=True)
class Absence:
    """What an out-of-office says: whom to ask instead, and from when on not to."""

    delegate: str | None = None
    returns: date | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """Something that was taken away: what kind of thing, and its text."""

    what: str
    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """The words of the reply alone, and what was cut to find them.

    `doubt` says why the words may not be all that its reader would see.
    """

    text: str
    cuts: tuple[Cut, ...] = ()
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class IncomingMail:
    """A mail, read. Nothing in it is trusted but what `authentication` says."""

    kind: MailKind
    why: str
    message_id: str | None
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    sent_at: datetime | None
    subject: str
    sender: Sender
    recipients: tuple[str, ...]
    authentication: Authentication
    reply: Reply
    bounce: Bounce | None = None
    absence: Absence | None = None
    notes: tuple[str, ...] = field(default=())

    def as_json(self) -> Mapping[str, object]:
        """The documented fields."""
        return {
            "kind": str(self.kind),
            "kind_why": self.why,
            "message_id": self.message_id,
            "from": self.sender.address,
            "subject": self.subject,
            "authenticated": self.authentication.passed,
            "cuts": [{"what": cut.what, "text": cut.text} for cut in self.reply.cuts],
        }
