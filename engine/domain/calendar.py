"""What a calendar shows of changes: their deadlines and the starts of what follows."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from engine.domain.moments import MIDNIGHT, local
from engine.domain.records import ChangeRow


class Feed(NamedTuple):
    """One person's address of a calendar; of its token only a hash is kept."""

    id: int
    person_id: int
    created_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


class DayKind(StrEnum):
    """What a day is of a change."""

    DEADLINE = "deadline"  #: the last day on which conditions can be modified
    START = "start"  #: the first day of what follows


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day of one change, as a calendar keeps it."""

    kind: DayKind
    day: date
    change: str
    customer: str
    type: str
    state: str
    revision: int
    modified_at: datetime
    is_cancelled: bool

    @property
    def uid(self) -> str:
        """The same for as long as there is the change, whatever day it moves to."""
        return f"{self.change}.{self.kind}"


def is_cancelled(row: ChangeRow, day: date) -> bool:
    """Whether the change was closed before this day of it came."""
    return row.closed_at is not None and row.closed_at < local(day, MIDNIGHT, row.zone)
