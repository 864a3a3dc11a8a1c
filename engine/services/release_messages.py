"""Held messages queued again by a person: what would come of it, and doing it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.domain.access import Action, Actor
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.place import NOBODYS
from engine.domain.records import ChangeRow
from engine.domain.ruleset import Rulebook
from engine.services.book_notes import note_changes
from engine.services.foresee_readers import Readers, directory
from engine.services.read_messages import Message, find_message, readings


@dataclass(frozen=True, slots=True)
class Releasable:
    """A held message, its change, and who would read it if it left now."""

    message: Message
    change: ChangeRow
    readers: Readers


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The first messages that would be queued again, and how many there are."""

    first: Sequence[Releasable]
    total: int


def foresee_release(
    store: Storage,
    rulebook: Rulebook,
    channels: Collection[str],
    actor: Actor,
    message_ids: Collection[int] | None,
    most: int,
) -> Foreseen:
    """What a release of these, or (None) of all, would come to."""
    with store.begin(read_only=True) as unit:
        held, rows = _held(unit, actor, message_ids)
        shown = held[:most]
        customers = {rows[change_id].customer_id for _, change_id in shown}
        messages = {id_: unit.outbox.as_claimed(id_) for id_, _ in shown}
        known = [one for one in messages.values() if one is not None]
        book = directory(unit, rulebook.routing, customers, channels, known)
        first = []
        for id_, change_id in shown:
            claimed = messages[id_]
            assert claimed is not None  # noqa: S101 - it was found
            message, _ = find_message(unit, actor, id_)
            readers = book.readers_of(claimed)
            first.append(Releasable(message, rows[change_id], readers))
    return Foreseen(first, len(held))


def release_messages(
    store: Storage,
    rulebook: Rulebook,
    actor: Actor,
    message_ids: Collection[int] | None,
    now: datetime,
) -> int:
    """Queue them again, with all their tries anew; how many there were.

    What is not held any more, or not the actor's, is left as it is.
    """
    with store.begin() as unit:
        held, rows = _held(unit, actor, message_ids)
        released = _release(unit, rulebook, actor, held, rows, now)
        unit.commit()
    return released


def release_of_changes(
    store: Storage,
    rulebook: Rulebook,
    actor: Actor,
    codes: Sequence[str],
    now: datetime,
) -> int:
    """The same for what is held of these changes, or without any of all of them.

    NotFoundError for a change that is not there or not the actor's to see,
    NotPermittedError where they may not release its messages.
    """
    with store.begin() as unit:
        ids = {_releasable(unit, actor, code) for code in codes}
        if not codes:
            actor.must(Action.RELEASE_MESSAGES, NOBODYS, "message", "all")
        found, rows = _held(unit, actor, None, ids if codes else None)
        released = _release(unit, rulebook, actor, found, rows, now)
        unit.commit()
    return released


def _releasable(unit: UnitOfWork, actor: Actor, code: str) -> int:
    row = unit.changes.by_code(code)
    actor.must(Action.RELEASE_MESSAGES, row.place, "change", code)
    return row.id


def _release(
    unit: UnitOfWork,
    rulebook: Rulebook,
    actor: Actor,
    held: Sequence[tuple[int, int]],
    rows: Mapping[int, ChangeRow],
    now: datetime,
) -> int:
    released = unit.outbox.release_messages([id_ for id_, _ in held], now)
    said = {"held_messages": "released"}
    note_changes(unit, rulebook, [*rows.values()], said, actor.code, now)
    return released


def _held(
    unit: UnitOfWork,
    actor: Actor,
    message_ids: Collection[int] | None,
    of_changes: Collection[int] | None = None,
) -> tuple[list[tuple[int, int]], dict[int, ChangeRow]]:
    """The held messages that the actor reads and may release, and their changes.

    Of some messages or of some changes alone, where they are given. The oldest first. The changes are read, and locked, before anything is written of
    their messages.
    """
    reach = actor.must_somewhere(Action.RELEASE_MESSAGES)
    read = actor.must_somewhere(Action.SEE_MESSAGES)
    found = unit.messages.held(readings(actor, read), message_ids)
    held = [one for one in found if of_changes is None or one[1] in of_changes]
    rows = {
        row.id: row
        for row in unit.changes.by_ids({change_id for _, change_id in held})
        if reach.covers(row.place) and read.covers(row.place)
    }
    return sorted(one for one in held if one[1] in rows), rows
