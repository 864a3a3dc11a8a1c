"""Rows as the services see them: plain, immutable, without a trace of SQL."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from engine.domain.moments import MIDNIGHT, local
from engine.domain.openings import ContractTerms
from engine.domain.outcome import Subject
from engine.domain.place import Place
from engine.domain.ruleset import Ruleset


class ChangeRow(NamedTuple):
    """A change with what decisions read of its contract and customer.

    A tuple, because a tick reads them by the ten thousand.
    """

    id: int
    code: str
    type: str
    state: str
    version: int
    plan: int
    head: str
    period_on: date
    renewal_start: date
    handled_until: datetime | None
    notice_out_at: datetime | None
    next_due_at: datetime | None
    attention: str | None
    closed_at: datetime | None
    owner_choice: str | None
    new_contact_limit: int | None
    contract_id: int
    contract_code: str
    started_on: date
    commitment_months: int
    billing_months: int
    automatic_renewal: bool
    starter: bool
    contact_limit: int | None
    ended_on: date | None
    customer_id: int
    zone: str
    partner_id: int | None

    @property
    def has_partner(self) -> bool:
        return self.partner_id is not None

    @property
    def place(self) -> Place:
        """Whose change it is."""
        return Place(self.customer_id, self.partner_id)

    @property
    def contract_ends_at(self) -> datetime | None:
        """When the contract is over, if its end is known."""
        return local(self.ended_on, MIDNIGHT, self.zone) if self.ended_on else None

    def terms(self) -> ContractTerms:
        return ContractTerms(
            self.contract_id,
            self.contract_code,
            self.started_on,
            self.commitment_months,
            self.billing_months,
            self.automatic_renewal,
            self.starter,
            self.contact_limit,
            self.zone,
            self.has_partner,
            self.ended_on,
        )

    def subject(self, ruleset: Ruleset) -> Subject:
        """What a decision under these rules reads of the row."""
        return Subject(
            self.state,
            self.renewal_start,
            self.zone,
            tuple((name, getattr(self, name)) for name in ruleset.fact_names),
            self.handled_until,
            self.notice_out_at,
            self.attention,
            self.closed_at is not None,
        )


class ChangeUpdate(NamedTuple):
    """A change as it is after one or more steps; applied only on `was_version`."""

    id: int
    was_version: int
    version: int
    state: str
    handled_until: datetime | None
    notice_out_at: datetime | None
    next_due_at: datetime | None
    attention: str | None
    closed_at: datetime | None
    rules_version: str
    head: str


class VoidedBy(StrEnum):
    """What closed a change before its day."""

    END = "end"  #: its contract ends; a renewal comes back if it does not
    USAGE = "usage"  #: usage does not call for it any more, and may do so again


class Dates(NamedTuple):
    """The days that a list reads, derived from rules and from the renewal start."""

    listed_on: date
    deadline_on: date | None  #: the last whole day; None where rules were not applied


class Replanned(NamedTuple):
    """What a change that is planned again is given, besides a new decision."""

    id: int
    renewal_start: date
    listed_on: date
    deadline_on: date | None
    plan: int
    owner_choice: str | None
    new_contact_limit: int | None


class NewEntry(NamedTuple):
    """An audit entry to be written."""

    subject_kind: str
    subject_id: int
    seq: int
    at: datetime
    kind: str
    body: str
    hash: str


class NewMessage(NamedTuple):
    """An outbox row to be written.

    `while_state` binds it to a state: once that is left, it says what is no longer so.
    A reminder is bound to its plan too, and to the change's being open.
    """

    change_id: int
    seq: int
    position: int
    message: str
    role: str
    asks: str
    urgent: bool
    channel: str | None
    is_notice: bool
    while_state: str | None
    is_reminder: bool
    plan: int
    about: str | None
    queued_at: datetime
    next_try_at: datetime
    person_id: int | None = None
    thread: str | None = None


class MadeCopy(NamedTuple):
    """A copy of a message as it was made: for whom, to where, and when it arrived."""

    person_id: int
    channel: str
    audience: str
    address: str
    sent_at: datetime | None


class SentCopy(NamedTuple):
    """A copy that its channel took, found by the channel's own name for it."""

    outbox_id: int
    person_id: int
    person: str
    channel: str
    audience: str


class OutboxStatus(StrEnum):
    """Where a message stands."""

    QUEUED = "queued"  #: to be sent from next_try_at on
    SENDING = "sending"  #: claimed by a relay until next_try_at
    SENT = "sent"  #: every reader's channel took it
    HELD = "held"  #: a person has to see to it
    DROPPED = "dropped"  #: no longer true, or no longer theirs to read


class DeliveryStatus(StrEnum):
    """Where one copy for one reader stands."""

    WAITING = "waiting"  #: its reader wants it later; it was not tried
    SENDING = "sending"  #: a try is under way, or its process died in it
    SENT = "sent"  #: the channel took it
    RETRY = "retry"  #: a later try may succeed
    FAILED = "failed"  #: trying again cannot help
    RETURNED = "returned"  #: the channel took it, and it came back
    DROPPED = "dropped"  #: the reader is not to have it any more


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be written to or can answer."""

    id: int
    code: str
    name: str
    email: str | None
    slack_user: str | None
    language: str
    channel: str
    customer_id: int | None
    partner_id: int | None
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claimed outbox row with all that resolving and rendering read."""

    outbox_id: int
    seq: int
    position: int
    message: str
    role: str
    asks: tuple[str, ...]
    channel: str | None
    is_notice: bool
    while_state: str | None
    is_reminder: bool
    plan: int
    about: str | None
    attempts: int
    queued_at: datetime
    change: ChangeRow
    product: str
    currency: str | None
    mrr: int | None
    new_mrr: int | None
    contacts: int | None
    emails_sent: int | None
    customer_code: str
    customer_name: str
    primary_contact_id: int | None
    customer_choice: str
    partner_name: str | None
    partner_owns: bool | None
    point_of_contact_id: int | None
    urgent: bool = False
    #: Whom alone it is for, and the conversation that it goes into.
    person_id: int | None = None
    thread: str | None = None

    @property
    def key(self) -> str:
        """The idempotency key of the message, whoever reads it."""
        return f"{self.change.code}/{self.seq}/{self.position}"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One copy of a message, for one reader over one channel."""

    outbox_id: int
    person_id: int
    channel: str
    status: DeliveryStatus
    attempts: int
    ambiguous: int
    error: str | None
    digest: str | None = None


class MessageUpdate(NamedTuple):
    """What became of a row that was claimed until `claimed_until`."""

    id: int
    claimed_until: datetime
    status: str
    reason: str | None
    next_try_at: datetime


class DeliveryStart(NamedTuple):
    """A try that is about to be made."""

    outbox_id: int
    person_id: int
    channel: str
    audience: str
    address: str
    status: str
    attempts: int
    ambiguous: int
    tried_at: datetime
    digest: str | None


class DeliveryUpdate(NamedTuple):
    """What became of a try."""

    outbox_id: int
    person_id: int
    channel: str
    status: str
    ambiguous: int
    sent_at: datetime | None
    reference: str | None
    error: str | None
    #: When nothing has to be shown of it any more; it asked nothing, say.
    settled_at: datetime | None = None


class NotTried(NamedTuple):
    """A copy whose counted try was not made after all."""

    outbox_id: int
    person_id: int
    channel: str
    was_attempts: int
    attempts: int
    ambiguous: int
    status: str
    error: str | None


class Seal(NamedTuple):
    """A seal as it is stored: over the entries since the one before, up to an id."""

    id: int
    at: datetime
    upto: int
    entries: int
    hash: str


@dataclass(frozen=True, slots=True)
class Counts:
    """What one pass did, by name; added up over batches."""

    numbers: Mapping[str, int] = field(default_factory=dict)

    def plus(self, other: Mapping[str, int]) -> "Counts":
        names = [*self.numbers, *(name for name in other if name not in self.numbers)]
        return Counts(
            {name: self.numbers.get(name, 0) + other.get(name, 0) for name in names}
        )
