"""One thing that somebody known did in Slack, and how they are answered."""

from dataclasses import dataclass
from datetime import datetime

from engine.domain.inbox import InboxItem
from engine.domain.interfaces import UnitOfWork
from engine.domain.records import Person
from engine.domain.slack_heard import Where
from notifiers.slack_blocks import Note
from notifiers.slack_desk import SlackDesk
from notifiers.slack_words import SlackWords
from web.site import Site


@dataclass(frozen=True)
class Turn:
    """Who did it, when, and within which unit of work what follows is written."""

    site: Site
    desk: SlackDesk
    unit: UnitOfWork
    item: InboxItem
    person: Person
    now: datetime

    def words(self, zone: str) -> SlackWords:
        """In this person's language."""
        return SlackWords(self.site.words[self.person.language], zone)

    def answer(self, where: Where, note: Note) -> None:
        """Say something where they did it."""
        self.desk.answer(where, note)
