"""A message on its way to one person: the values that channels and templates see."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Self

from engine.domain.errors import TacitError
from engine.domain.prompts import Settled


class Audience(StrEnum):
    """Who reads a message, and so which of its templates is used."""

    CUSTOMER = "customer"  #: the customer's contact, written to in the vendor's name
    PARTNER = "partner"  #: the partner's point of contact, who tells the customer
    COPY = "copy"  #: the partner's point of contact, for information: no answers
    OPERATIONS = "operations"  #: a person at the vendor


class LetterError(TacitError):
    """Raised where a letter cannot be written; the sentence names file and line.

    `missing` are the values that its template needs and the change does not have,
    where that is why.
    """

    def __init__(self, text: str, missing: tuple[str, ...] = ()) -> None:
        self.missing = missing
        super().__init__(text)


class ChannelName(StrEnum):
    """The channels a person can be reached by."""

    EMAIL = "email"
    SLACK = "slack"


class Answer(str):
    """An event that a reader may answer with: its code, the last day, and where.

    `last_day` is None where nothing says until when it can be given; `link` is None
    where nobody was asked yet. `to` is the state that it leads to, where that is known.
    """

    __slots__ = ("last_day", "link", "to")

    last_day: date | None
    link: str | None
    to: str | None

    def __new__(
        cls,
        event: str,
        last_day: date | None = None,
        link: str | None = None,
        to: str | None = None,
    ) -> Self:
        answer = super().__new__(cls, event)
        answer.last_day = last_day
        answer.link = link
        answer.to = to
        return answer


class Refused(str):
    """Why an answer was refused: the reason's code, and what its sentence names.

    `event` is what was answered, `state` where the change stands, `who` the reader.
    """

    __slots__ = ("event", "state", "values", "who")

    event: str
    state: str
    who: str
    values: Mapping[str, object]

    def __new__(
        cls,
        reason: str,
        event: str = "",
        state: str = "",
        who: str = "",
        values: Mapping[str, object] | None = None,
    ) -> Self:
        refused = super().__new__(cls, reason)
        refused.event, refused.state, refused.who = event, state, who
        refused.values = values or {}
        return refused


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message in the shapes that its channel needs; the others are empty.

    `text` and `html` are the two parts of a mail; `blocks` is Slack's Block Kit and
    `slack_text` the sentence Slack shows in notifications.
    """

    subject: str
    text: str
    html: str = ""
    slack_text: str = ""
    blocks: tuple[Mapping[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """What is asked of a channel: one message to one address, once.

    `key` is the idempotency key: the same key is the same message, however often it
    is tried. `address` is a mail address or a Slack user id. `attempt` counts from 1;
    above 1 the message may already have arrived.
    """

    key: str
    address: str
    recipient_name: str
    language: str
    rendered: Rendered
    attempt: int = 1
    ambiguous: bool = False
    #: The conversation that it goes into, by the channel's own name for it.
    thread: str | None = None
    #: Where an answer to this very letter goes; the sender's own address otherwise.
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The channel's word that it took a message, and its name for it there."""

    reference: str


@dataclass(frozen=True, slots=True)
class Ending:
    """How a question ended, in the zone of its customer, and what can still be done."""

    settled: Settled
    zone: str
    still: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class LetterRequest:
    """What is asked of the renderer: a message for one reader.

    `values` are the names that templates may use; `notifiers/values.py` lists them.
    Without a `channel` it is rendered for all of them. With a `prompt_id` the answers
    of that prompt are buttons in Slack; an `ending` says below them how it ended.
    """

    message: str
    audience: Audience
    language: str
    values: Mapping[str, object] = field(default_factory=dict)
    channel: ChannelName | None = None
    prompt_id: int | None = None
    ending: Ending | None = None


@dataclass(frozen=True, slots=True)
class DigestRequest:
    """What is asked of the renderer: several messages for one reader as one letter.

    `values` are those that the digest's own template may use.
    """

    audience: Audience
    language: str
    values: Mapping[str, object]
    items: tuple[LetterRequest, ...]
    channel: ChannelName | None = None
