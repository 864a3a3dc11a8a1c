"""Requests that came with a key of their own, and what they were answered."""

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from engine.domain.answered import DONE, Answer, AnsweredRequest
from engine.store.account_tables import answered_requests

_c: Final = answered_requests.c


class AnsweredRows:
    """Answered requests, within one unit of work.

    `at` is when a request was taken on. It tells whoever works on it from whoever took
    it over since: only the last may write.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, person_id: int, key: str) -> AnsweredRequest | None:
        query = select(_c.request_hash, _c.status, _c.body, _c.at).where(
            _c.person_id == person_id, _c.key == key
        )
        found = self._connection.execute(query).one_or_none()
        return AnsweredRequest(*found) if found else None

    def take_on(
        self, person_id: int, key: str, request_hash: str, at: datetime
    ) -> bool:
        """Whether the request is whoever's asks; of two at once, one gets it."""
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        row = {
            "person_id": person_id,
            "key": key,
            "request_hash": request_hash,
            "at": at,
        }
        statement = dialect.insert(answered_requests).values(row)
        # Told by what comes back: some drivers count no rows of such a statement.
        taken = statement.on_conflict_do_nothing().returning(_c.key)
        return self._connection.execute(taken).one_or_none() is not None

    def take_over(
        self, person_id: int, key: str, was_at: datetime, at: datetime
    ) -> bool:
        """The same, of one that somebody began and did nothing of."""
        mine = _mine(person_id, key, was_at)
        statement = update(answered_requests).where(*mine, _c.status.is_(None))
        return bool(self._connection.execute(statement.values(at=at)).rowcount)

    def mark_done(self, person_id: int, key: str, at: datetime) -> bool:
        """Whether the request is still whoever's asks; kept if the rest of it is."""
        still = or_(_c.status.is_(None), _c.status == DONE)
        mine = update(answered_requests).where(*_mine(person_id, key, at), still)
        return bool(self._connection.execute(mine.values(status=DONE)).rowcount)

    def record(self, person_id: int, key: str, at: datetime, answer: Answer) -> None:
        mine = update(answered_requests).where(*_mine(person_id, key, at))
        self._connection.execute(mine.values(answer._asdict()))

    def let_go(self, person_id: int, key: str, at: datetime) -> bool:
        """Forget a request of which nothing was done; whether it was one."""
        mine = _mine(person_id, key, at)
        statement = delete(answered_requests).where(*mine, _c.status.is_(None))
        return bool(self._connection.execute(statement).rowcount)

    def forget(self, before: datetime) -> None:
        self._connection.execute(delete(answered_requests).where(_c.at < before))


def _mine(person_id: int, key: str, at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (_c.person_id == person_id, _c.key == key, _c.at == at)
