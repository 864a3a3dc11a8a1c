"""What comes in from outside: stored under its sender's own id, then worked on once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Source(StrEnum):
    """Where something came in."""

    SLACK = "slack"
    MAIL = "mail"


class InboxStatus(StrEnum):
    """Where something that came in stands."""

    NEW = "new"  #: to be worked on from next_try_at on
    WORKING = "working"  #: claimed until next_try_at
    DONE = "done"  #: worked on, whatever came of it
    WAITING = "waiting"  #: a person has to decide about it: quarantine
    FAILED = "failed"  #: working on it failed too often; a person has to see to it
    LET_GO = "let go"  #: a person decided that nothing follows from it


class InboxItem(NamedTuple):
    """Something that came in, as it came."""

    id: int
    source: Source
    external_id: str
    received_at: datetime
    body: bytes
    status: InboxStatus
    attempts: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class Handled:
    """What came of an item: where it stands, why, and what is left to say of it.

    `after` is called once all is committed, at most once: what must not be lost goes
    through the outbox instead.
    """

    status: InboxStatus
    reason: str
    after: Callable[[], object] | None = None
