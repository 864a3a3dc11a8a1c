"""Which user of Slack is which person of the book."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from engine.store.bulk import chunks
from engine.store.prompt_tables import slack_links

_s: Final = slack_links.c


class SlackLinkRows:
    """Links between users of Slack and people, within one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def person_of(self, team: str, user: str) -> int | None:
        query = select(_s.person_id).where(_s.team == team, _s.user == user)
        return self._connection.execute(query).scalar_one_or_none()

    def of_person(self, person_id: int) -> list[tuple[str, str, datetime]]:
        """Workspace, user and since when, in the order in which they were linked."""
        query = select(_s.team, _s.user, _s.linked_at).where(_s.person_id == person_id)
        rows = self._connection.execute(query.order_by(_s.linked_at))
        return [(team, user, at) for team, user, at in rows]

    def users_of(self, person_ids: Iterable[int]) -> dict[int, list[tuple[str, str]]]:
        """By person, the workspace and user of each that is linked to them."""
        found: dict[int, list[tuple[str, str]]] = {}
        query = select(_s.person_id, _s.team, _s.user).order_by(_s.linked_at)
        for chunk in chunks(person_ids):
            rows = self._connection.execute(query.where(_s.person_id.in_(chunk)))
            for person_id, team, user in rows:
                found.setdefault(person_id, []).append((team, user))
        return found

    def link(self, team: str, user: str, person_id: int, now: datetime) -> None:
        """Link them; whoever the user was before, they are no more."""
        self.unlink(team, user)
        row = {"team": team, "user": user, "person_id": person_id, "linked_at": now}
        self._connection.execute(insert(slack_links).values(row))

    def unlink(self, team: str, user: str) -> bool:
        gone = delete(slack_links).where(_s.team == team, _s.user == user)
        return bool(self._connection.execute(gone).rowcount)
