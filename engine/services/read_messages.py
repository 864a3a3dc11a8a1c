"""Messages, to whoever may read them, each with the copies that they may."""

from dataclasses import dataclass
from typing import Any, Final

from engine.domain.access import Action, Actor, Reach
from engine.domain.errors import NotFoundError
from engine.domain.interfaces import Storage
from engine.domain.paging import Page, page_of, read_id_cursor
from engine.domain.place import Place
from engine.services.show_change import readable

_PLACE: Final = ("customer_id", "partner_id")

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages: of a status, of a change, and after which a page begins."""

    limit: int
    status: str | None = None
    change: str | None = None
    search: str = ""
    after: str | None = None


def list_messages(store: Storage, actor: Actor, wanted: Wanted) -> Page[Message]:
    """A page of messages, the newest first.

    CursorError, and NotFoundError for a change that the actor may not see.
    """
    reach = actor.must_somewhere(Action.SEE_MESSAGES)
    before = read_id_cursor(wanted.after) if wanted.after is not None else None
    with store.begin(read_only=True) as unit:
        change_id = None
        if wanted.change is not None:
            row = unit.changes.by_code(wanted.change)
            actor.must(Action.SEE_MESSAGES, row.place, "change", wanted.change)
            change_id = row.id
        found = unit.messages.page(
            readings(actor, reach),
            status=wanted.status,
            change_id=change_id,
            search=wanted.search,
            before=before,
            limit=wanted.limit + 1,
        )
    page = page_of(found, wanted.limit, lambda message: message["id"])
    return Page([_shown(one, actor) for one in page.rows], page.next)


def count_messages(store: Storage, actor: Actor) -> dict[str, int]:
    """How many messages the actor may read, by status."""
    reach = actor.must_somewhere(Action.SEE_MESSAGES)
    with store.begin(read_only=True) as unit:
        return unit.messages.counts(readings(actor, reach))


def show_message(store: Storage, actor: Actor, message_id: int) -> Message:
    """One message; NotFoundError where there is none that the actor may read."""
    actor.must_somewhere(Action.SEE_MESSAGES)
    with store.begin(read_only=True) as unit:
        found = unit.messages.one(message_id)
    place = _place(found) if found else None
    if found is None or place is None or not actor.may(Action.SEE_MESSAGES, place):
        raise NotFoundError("message", str(message_id))
    if not readable([found], actor.reads(place)):
        raise NotFoundError("message", str(message_id))
    return _shown(found, actor)


def readings(actor: Actor, reach: Reach) -> list[tuple[Reach, frozenset[str]]]:
    """Whose messages an actor reads, and those for which readers."""
    if actor.is_operator:
        return [(reach, actor.reads(Place()))]
    found = []
    for membership in actor.memberships:
        audiences = {each for role in membership.roles for each in role.reads}
        found.append((membership.reaches(), frozenset(audiences)))
    return found


def _place(message: Message) -> Place:
    return Place(message["customer_id"], message["partner_id"])


def _shown(message: Message, actor: Actor) -> Message:
    [found] = readable([message], actor.reads(_place(message)))
    return {name: value for name, value in found.items() if name not in _PLACE}
