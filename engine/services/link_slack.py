"""Links users of Slack to people: confirmed by the people themselves, undone by them."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from engine.domain.errors import NotFoundError
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.records import Person
from engine.domain.slack_users import SlackUser
from engine.services.account_notes import note_account


class Linked(NamedTuple):
    """A user of Slack who is somebody here, and since when."""

    who: SlackUser
    since: datetime


@dataclass(frozen=True)
class SlackLinker:
    """Keeps the links of one person; `by` is who does it, in the trail."""

    store: Storage
    person: Person
    by: str
    now: datetime

    def links(self) -> list[Linked]:
        """The users of Slack who are this person, the first linked first."""
        with self.store.begin(read_only=True) as unit:
            return links_of(unit, self.person.id)

    def holder(self, who: SlackUser) -> Person | None:
        """Who that user of Slack is so far."""
        with self.store.begin(read_only=True) as unit:
            return _holder(unit, who)

    def link(self, who: SlackUser) -> None:
        """That user is this person from now on, and nobody else any more."""
        with self.store.begin() as unit:
            before = _holder(unit, who)
            if before is not None and before.id == self.person.id:
                return
            if before is not None:
                self._note(unit, before, "slack user unlinked", who)
            unit.slack_links.link(who.team, who.user, self.person.id, self.now)
            self._note(unit, self.person, "slack user linked", who)
            unit.commit()

    def unlink(self, who: SlackUser) -> None:
        """That user is nobody here any more; NotFoundError unless they were this one."""
        with self.store.begin() as unit:
            holder = _holder(unit, who)
            if holder is None or holder.id != self.person.id:
                raise NotFoundError("Slack user", f"{who.team}/{who.user}")
            unit.slack_links.unlink(who.team, who.user)
            self._note(unit, self.person, "slack user unlinked", who)
            unit.commit()

    def _note(
        self, unit: UnitOfWork, person: Person, said: str, who: SlackUser
    ) -> None:
        named = f"{who.team}/{who.user}"
        note_account(unit, person.id, said, self.by, self.now, slack=named)


def links_of(unit: UnitOfWork, person_id: int) -> list[Linked]:
    """The users of Slack who are this person."""
    return [
        Linked(SlackUser(team, user), since)
        for team, user, since in unit.slack_links.of_person(person_id)
    ]


def person_behind(unit: UnitOfWork, who: SlackUser) -> Person | None:
    """Who a user of Slack is here; None for a stranger, or whose account is disabled."""
    person = _holder(unit, who)
    account = unit.accounts.account(person.id) if person else None
    return person if account and account.disabled_at is None else None


def _holder(unit: UnitOfWork, who: SlackUser) -> Person | None:
    person_id = unit.slack_links.person_of(*who)
    return None if person_id is None else unit.book.people([person_id])[person_id]
