"""Works on what came from Slack: whose it is, what follows, and what is said to them.

What follows is written with the inbox item in one transaction, and what must not be lost
goes through the outbox. What is said to one user alone is said afterwards, at most once.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final

import structlog

from engine.domain.answers import in_days
from engine.domain.inbox import Handled, InboxItem, InboxStatus, Source
from engine.domain.interfaces import UnitOfWork
from engine.domain.letters import ChannelName
from engine.domain.mail_in import Doubt
from engine.domain.prompts import Answered, NoSuchPromptError, Via
from engine.domain.replies import Reading, Verdict
from engine.domain.slack_heard import (
    Commanded,
    CutOff,
    Heard,
    NotHeard,
    OpenedHome,
    Pressed,
    Where,
    Wrote,
)
from engine.domain.slack_users import SlackUser, offer
from engine.services.answer_prompt import GivenAnswer, take_answer
from engine.services.link_slack import person_behind
from engine.services.show_prompt import show_prompt
from engine.services.take_reply import Answering, Reply, take_reply
from notifiers.slack import reference_of
from notifiers.slack_blocks import Note
from notifiers.slack_desk import SlackDesk
from notifiers.slack_reading import read_heard
from notifiers.slack_requests import read_payload
from notifiers.slack_words import SlackWords
from web.site import Site
from web.slack.commands import Command
from web.slack.home import home_of
from web.slack.turn import Turn

log = structlog.get_logger("tacit.slack")
_FILES: Final = Reading(Verdict.PERSON, "it came with files")


@dataclass(frozen=True)
class SlackListener:
    """The inbox's handler of what Slack sent."""

    site: Callable[[], Site]
    desk: SlackDesk
    answering: Callable[[], Answering]

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
        return self._follow(turn, heard)

    def _follow(self, turn: Turn, heard: Heard) -> Handled:
        match heard:
            case Pressed():
                return _press(turn, heard)
            case Wrote():
                return _reply(turn, heard, self.answering())
            case Commanded():
                return Command(turn, heard).run()
            case OpenedHome():
                return Handled(
                    InboxStatus.DONE,
                    "the home tab",
                    lambda: self.desk.publish(heard.who.user, home_of(turn)),
                )
        return Handled(InboxStatus.DONE, "nothing follows from it")

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


def _press(turn: Turn, heard: Pressed) -> Handled:
    """A button is an answer."""
    via, prompt_id = Via.SLACK_BUTTON, heard.prompt_id
    given = GivenAnswer(
        prompt_id, turn.person.id, heard.event, via, inbox_id=turn.item.id
    )
    site = turn.site
    try:
        said = take_answer(turn.unit, site.rulebook, site.policy, given, turn.now)
    except NoSuchPromptError:
        return _say(turn, heard.where, "no_prompt")
    reason = f"{said.event}: {said.outcome.value}"
    return Handled(InboxStatus.DONE, reason, partial(_tell, turn, heard, said))


def _tell(turn: Turn, heard: Pressed, said: Answered) -> None:
    """What came of a button; on the home tab, above what it shows now."""
    site = turn.site
    shown = show_prompt(
        site.store,
        site.rulebook,
        site.policy,
        heard.prompt_id,
        turn.person.id,
        turn.now,
    )
    zone = shown.change.zone
    about = f"{shown.message.customer_name}, {shown.message.product}"
    still = in_days(shown.others or shown.open, zone)
    note = turn.words(zone).outcome(said, about, still)
    if heard.where == Where():
        turn.desk.publish(heard.who.user, home_of(turn, note.blocks))
    else:
        turn.answer(heard.where, note)


def _reply(turn: Turn, heard: Wrote, answering: Answering) -> Handled:
    """Words in the thread of a question are an answer to it."""
    where = heard.where
    prompt_id = _prompt_in(turn.unit, where)
    if prompt_id is None:
        return _say(turn, where, "ask_where")
    if heard.has_files:
        answering = replace(answering, understand=lambda *_: _FILES)
    reply = Reply(
        prompt_id,
        turn.person.id,
        heard.text,
        Via.SLACK_REPLY,
        ChannelName.SLACK.value,
        reference_of(where.channel or "", where.thread or ""),
        turn.item.id,
    )
    handled = take_reply(turn.unit, answering, reply, turn.now)
    if handled.reason == Doubt.UNKNOWN_QUESTION:
        return _say(turn, where, "no_prompt")
    if handled.reason == Doubt.NO_PART:
        return replace(_say(turn, where, "not_theirs"), status=InboxStatus.WAITING)
    return handled


def _prompt_in(unit: UnitOfWork, where: Where) -> int | None:
    """The prompt whose message began a thread."""
    if where.channel is None or where.thread is None:
        return None
    copy = unit.copies.sent(reference_of(where.channel, where.thread))
    if copy is None or copy.channel != Source.SLACK:
        return None
    return unit.prompts.ids_of([copy.outbox_id]).get(copy.outbox_id)


def _say(turn: Turn, where: Where, key: str) -> Handled:
    """Nothing follows but one sentence."""
    note: Note = turn.words(turn.site.settings.time_zone).note(key)
    answer = partial(turn.answer, where, note)
    return Handled(InboxStatus.DONE, key.replace("_", " "), answer)
