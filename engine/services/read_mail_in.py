"""One mail that came in: what it is, whether its sender is proven, and what follows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.domain.inbox import Handled, InboxItem, InboxStatus
from engine.domain.interfaces import UnitOfWork
from engine.domain.letters import ChannelName
from engine.domain.mail_in import Doubt, MailIn, MailKind, ReadMail
from engine.domain.prompts import AnswerOutcome, NewAnswer, Via
from engine.domain.tokens import Addressed, BadTokenError, Purpose, read, token_in
from engine.services.ask_delegate import ask_delegate
from engine.services.return_copy import return_copy
from engine.services.take_reply import Answering, Reply, take_reply


@dataclass(frozen=True)
class MailReader:
    """Works on mails of the inbox; see Handler. `address` is where replies go."""

    address: str
    keys: Callable[[], Sequence[bytes]]
    read: ReadMail
    answering: Answering

    def __call__(self, unit: UnitOfWork, item: InboxItem, now: datetime) -> Handled:
        mail = self.read(item.body)
        match mail.kind:
            case MailKind.OURS | MailKind.LIST | MailKind.PROGRAM:
                return Handled(InboxStatus.DONE, mail.kind.value)
            case MailKind.BOUNCE:
                return self._returned(unit, mail, now)
            case MailKind.AWAY:
                return self._away(unit, item, mail, now)
            case MailKind.UNREADABLE:
                return Handled(InboxStatus.WAITING, Doubt.UNREADABLE)
            case MailKind.SPAM:
                return self._spam(mail)
            case MailKind.PERSON:
                return self._reply(unit, item, mail, now)

    def about(self, unit: UnitOfWork, mail: MailIn) -> Addressed | None:
        """Which question a mail seems to answer, as far as anything says: no proof."""
        addressed = self._addressed(mail)
        if isinstance(addressed, Addressed):
            return addressed
        for reference in mail.references:
            copy = unit.copies.sent(reference)
            prompts = unit.prompts.ids_of([copy.outbox_id]) if copy else {}
            if copy and copy.outbox_id in prompts:
                return Addressed(prompts[copy.outbox_id], copy.person_id)
        return None

    def _addressed(self, mail: MailIn) -> Addressed | Doubt:
        """The question of the one address of ours that it was sent to."""
        found = {
            token
            for address in mail.recipients
            if (token := token_in(address, self.address)) is not None
        }
        if not found:
            return Doubt.NO_ADDRESS
        if len(found) > 1:
            return Doubt.TWO_QUESTIONS
        try:
            return read(self.keys(), Purpose.MAIL, found.pop())
        except BadTokenError:
            return Doubt.CHANGED_ADDRESS

    def _proven(self, unit: UnitOfWork, mail: MailIn) -> Addressed | Doubt:
        """The question and who answers it, where all three proofs agree."""
        addressed = self._addressed(mail)
        if isinstance(addressed, Doubt):
            return addressed
        person = unit.book.people([addressed.person_id]).get(addressed.person_id)
        if person is None or unit.prompts.one(addressed.prompt_id) is None:
            return Doubt.UNKNOWN_QUESTION
        if not person.email or not mail.sender:
            return Doubt.OTHER_SENDER
        if person.email.casefold() != mail.sender.casefold():
            return Doubt.OTHER_SENDER
        return addressed if mail.unproven is None else Doubt.UNPROVEN

    def _reply(
        self, unit: UnitOfWork, item: InboxItem, mail: MailIn, now: datetime
    ) -> Handled:
        proven = self._proven(unit, mail)
        if isinstance(proven, Doubt):
            return Handled(InboxStatus.WAITING, proven)
        reply = Reply(
            proven.prompt_id,
            proven.person_id,
            mail.text,
            Via.MAIL,
            ChannelName.EMAIL,
            _thread(mail),
            item.id,
            mail.is_whole,
        )
        return take_reply(unit, self.answering, reply, now)

    def _spam(self, mail: MailIn) -> Handled:
        """Filters err: what knows the address of a question is shown to a person."""
        if isinstance(self._addressed(mail), Addressed):
            return Handled(InboxStatus.WAITING, Doubt.SPAM)
        return Handled(InboxStatus.DONE, mail.kind.value)

    def _returned(self, unit: UnitOfWork, mail: MailIn, now: datetime) -> Handled:
        addressed = self._addressed(mail)
        own = addressed if isinstance(addressed, Addressed) else None
        rulebook = self.answering.rules()
        marked = [
            return_copy(unit, rulebook, one, own, now)
            for one in mail.returned
            if one.is_final
        ]
        known = " of ours" if any(marked) else ""
        return Handled(InboxStatus.DONE, f"{mail.kind.value}{known}")

    def _away(
        self, unit: UnitOfWork, item: InboxItem, mail: MailIn, now: datetime
    ) -> Handled:
        """Nobody's answer; but who is away may have named somebody else to ask."""
        proven = self._proven(unit, mail)
        if isinstance(proven, Doubt):
            return Handled(InboxStatus.DONE, mail.kind.value)
        prompt = unit.prompts.one(proven.prompt_id)
        people = unit.book.people([proven.person_id])
        assert prompt is not None  # noqa: S101 - it was proven
        asked = unit.prompts.asked([prompt.id]).get(prompt.id, [])
        if proven.person_id not in {one.person_id for one in asked}:
            return Handled(InboxStatus.DONE, mail.kind.value)
        rulebook, absent = self.answering.rules(), people[proven.person_id]
        policy = self.answering.policy
        named = mail.delegate
        delegate = named and ask_delegate(
            unit, rulebook, policy, prompt, absent, named, now
        )
        reason = f"away; {delegate.name} was asked" if delegate else "away"
        unit.prompts.record(
            NewAnswer(
                prompt.id,
                prompt.change_id,
                absent.id,
                item.id,
                Via.MAIL.value,
                now,
                None,
                AnswerOutcome.IGNORED.value,
                reason,
                mail.text,
                None,
                None,
            )
        )
        return Handled(InboxStatus.DONE, reason)


def _thread(mail: MailIn) -> str | None:
    """The mails before it, the first first, and itself, which is what is answered."""
    before = [one for one in reversed(mail.references) if one != mail.message_id]
    return " ".join([*before, mail.message_id]) if mail.message_id else None
