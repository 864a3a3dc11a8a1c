"""Prompts: a question that was put to somebody, who may answer it, and how it ended."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from engine.domain.errors import TacitError
from engine.domain.outcome import Refusal


class PromptEnd(StrEnum):
    """How a prompt ended."""

    ANSWERED = "answered"  #: one of its readers answered it
    MOVED_ON = "moved on"  #: the change left its state otherwise, or closed
    REPLANNED = "replanned"  #: its dates moved: other terms than were asked about
    WITHDRAWN = "withdrawn"  #: who was asked has no part in the change any more


class Via(StrEnum):
    """How an answer came."""

    LINK = "link"
    MAIL = "mail"
    SLACK_BUTTON = "slack button"
    SLACK_REPLY = "slack reply"
    SLACK_COMMAND = "slack word"


class AnswerOutcome(StrEnum):
    """What came of an answer."""

    DONE = "done"  #: the event was fired
    REPEATED = "repeated"  #: the same answer again: nothing changed
    SETTLED = "settled"  #: it was answered otherwise before, or moved on
    CHANGED = "changed"  #: the terms have changed since: asked again
    REFUSED = "refused"  #: the rules refuse it: too late, say
    NOT_THEIRS = "not theirs"  #: whoever answers was not asked, or is asked no more
    ASK_AGAIN = "ask again"  #: it was not understood, and is asked again
    PERSON = "person"  #: a person at the vendor has to read it
    IGNORED = "ignored"  #: nobody's answer: a machine's, or an empty one


class PromptRow(NamedTuple):
    """A prompt as it is stored, with the message that put it."""

    id: int
    outbox_id: int
    change_id: int
    state: str
    plan: int
    asked_at: datetime
    ended_at: datetime | None
    ended: PromptEnd | None
    ended_seq: int | None
    message: str
    asks: tuple[str, ...]


class NewPrompt(NamedTuple):
    """A prompt to be written."""

    outbox_id: int
    change_id: int
    state: str
    plan: int
    asked_at: datetime


class Asked(NamedTuple):
    """One who may answer a prompt, and where the question was put to them."""

    person_id: int
    channel: str
    audience: str
    status: str
    sent_at: datetime | None
    reference: str | None


class Copy(NamedTuple):
    """A copy of a prompt's message that does not show yet how the prompt ended."""

    id: int  # of the delivery
    prompt_id: int
    outbox_id: int
    person_id: int
    address: str
    audience: str
    reference: str | None
    sent_at: datetime


class NewAnswer(NamedTuple):
    """An answer to be kept as evidence, with what came of it."""

    prompt_id: int | None
    change_id: int | None
    person_id: int | None
    inbox_id: int | None
    via: str
    at: datetime
    event: str | None
    outcome: str
    reason: str | None
    text: str | None
    terms: str | None
    seq: int | None


class AnswerRow(NamedTuple):
    """An answer as it was kept; `person` is a code and a name."""

    prompt_id: int | None
    person: str | None
    person_name: str | None
    via: Via
    at: datetime
    event: str | None
    outcome: AnswerOutcome
    reason: str | None
    text: str | None


@dataclass(frozen=True, slots=True)
class Settled:
    """How a prompt ended, in words for those who come after: who did what, and when.

    `event` is None where no event did it; `by` is None where no person did.
    """

    how: PromptEnd
    at: datetime
    event: str | None
    by: str | None
    by_name: str | None


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of an answer, and where the change stands after it."""

    outcome: AnswerOutcome
    change: str
    event: str
    state: str
    refusal: Refusal | None = None
    settled: Settled | None = None


class NoSuchPromptError(TacitError):
    """Raised for a prompt that is not there, or was never put to this person.

    One answer for both, so that nobody can find out which questions there are.
    """

    def __init__(self) -> None:
        super().__init__(
            "this question is not there, or was not put to you: follow the newest "
            "message that you got about it"
        )
