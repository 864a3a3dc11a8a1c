"""Takes an answer that somebody gave in their own words: what it says, and what follows.

The words are evidence whatever comes of them. What is not certain is asked again, or
handed to a person at the vendor; nothing is guessed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from engine.domain.access import Action, Policy
from engine.domain.inbox import Handled, InboxStatus
from engine.domain.interfaces import UnitOfWork
from engine.domain.mail_in import Doubt, Understand
from engine.domain.prompts import (
    Answered,
    AnswerOutcome,
    NewAnswer,
    PromptEnd,
    PromptRow,
    Settled,
    Via,
)
from engine.domain.records import ChangeRow, Person
from engine.domain.ruleset import Replies, Rulebook
from engine.services.answer_prompt import GivenAnswer, how_settled, take_answer
from engine.services.fire_event import role_of
from engine.services.sign_in import actor_for
from engine.services.write_back import (
    Conversation,
    Word,
    about_refusal,
    about_settled,
    is_told,
    open_to,
    write_back,
)

#: What settles nothing, of which so many in a row are taken for a machine's.
_UNSETTLING: Final = frozenset(
    {
        AnswerOutcome.REPEATED,
        AnswerOutcome.SETTLED,
        AnswerOutcome.CHANGED,
        AnswerOutcome.REFUSED,
        AnswerOutcome.ASK_AGAIN,
        AnswerOutcome.PERSON,
    }
)


@dataclass(frozen=True)
class Answering:
    """All that answers in words need besides the unit of work; wired once."""

    rules: Callable[[], Rulebook]
    policy: Policy
    understand: Understand
    channels: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reply:
    """Somebody's words, who and which prompt they come from already proven."""

    prompt_id: int
    person_id: int
    text: str
    via: Via
    channel: str
    thread: str | None = None
    inbox_id: int | None = None
    #: False where whoever reads it may see more than these words.
    is_whole: bool = True


def take_reply(
    unit: UnitOfWork, answering: Answering, reply: Reply, now: datetime
) -> Handled:
    """Do what the words say, if they say it clearly; either way they are kept."""
    found = _Taking.find(unit, answering, reply, now)
    if isinstance(found, Doubt):
        return Handled(InboxStatus.WAITING, found)
    return found.take()


@dataclass(frozen=True)
class _Taking:
    """One answer, with the change locked and its prompt as both stand now."""

    unit: UnitOfWork
    answering: Answering
    reply: Reply
    now: datetime
    prompt: PromptRow
    row: ChangeRow
    person: Person

    @classmethod
    def find(
        cls, unit: UnitOfWork, answering: Answering, reply: Reply, now: datetime
    ) -> "_Taking | Doubt":
        seen = unit.prompts.one(reply.prompt_id)
        person = unit.book.people([reply.person_id]).get(reply.person_id)
        if seen is None or person is None:
            return Doubt.UNKNOWN_QUESTION
        [row] = unit.changes.by_ids([seen.change_id])
        # Read again: whoever held the change may have answered meanwhile.
        prompt = unit.prompts.one(reply.prompt_id)
        asked = unit.prompts.asked([seen.id]).get(seen.id, [])
        if prompt is None or person.id not in {one.person_id for one in asked}:
            return Doubt.UNKNOWN_QUESTION
        actor = actor_for(unit, answering.policy, person)
        if role_of(person, row) is None or not actor.may(Action.ANSWER, row.place):
            return Doubt.NO_PART
        return cls(unit, answering, reply, now, prompt, row, person)

    def take(self) -> Handled:
        reading = self.answering.understand(
            self.reply.text, self.prompt.asks, self.person.language
        )
        if reading.verdict == "ignored":
            self._keep(AnswerOutcome.IGNORED, reading.why)
            return Handled(InboxStatus.DONE, AnswerOutcome.IGNORED.value)
        if not self.reply.is_whole:
            return self._hand_over("not_whole")
        if reading.verdict == "event" and reading.event in self.prompt.asks:
            return self._fire(reading.event)
        if reading.verdict == "person":
            return self._hand_over("wants_a_person")
        return self._not_understood(reading.why)

    def _fire(self, event: str) -> Handled:
        reply, before = self.reply, self._in_a_row
        given = GivenAnswer(
            reply.prompt_id,
            reply.person_id,
            event,
            reply.via,
            reply.text,
            reply.inbox_id,
        )
        answered = take_answer(
            self.unit, self._rulebook, self.answering.policy, given, self.now
        )
        if answered.outcome is AnswerOutcome.DONE:
            self._acknowledge(event)
        elif answered.outcome is AnswerOutcome.NOT_THEIRS:
            return Handled(InboxStatus.WAITING, Doubt.NO_PART)
        elif before >= self._replies.most_in_a_row:
            self._to_read(answered.outcome, event, "asked_too_often", before)
            return Handled(InboxStatus.WAITING, Doubt.TO_READ)
        else:
            self._say(answered.outcome, event, self._word_for(answered))
        return Handled(InboxStatus.DONE, answered.outcome.value)

    def _acknowledge(self, event: str) -> None:
        """Say that it was done, unless the rules tell them so anyway."""
        channels = self.answering.channels
        if is_told(self.unit, self._rulebook, channels, self.row, self.person):
            return
        [row] = self.unit.changes.by_ids([self.row.id])
        word = Word(self._replies.answer_noted, self._open(row))
        self._say(AnswerOutcome.DONE, event, word)

    def _word_for(self, answered: Answered) -> Word:
        [row] = self.unit.changes.by_ids([self.row.id])
        if answered.refusal is not None:
            about = about_refusal(
                answered.refusal, answered.event, row.state, self.person
            )
            return Word(self._replies.answer_refused, self._open(row), about=about)
        assert answered.settled is not None  # noqa: S101 - it is one or the other
        return self._word_for_settled(answered.settled, row)

    def _word_for_settled(self, settled: Settled, row: ChangeRow) -> Word:
        still = tuple(one for one in self._open(row) if one in self.prompt.asks)
        if settled.how is PromptEnd.REPLANNED and still:
            about = {"terms_changed": True}
            return Word(self._replies.ask_again, still, False, row.state, about)
        return Word(
            self._replies.answer_settled,
            self._open(row),
            about=about_settled(settled, row.zone),
        )

    def _not_understood(self, why: str) -> Handled:
        if self._in_a_row >= self._replies.most_in_a_row:
            return self._hand_over("asked_too_often")
        if self.prompt.ended is not None:
            word = self._word_for_settled(how_settled(self.unit, self.prompt), self.row)
        else:
            still = self._open(self.row)
            asks = tuple(one for one in self.prompt.asks if one in still)
            if not asks:
                return self._hand_over("nothing_open")
            word = Word(self._replies.ask_again, asks, while_state=self.row.state)
        self._keep(AnswerOutcome.ASK_AGAIN, why)
        self._say(AnswerOutcome.ASK_AGAIN, None, word)
        return Handled(InboxStatus.DONE, AnswerOutcome.ASK_AGAIN.value)

    def _hand_over(self, why: str) -> Handled:
        before = self._in_a_row
        self._keep(AnswerOutcome.PERSON, why)
        self._to_read(AnswerOutcome.PERSON, None, why, before)
        return Handled(InboxStatus.WAITING, Doubt.TO_READ)

    def _to_read(
        self, outcome: AnswerOutcome, event: str | None, why: str, before: int
    ) -> None:
        """Let operations read it, and say so to whoever wrote.

        Beyond so many in a row, whoever writes may be a machine: it is told nothing,
        and neither are operations of every single one; all of them wait to be seen.
        """
        words = []
        if before < self._replies.most_in_a_row:
            words.append(Word(self._replies.handed_to_person))
        if before <= self._replies.most_in_a_row:
            # It asks nothing: what operations write back is for the reader, who may
            # take it for an agreement.
            to_read = self._replies.reply_to_read
            words.append(Word(to_read, to_operations=True, about={"reason": why}))
        write_back(
            self.unit,
            self._rulebook,
            self._conversation,
            outcome,
            event,
            words,
            self.now,
        )

    def _say(self, outcome: AnswerOutcome, event: str | None, word: Word) -> None:
        write_back(
            self.unit,
            self._rulebook,
            self._conversation,
            outcome,
            event,
            [word],
            self.now,
        )

    def _keep(self, outcome: AnswerOutcome, why: str) -> None:
        reply = self.reply
        self.unit.prompts.record(
            NewAnswer(
                self.prompt.id,
                self.row.id,
                self.person.id,
                reply.inbox_id,
                reply.via.value,
                self.now,
                None,
                outcome.value,
                why,
                reply.text,
                None,
                None,
            )
        )

    def _open(self, row: ChangeRow) -> tuple[str, ...]:
        return open_to(self._rulebook, row, self.person, self.now)

    @property
    def _in_a_row(self) -> int:
        """How many answers of theirs about this change have settled nothing lately."""
        number = 0
        for one in self.unit.prompts.answers(self.row.id):
            if one.person != self.person.code:
                continue
            if one.outcome is AnswerOutcome.DONE:
                break
            number += one.outcome in _UNSETTLING
        return number

    @property
    def _conversation(self) -> Conversation:
        reply = self.reply
        return Conversation(
            self.prompt,
            self.person,
            reply.via,
            reply.channel,
            reply.thread,
            reply.text,
            reply.inbox_id,
        )

    @property
    def _rulebook(self) -> Rulebook:
        return self.answering.rules()

    @property
    def _replies(self) -> Replies:
        return self._rulebook.routing.replies
