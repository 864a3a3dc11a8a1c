"""What needs a person at the vendor today, and the one thing that settles each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.domain.access import Action, Actor
from engine.domain.interfaces import Storage
from engine.domain.listing import Question
from engine.domain.moments import local_day
from engine.domain.place import NOBODYS
from engine.domain.records import OutboxStatus, Unreachable
from engine.domain.ruleset import Rulebook
from engine.services.list_changes import Listing, list_changes
from engine.services.read_messages import (
    Message,
    Wanted,
    count_messages,
    list_messages,
)


@dataclass(frozen=True, slots=True)
class Looking:
    """How far the page looks: rows of a kind, and how long before it is too late."""

    zone: str
    most: int
    soon: timedelta  # deadlines that pass within it
    ahead: timedelta  # messages that fall due within it
    silent_for: timedelta


@dataclass(frozen=True, slots=True)
class Today:
    """What needs a person, by kind; the most urgent of each first."""

    changes: Listing
    closing: Listing
    held: Sequence[Message]
    held_total: int
    unreachable: Sequence[Unreachable]
    unreachable_total: int
    clock_at: datetime | None
    is_silent: bool
    in_doubt: int

    @property
    def is_calm(self) -> bool:
        """Whether nothing of the book waits for anybody."""
        waits = self.changes.total + self.closing.total + self.held_total
        return not waits and not self.unreachable_total and not self.is_silent


def needs_attention(
    store: Storage, rulebook: Rulebook, looking: Looking, actor: Actor, now: datetime
) -> Today:
    """Everything that waits for somebody; NotPermittedError for who may not see it."""
    actor.must(Action.SEE_ATTENTION, NOBODYS, "attention", "today")
    today = local_day(now, looking.zone)
    needing = Question(today, now, needs_person=True, limit=looking.most)
    closing = Question(
        today,
        now,
        states=frozenset(each.initial for each in rulebook.machines.values()),
        deadline_from=today,
        deadline_to=local_day(now + looking.soon, looking.zone),
        sort="deadline",
        limit=looking.most,
    )
    held = Wanted(looking.most, status=OutboxStatus.HELD)
    with store.begin(read_only=True) as unit:
        beat = unit.book.heartbeats().get("clock")
        found, total = unit.attention.unreachable(now + looking.ahead, looking.most)
        in_doubt = unit.outbox.counts()["ambiguous"]
    return Today(
        list_changes(store, rulebook, needing, actor),
        list_changes(store, rulebook, closing, actor),
        list_messages(store, actor, held).rows,
        count_messages(store, actor).get(OutboxStatus.HELD, 0),
        found,
        total,
        beat,
        beat is None or now - beat > looking.silent_for,
        in_doubt,
    )
