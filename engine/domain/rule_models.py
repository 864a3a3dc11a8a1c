"""The shape of rule files: strict pydantic models, one class a construct.

Only the shape is checked here. Names, moments and guards are still text; they are
resolved, and proved against one another, by `rule_compiler` and `rule_checks`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
)


def _as_list(value: Any) -> Any:
    """One item may stand where several can."""
    return value if isinstance(value, tuple) or value is None else (value,)


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Phrase = Annotated[str, Field(min_length=1, max_length=200)]
#: A word that refers to something; the compiler knows whether it is there.
Word = Annotated[str, Field(min_length=1, max_length=200)]
Words = Annotated[tuple[Word, ...], BeforeValidator(_as_list), Field(max_length=50)]
SomeWords = Annotated[Words, Field(min_length=1)]
#: As large as in a book of contracts.
ContactLimit = Annotated[int, Field(gt=0, le=999_999_999)]
ChannelChoice = Literal["email", "slack", "both"]
Action = Literal[
    "start next term", "end contract", "apply change", "drop change", "hold"
]
Effective = Literal["next term", "next billing cycle", "first of next month"]


class Strict(BaseModel):
    """A construct that takes exactly the words declared here."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, populate_by_name=False
    )


class Telling(Strict):
    """Who is told what; the part shared by everything that can tell."""

    tell: Word | None = None
    message: Word | None = None
    asks: Words = ()
    urgent: bool = False
    channel: ChannelChoice | None = None


class Entry(Telling):
    """Something told when a state is entered."""

    tell: Word
    message: Word


class EventBranch(Telling):
    """What an event leads to, for whom, and until when."""

    if_: Phrase | None = Field(default=None, alias="if")
    to: Word
    by: SomeWords
    until: Word | None = None
    why: Phrase | None = None


class MomentBranch(Telling):
    """What a moment leads to; the first branch whose condition holds is taken."""

    if_: Phrase | None = Field(default=None, alias="if")
    to: Word | None = None
    after_notice: bool = False
    do: Action | None = None
    why: Phrase | None = None


class Late(Strict):
    """What becomes of a reminder that could not be sent at its moment."""

    send_within: Phrase
    otherwise: Literal["skip", "hold"] = "skip"


def _late_kind(value: Any) -> str:
    return "window" if isinstance(value, dict | Late) else "word"


#: Told apart by a label, so that a mistake in one form is not measured by the other.
LateChoice = Annotated[
    Annotated[Literal["send"], Tag("word")] | Annotated[Late, Tag("window")],
    Discriminator(_late_kind),
]


class Reminder(Strict):
    """A message sent at moments, as long as the state lasts."""

    if_: Phrase | None = Field(default=None, alias="if")
    message: Word
    at: SomeWords
    to: Word
    asks: Words = ()
    urgent: bool = False
    channel: ChannelChoice | None = None
    late: LateChoice = "send"


EventBranches = Annotated[
    tuple[EventBranch, ...],
    BeforeValidator(_as_list),
    Field(min_length=1, max_length=50),
]
MomentBranches = Annotated[
    tuple[MomentBranch, ...],
    BeforeValidator(_as_list),
    Field(min_length=1, max_length=50),
]


Entries = Annotated[tuple[Entry, ...], BeforeValidator(_as_list), Field(max_length=50)]
Reminders = Annotated[
    tuple[Reminder, ...], BeforeValidator(_as_list), Field(max_length=50)
]


class StateModel(Strict):
    """One state: what can happen in it, by whom and when."""

    initial: bool = False
    final: bool = False
    why: Phrase | None = None
    enter: Entries = ()
    on: Mapping[Name, EventBranches] = Field(default_factory=dict, max_length=50)
    at: Mapping[Name, MomentBranches] = Field(default_factory=dict, max_length=50)
    remind: Reminders = ()


class NoticeModel(Strict):
    """Which messages must have been out, and how long, before silence may act."""

    messages: SomeWords
    out_for: Phrase
    keeps_open: Word


class NearLimitModel(Strict):
    """A message sent when usage comes close to opening a change."""

    if_: Phrase = Field(alias="if")
    message: Word
    to: Word


class EmailLimitModel(Strict):
    """The emails a month that a contact limit brings, as a multiple of it."""

    starter: Annotated[int, Field(gt=0, le=1000)]
    otherwise: Annotated[int, Field(gt=0, le=1000)]


class OpeningModel(Strict):
    """When a subject of this machine comes into being, and from when it applies."""

    if_: Phrase | None = Field(default=None, alias="if")
    effective: Effective
    new_contact_limit: tuple[ContactLimit, ...] = ()
    email_limit: EmailLimitModel | None = None
    warn: NearLimitModel | None = None


class CalendarRowModel(Strict):
    """A calendar row: a condition, and any number of named moments."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    __pydantic_extra__: dict[Name, Phrase]

    if_: Phrase | None = Field(default=None, alias="if")

    def moments(self) -> Mapping[str, str]:
        return self.__pydantic_extra__


class MachineModel(Strict):
    """A rule file that declares a state machine."""

    machine: Word
    drives: Literal["contract_change"]
    why: Phrase
    opens: OpeningModel
    calendar: Annotated[
        tuple[CalendarRowModel, ...], Field(min_length=1, max_length=50)
    ]
    notice: NoticeModel | None = None
    states: Annotated[Mapping[Name, StateModel], Field(min_length=1, max_length=50)]


class RouteModel(Strict):
    """The person a role stands for, who gets a copy, and who hears of a failure."""

    to: Word
    copy_: Word | None = Field(default=None, alias="copy")
    fallback: Word | None = None


class OwnerRoutes(Strict):
    """The routes of the communication owner, by who owns the conversation."""

    vendor: RouteModel
    partner: RouteModel


class RolesModel(Strict):
    """Every role that a rule may tell."""

    owner: OwnerRoutes
    customer_contact: RouteModel
    partner: RouteModel
    vendor_operations: RouteModel


class DigestModel(Strict):
    """When several reminders for one reader become one message."""

    at_least: Annotated[int, Field(ge=2, le=100)]
    at_most: Annotated[int, Field(ge=2, le=100)]
    why: Phrase | None = None


class RepliesModel(Strict):
    """What is written back to whoever answers, and how often they are asked again."""

    answer_noted: Word
    answer_refused: Word
    answer_settled: Word
    ask_again: Word
    handed_to_person: Word
    reply_to_read: Word
    most_in_a_row: Annotated[int, Field(ge=1, le=20)]


class RoutingModel(Strict):
    """The rule file that says which person each role stands for."""

    routing: Literal["contract_change"]
    why: Phrase
    roles: RolesModel
    fallback_message: Word
    digest: DigestModel | None = None
    replies: RepliesModel | None = None
