"""Works on what came from Slack: whose it is, what follows, and what is said to them.

What follows is written with the inbox item in one transaction; what is said to one user
alone is said afterwards, and not again if that fails.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog

from engine.domain.answers import in_days
from engine.domain.inbox import Handled, InboxItem, InboxStatus
from engine.domain.interfaces import UnitOfWork
from engine.domain.prompts import Answered, NoSuchPromptError, Via
from engine.domain.records import Claimed, Person
from engine.domain.slack_heard import (
    CutOff,
    NotHeard,
    OpenedHome,
    Pressed,
    Where,
)
from engine.domain.slack_users import SlackUser, offer
from engine.services.answer_prompt import GivenAnswer, take_answer
from engine.services.link_slack import person_behind
from engine.services.show_prompt import show_prompt
from notifiers.slack_blocks import Note
from notifiers.slack_desk import SlackDesk
from notifiers.slack_reading import read_heard
from notifiers.slack_requests import read_payload
from notifiers.slack_words import SlackWords
from web.site import Site

log = structlog.get_logger("tacit.slack")


@dataclass(frozen=True)
class SlackListener:
    """The inbox's handler of what Slack sent."""

    site: Callable[[], Site]
    desk: SlackDesk

    def __call__(self, unit: UnitOfWork, item: InboxItem, now: datetime) -> Handled:
        """What came of one thing; see Handler."""
        heard = read_heard(read_payload(item.body) or {})
        if isinstance(heard, NotHeard):
            return Handled(InboxStatus.DONE, heard.why)
        if isinstance(heard, CutOff):
            log.error("the app was cut off from Slack", team=heard.team, why=heard.why)
            return Handled(InboxStatus.DONE, heard.why)
        person = person_behind(unit, heard.who)
        if person is None:
            ask = partial(self._ask_who, heard.who, heard.where, now)
            return Handled(InboxStatus.DONE, "nobody is linked to this user", ask)
        turn = Turn(self.site(), self.desk, unit, item, person, now)
        match heard:
            case Pressed():
                return turn.press(heard)
            case OpenedHome():
                return Handled(InboxStatus.DONE, "the home tab")
            case _:
                return turn.say(heard.where, "ask_where")

    def _ask_who(self, who: SlackUser, where: Where, now: datetime) -> None:
        """Give a stranger the link by which they say who they are."""
        site = self.site()
        settings = site.settings
        until = now + settings.slack_link_lasts
        token = offer(site.signing_keys(), who, until)
        words = SlackWords(site.words[settings.language], settings.time_zone)
        note = words.link(f"{settings.url}/slack/link/{token}", until)
        if where == Where():
            self.desk.publish(who.user, note.blocks)
        else:
            self.desk.answer(where, note)


@dataclass(frozen=True)
class Turn:
    """One thing that somebody known did, and what follows."""

    site: Site
    desk: SlackDesk
    unit: UnitOfWork
    item: InboxItem
    person: Person
    now: datetime

    def press(self, heard: Pressed) -> Handled:
        """A button is an answer."""
        given = GivenAnswer(
            heard.prompt_id,
            self.person.id,
            heard.event,
            Via.SLACK_BUTTON,
            inbox_id=self.item.id,
        )
        site = self.site
        try:
            said = take_answer(self.unit, site.rulebook, site.policy, given, self.now)
        except NoSuchPromptError:
            return self.say(heard.where, "no_prompt")
        tell = partial(self._tell, heard.where, heard.prompt_id, said)
        return Handled(InboxStatus.DONE, f"{said.event}: {said.outcome.value}", tell)

    def say(self, where: Where, key: str) -> Handled:
        """Nothing follows but one sentence."""
        note = self.words(self.site.settings.time_zone).note(key)
        answer = partial(self._answer, where, note)
        return Handled(InboxStatus.DONE, key.replace("_", " "), answer)

    def words(self, zone: str) -> SlackWords:
        """In this person's language."""
        return SlackWords(self.site.words[self.person.language], zone)

    def _tell(self, where: Where, prompt_id: int, said: Answered) -> None:
        site = self.site
        shown = show_prompt(
            site.store, site.rulebook, site.policy, prompt_id, self.person.id, self.now
        )
        words = self.words(shown.change.zone)
        still = in_days(shown.others or shown.open, shown.change.zone)
        self._answer(where, words.outcome(said, about(shown.message), still))

    def _answer(self, where: Where, note: Note) -> None:
        self.desk.answer(where, note)


def about(message: Claimed) -> str:
    """Whose contract it is, and of what."""
    return f"{message.customer_name}, {message.product}"
