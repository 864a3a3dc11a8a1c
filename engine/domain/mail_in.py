"""A mail that came in, as far as deciding about it goes; what makes one is elsewhere."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class MailKind(StrEnum):
    """What sort of thing wrote a mail: only a person answers anything."""

    PERSON = "person"
    BOUNCE = "bounce"  #: a server says that a mail of ours did not arrive (RFC 3464)
    AWAY = "away"  #: a program answers for somebody (RFC 3834)
    LIST = "list"  #: a mailing list, a newsletter
    PROGRAM = "program"  #: a receipt, an invitation
    SPAM = "spam"  #: a filter on the way took it for that
    UNREADABLE = "unreadable"  #: no mail, or built to do harm
    OURS = "ours"  #: we wrote it ourselves


@dataclass(frozen=True, slots=True)
class Returned:
    """A copy of ours that came back: which, for whom, and what the server said.

    `is_final` is false where the server goes on trying.
    """

    message_id: str
    recipient: str | None
    is_final: bool
    reason: str


@dataclass(frozen=True, slots=True)
class MailIn:
    """A mail as it was read.

    `sender` is the one address that it says it is from, if there is one. `unproven` is
    why no server of ours vouches for that; None where one does. `references` are the
    mails that it says it answers, the nearest first. `text` is the reply alone, without
    what was quoted or signed; `is_whole` is false where its reader may see more than
    that. `delegate` is whom somebody who is away names, by address or name.
    """

    kind: MailKind
    message_id: str | None
    sender: str | None
    recipients: tuple[str, ...]
    references: tuple[str, ...]
    unproven: str | None
    subject: str
    text: str
    returned: tuple[Returned, ...] = ()
    delegate: str | None = None
    is_whole: bool = True


class Reading(Protocol):
    """What was understood of a text: `verdict` says what is to be done with it."""

    @property
    def verdict(self) -> str: ...
    @property
    def event(self) -> str | None: ...
    @property
    def why(self) -> str: ...


#: What bytes are as a mail.
ReadMail = Callable[[bytes], MailIn]
#: What a text says of the events that are asked for, in a language if that is a draw.
Understand = Callable[[str, Collection[str], str | None], Reading]


class Doubt(StrEnum):
    """Why a mail waits for a person to decide about it."""

    NO_ADDRESS = "it was not sent to the address of a question"
    CHANGED_ADDRESS = "the address of the question is not whole"
    TWO_QUESTIONS = "it is addressed to two questions at once"
    UNKNOWN_QUESTION = "its question is not there, or was not put to whoever it names"
    OTHER_SENDER = "it comes from another address than the one on record"
    UNPROVEN = "no server that we trust vouches for its sender"
    NO_PART = "whoever wrote it has no part in the change any more"
    UNREADABLE = "it cannot be read as a mail"
    SPAM = "a filter on the way took it for spam"
    TO_READ = "a person has to read it"
