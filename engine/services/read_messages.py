"""Messages, to whoever may read them, each with the copies that they may."""

from dataclasses import dataclass, replace
from typing import Any, Final

from engine.domain.access import Action, Actor, Reach
from engine.domain.errors import NotFoundError
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.message_question import MessageQuestion
from engine.domain.paging import Page, page_of, read_id_cursor
from engine.domain.place import Place
from engine.services.show_change import readable

#: What the database alone knows them by.
_IDS: Final = ("customer_id", "partner_id")
#: What pages make their links of, and no document has.
FOR_PAGES: Final = frozenset({"place", "customer_code", "partner_code", "zone"})

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages, and after which a page begins; see `MessageQuestion`."""

    limit: int
    status: str | None = None
    change: str | None = None
    after: str | None = None
    message: str | None = None
    channel: str | None = None
    search: str = ""


def list_messages(store: Storage, actor: Actor, wanted: Wanted) -> Page[Message]:
    """A page of messages, the newest first.

    CursorError, and NotFoundError for a change that the actor may not see.
    """
    reach = actor.must_somewhere(Action.SEE_MESSAGES)
    before = read_id_cursor(wanted.after) if wanted.after is not None else None
    with store.begin(read_only=True) as unit:
        question = replace(_question(unit, actor, wanted), before=before)
        found = unit.messages.page(readings(actor, reach), question)
    page = page_of(found, wanted.limit, lambda message: message["id"])
    return Page([_shown(one, actor) for one in page.rows], page.next)


def count_messages(
    store: Storage, actor: Actor, wanted: Wanted, most: int
) -> dict[str, int]:
    """How many such messages there are in each status, counted up to `most`."""
    reach = actor.must_somewhere(Action.SEE_MESSAGES)
    with store.begin(read_only=True) as unit:
        question = _question(unit, actor, wanted)
        return unit.messages.counts(readings(actor, reach), question, most)


def _question(unit: UnitOfWork, actor: Actor, wanted: Wanted) -> MessageQuestion:
    change_id = None
    if wanted.change is not None:
        row = unit.changes.by_code(wanted.change)
        actor.must(Action.SEE_MESSAGES, row.place, "change", wanted.change)
        change_id = row.id
    return MessageQuestion(
        limit=wanted.limit + 1,
        status=wanted.status,
        change_id=change_id,
        message=wanted.message,
        channel=wanted.channel,
        search=wanted.search,
    )


def show_message(store: Storage, actor: Actor, message_id: int) -> Message:
    """One message; NotFoundError where there is none that the actor may read."""
    with store.begin(read_only=True) as unit:
        return find_message(unit, actor, message_id)[0]


def find_message(
    unit: UnitOfWork, actor: Actor, message_id: int
) -> tuple[Message, Place]:
    """The same within a unit of work, and whose it is."""
    actor.must_somewhere(Action.SEE_MESSAGES)
    found = unit.messages.one(message_id)
    place = place_of(found) if found else None
    if found is None or place is None or not actor.may(Action.SEE_MESSAGES, place):
        raise NotFoundError("message", str(message_id))
    if not readable([found], actor.reads(place)):
        raise NotFoundError("message", str(message_id))
    return _shown(found, actor), place


def readings(actor: Actor, reach: Reach) -> list[tuple[Reach, frozenset[str]]]:
    """Whose messages an actor reads, and those for which readers."""
    if actor.is_operator:
        return [(reach, actor.reads(Place()))]
    found = []
    for membership in actor.memberships:
        audiences = {each for role in membership.roles for each in role.reads}
        found.append((membership.reaches(), frozenset(audiences)))
    return found


def place_of(message: Message) -> Place:
    """Whose a message is, as it was read."""
    return Place(message["customer_id"], message["partner_id"])


def _shown(message: Message, actor: Actor) -> Message:
    """With the copies that the actor may read, and whose it is."""
    place = place_of(message)
    [found] = readable([message], actor.reads(place))
    kept = {name: value for name, value in found.items() if name not in _IDS}
    return {**kept, "place": place}
