"""What the bot says in Slack, in its reader's language."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from engine.domain.letters import Answer
from engine.domain.prompts import Answered, AnswerOutcome, PromptEnd, Settled
from notifiers.refusals import refusal_sentence
from notifiers.slack_blocks import Block, Note, safe_in_mrkdwn, section
from notifiers.wording import Wording, babel_locale, long_date

_SECTION: Final = "slack"


@dataclass(frozen=True, slots=True)
class SlackWords:
    """The words for one reader; `zone` is where its times are told."""

    wording: Wording
    zone: str

    def tell(self, key: str, **values: object) -> str:
        """A sentence in Slack's markup; what is filled in is shown as it is."""
        safe = {name: safe_in_mrkdwn(str(value)) for name, value in values.items()}
        return self.wording.fill(_SECTION, key, **safe)

    def note(self, key: str, **values: object) -> Note:
        """One sentence alone."""
        return note_of([self.tell(key, **values)])

    def moment(self, at: datetime) -> str:
        """15 January 2027, 09:00."""
        local = at.astimezone(ZoneInfo(self.zone))
        locale = babel_locale(self.wording.language)
        return str(format_datetime(local, "d MMMM y, HH:mm", locale=locale))

    def event(self, code: str) -> str:
        """An answer in words."""
        return self.wording.section("events").get(code, code.replace("_", " "))

    def state(self, code: str) -> str:
        """Where a change stands, in words."""
        return self.wording.section("states").get(code, code.replace("_", " "))

    def link(self, address: str, until: datetime) -> Note:
        """Where a stranger says who they are."""
        text = self.tell("link_first", at=self.moment(until))
        label = self.tell("link_label")
        return Note(text, (section(text), section(f"<{address}|{label}>")))

    def outcome(self, said: Answered, about: str, still: Sequence[Answer]) -> Note:
        """What came of an answer, and what can still be done."""
        lines = [*self._came_of(said, about), *self.still(still)]
        return note_of(lines)

    def settled(self, settled: Settled) -> str:
        """Who ended a question, how and when."""
        at = self.moment(settled.at)
        if settled.how in (PromptEnd.REPLANNED, PromptEnd.WITHDRAWN):
            return self.tell(settled.how.value, at=at)
        if settled.event is None or settled.by_name is None:
            return self.tell("settled_self", at=at)
        event, who = self.event(settled.event), settled.by_name
        return self.tell("settled_by", event=event, who=who, at=at)

    def still(self, answers: Iterable[Answer], title: str = "still") -> list[str]:
        """What can be done, a line each, under a line that says so."""
        lines = [f"• {self._until(one)}" for one in answers]
        return [self.tell(title), *lines] if lines else []

    def _until(self, answer: Answer) -> str:
        event = self.event(answer)
        if answer.last_day is None:
            return safe_in_mrkdwn(event)
        day = long_date(answer.last_day, self.wording.language)
        return self.tell("until", event=event, day=day)

    def _came_of(self, said: Answered, about: str) -> list[str]:
        event, state = self.event(said.event), self.state(said.state)
        if said.outcome is AnswerOutcome.DONE:
            return [self.tell("done", event=event, about=about, state=state)]
        if said.refusal is not None:
            return [self._refused(said)]
        if said.settled is None:
            return [self.tell("not_theirs")]
        if said.outcome is AnswerOutcome.REPEATED:
            at = self.moment(said.settled.at)
            return [self.tell("repeated", event=event, at=at)]
        lines = [self.settled(said.settled)]
        if said.outcome is AnswerOutcome.SETTLED:
            lines.append(self.tell("now", about=about, state=state))
        return [*lines, self.tell("changed_nothing", event=event)]

    def _refused(self, said: Answered) -> str:
        assert said.refusal is not None  # noqa: S101 - the caller asked
        return safe_in_mrkdwn(
            refusal_sentence(
                self.wording, said.refusal, event=said.event, state=said.state, who=""
            )
        )


def note_of(lines: Sequence[str], after: Sequence[Block] = ()) -> Note:
    """Lines under each other; notifications show the first."""
    return Note(lines[0], (section("\n".join(lines)), *after))
