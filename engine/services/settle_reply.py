"""A person at the vendor decides about a reply that waits: an answer, or nothing."""

from dataclasses import dataclass
from datetime import datetime

from engine.domain.access import Action, Actor
from engine.domain.errors import NotFoundError, TacitError
from engine.domain.inbox import InboxItem, InboxStatus, Source
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.letters import ChannelName
from engine.domain.mail_in import MailIn
from engine.domain.place import NOBODYS
from engine.domain.prompts import Answered, AnswerOutcome, PromptRow, Via
from engine.domain.records import Person
from engine.services.answer_prompt import GivenAnswer, take_answer
from engine.services.read_mail_in import MailReader
from engine.services.write_back import (
    Conversation,
    Word,
    is_told,
    open_to,
    write_back,
)

#: What a person has to see.
TO_SEE = (InboxStatus.WAITING, InboxStatus.FAILED)


@dataclass(frozen=True, slots=True)
class SeenReply:
    """A reply as a person decides about it; the question as far as anything says."""

    item: InboxItem
    mail: MailIn
    prompt: PromptRow | None
    change: str | None
    person: Person | None


class NotSettledError(TacitError):
    """Raised where a reply cannot be taken as an answer; it goes on waiting."""

    def __init__(self, event: str, answered: Answered) -> None:
        said = answered.outcome.value
        super().__init__(
            f'it cannot be taken as "{event}": {said}; {answered.change} is '
            f"{answered.state}, and the reply goes on waiting"
        )


def see_reply(
    store: Storage, reader: MailReader, actor: Actor, number: int
) -> SeenReply:
    """One reply; NotFoundError where there is none, or it is not theirs to see."""
    with store.begin(read_only=True) as unit:
        return _seen(unit, reader, _item(unit, actor, number))


def let_go(
    store: Storage, actor: Actor, by: Person | None, number: int, now: datetime
) -> None:
    """Decide that nothing follows from what waits."""
    with store.begin() as unit:
        item = _waiting(unit, actor, number)
        reason = f"let go: {item.reason}" if item.reason else "let go"
        unit.inbox.finish(item.id, InboxStatus.LET_GO, reason, by.id if by else None)
        unit.commit()


def take_as_answer(  # noqa: PLR0913 - who takes which reply as whose answer
    store: Storage,
    reader: MailReader,
    actor: Actor,
    by: Person | None,
    number: int,
    event: str,
    of: str | None,
    now: datetime,
) -> Answered:
    """Take a reply as the answer `event` of who was asked, or of the person named.

    The answer is fired as any other: whoever may not give it cannot by this door.
    """
    with store.begin() as unit:
        seen = _seen(unit, reader, _waiting(unit, actor, number))
        person = unit.book.person(of) if of else seen.person
        if seen.prompt is None or person is None:
            raise TacitError(
                f"nothing says what reply {number} answers: answer for them by "
                "`tacit fire`, and let it go"
            )
        answered = _take(unit, reader, seen, person, event, now)
        if answered.outcome is not AnswerOutcome.DONE:
            raise NotSettledError(event, answered)
        who = by.name if by else actor.code
        reason = f"taken as {event} of {person.name} by {who}"
        unit.inbox.finish(number, InboxStatus.DONE, reason, by.id if by else None)
        unit.commit()
    return answered


def _take(
    unit: UnitOfWork,
    reader: MailReader,
    seen: SeenReply,
    person: Person,
    event: str,
    now: datetime,
) -> Answered:
    answering, prompt = reader.answering, seen.prompt
    assert prompt is not None  # noqa: S101 - the caller looked
    rulebook, policy = answering.rules(), answering.policy
    [before] = unit.changes.by_ids([prompt.change_id])
    # No inbox id: what was made of it when it came is kept under that.
    given = GivenAnswer(prompt.id, person.id, event, Via.MAIL, seen.mail.text)
    answered = take_answer(unit, rulebook, policy, given, now)
    told = is_told(unit, rulebook, answering.channels, before, person)
    if answered.outcome is AnswerOutcome.DONE and not told:
        [row] = unit.changes.by_ids([prompt.change_id])
        thread = seen.mail.message_id
        channel, text = ChannelName.EMAIL, seen.mail.text
        conversation = Conversation(
            prompt, person, Via.MAIL, channel, thread, text, seen.item.id
        )
        noted = rulebook.routing.replies.answer_noted
        word = Word(noted, open_to(rulebook, row, person, now))
        write_back(unit, rulebook, conversation, answered.outcome, event, [word], now)
    return answered


def _item(unit: UnitOfWork, actor: Actor, number: int) -> InboxItem:
    actor.must(Action.DECIDE_REPLIES, NOBODYS, "reply", str(number))
    item = unit.inbox.one(number)
    if item is None or item.source is not Source.MAIL:
        raise NotFoundError("reply", str(number))
    return item


def _waiting(unit: UnitOfWork, actor: Actor, number: int) -> InboxItem:
    item = _item(unit, actor, number)
    if item.status not in TO_SEE:
        raise TacitError(f"reply {number} waits for nobody: it is {item.status}")
    return item


def _seen(unit: UnitOfWork, reader: MailReader, item: InboxItem) -> SeenReply:
    mail = reader.read(item.body)
    about = reader.about(unit, mail)
    prompt = unit.prompts.one(about.prompt_id) if about else None
    people = unit.book.people([about.person_id]) if about else {}
    person = people.get(about.person_id) if about else None
    rows = unit.changes.by_ids([prompt.change_id]) if prompt else []
    return SeenReply(item, mail, prompt, rows[0].code if rows else None, person)
