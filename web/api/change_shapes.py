"""The fields of changes and messages, as docs/commands.md names them."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Owner = Literal["vendor", "partner"]


class Change(BaseModel):
    """An upcoming change."""

    id: str = Field(examples=["K-1.R20270301"])
    customer: str = Field(description="The customer's name.", examples=["Acme"])
    owner: Owner = Field(description="Who tells the customer.")
    type: str = Field(examples=["renewal"])
    state: str = Field(examples=["pending"])
    deadline: date = Field(
        description="The last day on which conditions can be modified."
    )
    renewal_start: date = Field(
        description="The day from which the new conditions apply."
    )
    primary_contact: str | None = Field(description="The name of who is told.")
    partner: str | None = Field(description="The associated partner's code.")
    website: str | None
    hub_id: str | None
    contact_limit: int | None
    email_limit: int | None
    billing_months: int
    commitment_months: int
    currency: str | None = Field(examples=["EUR"])
    mrr: str | None = Field(
        description="Decimal text; null also for those who may not see amounts.",
        examples=["1200.50"],
    )
    new_mrr: str | None = Field(description="As estimated.", examples=["1250.00"])
    product: str
    contract: str = Field(description="The contract's code.")
    customer_id: str = Field(description="The customer's code.")
    attention: str | None = Field(description="Why a person is needed.")
    overdue: bool


class Copy(BaseModel):
    """A copy of a message, for one reader over one channel."""

    to: str = Field(description="The reader's name.")
    audience: str
    channel: str
    address: str
    status: str
    attempts: int
    ambiguous: int = Field(description="Tries that may have arrived all the same.")
    sent_at: datetime | None
    error: str | None


class Message(BaseModel):
    """A message, with the copies that were made of it."""

    id: int
    change: str
    customer: str
    message: str = Field(examples=["renewal_notice"])
    role: str = Field(examples=["customer.primary_contact"])
    status: str = Field(examples=["sent"])
    reason: str | None = Field(description="Why it is held or was dropped.")
    queued_at: datetime
    next_try_at: datetime
    attempts: int
    copies: list[Copy]


class Usage(BaseModel):
    """The month of usage that a change stands on."""

    month: str = Field(examples=["2026-11"])
    contacts: int | None
    emails_sent: int | None


class PossibleAnswer(BaseModel):
    """An event that can be fired now."""

    event: str
    by: list[str] = Field(description="In which roles.")
    to: str = Field(description="The state that it leads to.")
    until: datetime | None


class PlannedStep(BaseModel):
    """What will happen if nobody does anything."""

    at: datetime
    kind: str
    name: str | None
    from_: str | None = Field(alias="from")
    to: str | None
    do: str | None
    messages: list[str]
    why: str | None


class HistoryEntry(BaseModel):
    """An entry of the audit trail, with what it says."""

    model_config = ConfigDict(extra="allow")

    seq: int
    at: datetime
    kind: str


class WholeChange(Change):
    """A change with its plan, history and messages."""

    new_contact_limit: int | None
    usage: Usage | None
    time_zone: str
    closed_at: datetime | None
    notice_out_at: datetime | None
    rules_version: str
    answers: list[PossibleAnswer]
    plan: list[PlannedStep]
    history: list[HistoryEntry]
    archived: int = Field(description="How many older entries are archived.")
    archives: list[str]
    messages: list[Message]


class FiredEvent(BaseModel):
    """What came of an event."""

    change: str
    event: str
    state: str = Field(description="The state after it.")
    by: str = Field(description="Whose answer it is: a person's code.")
    refused: None = Field(None, description="Null: a refusal is answered with 409.")
    message: str | None = None
