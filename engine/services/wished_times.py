"""Which copies can wait until their readers want them, and until when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from engine.domain.answers import open_answers
from engine.domain.interfaces import UnitOfWork
from engine.domain.letter_values import ROLES
from engine.domain.recipients import Recipient, Resolved
from engine.domain.records import Claimed
from engine.domain.ruleset import Rulebook
from engine.domain.wishes import DELIVERY, Wishes

T = TypeVar("T")


class Patience(Protocol):
    """How long must be left to answer, and how long a daily digest gathers."""

    @property
    def leave_to_answer(self) -> timedelta: ...
    @property
    def gather_for(self) -> timedelta: ...


@dataclass(frozen=True)
class Times:
    """What the readers of one batch chose, and the rules that their time follows from."""

    wishes: Mapping[int, Wishes] = field(default_factory=dict)
    rulebook: Rulebook | None = None
    now: datetime | None = None
    leave_to_answer: timedelta = timedelta()
    gather_for: timedelta = timedelta()

    def parted(
        self, claimed: Claimed, copies: Sequence[tuple[Recipient, T]]
    ) -> tuple[list[tuple[Recipient, T]], list[tuple[Recipient, T, datetime]]]:
        """The copies that go now, and those that wait, each with until when."""
        now, later = [], []
        for reader, copy in copies:
            until = self._wanted_at(claimed, reader)
            if until is None:
                now.append((reader, copy))
            else:
                later.append((reader, copy, until))
        return now, later

    def _wanted_at(self, claimed: Claimed, reader: Recipient) -> datetime | None:
        wishes = self.wishes.get(reader.person.id)
        if wishes is None or claimed.urgent or self.now is None:
            return None
        at = wishes.earliest(self.now, self.gather_for, is_reminder=claimed.is_reminder)
        if at <= self.now or at > self._latest(claimed, reader):
            return None
        return at

    def _latest(self, claimed: Claimed, reader: Recipient) -> datetime:
        """Until when it can wait: while there is time left to answer what it asks."""
        assert self.rulebook is not None  # noqa: S101 - given with the wishes
        assert self.now is not None  # noqa: S101 - given with the wishes
        never = self.now + timedelta(days=366)
        if not claimed.asks:
            return never
        ruleset = self.rulebook.machines[claimed.change.type]
        role = ROLES[reader.audience]
        subject = claimed.change.subject(ruleset)
        found = open_answers(ruleset, subject, claimed.asks, [role], self.now)
        closes = [one.closes for one in found if one.closes is not None]
        return min(closes, default=never) - self.leave_to_answer


def read_times(
    unit: UnitOfWork,
    rulebook: Rulebook,
    patience: Patience,
    leaving: Sequence[tuple[Claimed, Resolved]],
    now: datetime,
) -> Times:
    """What the readers of these messages chose."""
    ids = {one.person.id for _, found in leaving for one in found.recipients}
    chosen = unit.accounts.preferred(ids, DELIVERY) if ids else {}
    wishes = {id_: Wishes.read(text) for id_, text in chosen.items()}
    return Times(wishes, rulebook, now, patience.leave_to_answer, patience.gather_for)
