"""A calendar of what is coming, for each person: its addresses, and what it shows."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from engine.domain.access import Action, Actor, Policy, reach
from engine.domain.accounts import hash_of
from engine.domain.calendar import CalendarDay, DayKind, Feed, is_cancelled
from engine.domain.errors import NotFoundError, TacitError
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.records import Person
from engine.domain.ruleset import Rulebook
from engine.services.book_notes import Edit, note_edits
from engine.services.list_changes import view_changes
from engine.services.sign_in import actor_for

#: What began so long ago is shown still, so that it does not vanish overnight.
LOOK_BACK: Final = timedelta(days=31)
#: The soonest changes that one calendar holds: programs give up on larger ones.
MOST_CHANGES: Final = 2_000
MOST_FEEDS: Final = 10
#: Reading a feed need not write each time.
_NOTED_EVERY: Final = timedelta(hours=1)


class FeedError(TacitError):
    """Raised when no more addresses can be made."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """What one feed shows, and to whom."""

    person: Person
    days: list[CalendarDay]


def make_feed(store: Storage, actor: Actor, now: datetime) -> str:
    """A new address for the actor's calendar: its token, which is shown once."""
    actor.must_somewhere(Action.OWN_ACCOUNT)
    token = secrets.token_urlsafe(32)
    with store.begin() as unit:
        person = _person(unit, actor)
        # One after the other, so that two at once do not both find the last place free.
        unit.accounts.hold(person.id)
        if len(unit.feeds.of_person(person.id)) >= MOST_FEEDS:
            raise FeedError(
                f"there are {MOST_FEEDS} addresses already: revoke one first"
            )
        unit.feeds.add(person.id, hash_of(token), now)
        _note(unit, person, "address made", now)
        unit.commit()
    return token


def feeds_of(store: Storage, actor: Actor) -> list[Feed]:
    """The actor's addresses that work."""
    actor.must_somewhere(Action.OWN_ACCOUNT)
    with store.begin(read_only=True) as unit:
        return unit.feeds.of_person(_person(unit, actor).id)


def revoke_feed(store: Storage, actor: Actor, feed_id: int, now: datetime) -> None:
    """Let nobody read one of the actor's addresses any more."""
    actor.must_somewhere(Action.OWN_ACCOUNT)
    with store.begin() as unit:
        person = _person(unit, actor)
        if not unit.feeds.revoke(feed_id, person.id, now):
            raise NotFoundError("calendar address", str(feed_id))
        _note(unit, person, "address revoked", now)
        unit.commit()


def _person(unit: UnitOfWork, actor: Actor) -> Person:
    if actor.person_id is None:
        raise NotFoundError("person", actor.code)
    return unit.book.people([actor.person_id])[actor.person_id]


def _note(unit: UnitOfWork, person: Person, what: str, now: datetime) -> None:
    edit = Edit(person.id, person.code, {"calendar": what})
    note_edits(unit, "person", [edit], person.code, now)


def read_calendar(
    store: Storage,
    policy: Policy,
    rulebook: Rulebook,
    token: str,
    now: datetime,
    ahead: timedelta,
) -> Calendar | None:
    """The calendar with this token; None where nobody may read it."""
    with store.begin(read_only=True) as unit:
        feed = unit.feeds.find(hash_of(token))
        account = unit.accounts.account(feed.person_id) if feed else None
        if feed is None or account is None or account.disabled_at is not None:
            return None
        person = unit.book.people([feed.person_id])[feed.person_id]
        actor = actor_for(unit, policy, person)
        days = _days(unit, rulebook, actor, now, ahead)
    _note_use(store, feed, now)
    return Calendar(person, days)


def _days(
    unit: UnitOfWork,
    rulebook: Rulebook,
    actor: Actor,
    now: datetime,
    ahead: timedelta,
) -> list[CalendarDay]:
    theirs, today = reach(actor, Action.SEE_CHANGES), now.date()
    if not theirs:
        return []
    first, last = today - LOOK_BACK, today + ahead
    found = unit.feeds.changes(theirs, first, last, MOST_CHANGES)
    rows = [row for row, _ in found]
    views = view_changes(unit, rulebook, rows, today)
    return [
        CalendarDay(
            kind=kind,
            day=day,
            change=row.code,
            customer=view["customer"],
            type=row.type,
            state=row.state,
            revision=row.version,
            modified_at=modified_at,
            is_cancelled=is_cancelled(row, day),
        )
        for (row, modified_at), view in zip(found, views, strict=True)
        for kind, day in (
            (DayKind.DEADLINE, view["deadline"]),
            (DayKind.START, row.renewal_start),
        )
    ]


def _note_use(store: Storage, feed: Feed, now: datetime) -> None:
    if feed.used_at is None or now - feed.used_at >= _NOTED_EVERY:
        with store.begin() as unit:
            unit.feeds.see(feed.id, now)
            unit.commit()
