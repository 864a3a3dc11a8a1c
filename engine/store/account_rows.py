"""Accounts, sessions, sign-in links and preferences of people who sign in."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, update

from engine.domain.accounts import Account, SessionRow
from engine.store.tables import accounts, preferences, sessions, sign_in_links

_ACCOUNT: Final = (
    accounts.c.person_id, accounts.c.password_hash, accounts.c.issuer,
    accounts.c.subject, accounts.c.created_at, accounts.c.disabled_at,
)  # fmt: skip


class AccountRows:
    """Who may sign in, and who is signed in, within one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def account(self, person_id: int) -> Account | None:
        query = select(*_ACCOUNT).where(accounts.c.person_id == person_id)
        found = self._connection.execute(query).one_or_none()
        return Account(*found) if found else None

    def add_account(self, person_id: int, now: datetime) -> None:
        values = {"person_id": person_id, "created_at": now}
        self._connection.execute(insert(accounts).values(values))

    def update_account(self, person_id: int, **values: Any) -> None:
        mine = accounts.c.person_id == person_id
        self._connection.execute(update(accounts).where(mine).values(**values))

    def add_link(
        self, token_hash: str, person_id: int, now: datetime, expires_at: datetime
    ) -> None:
        values = {
            "token_hash": token_hash,
            "person_id": person_id,
            "created_at": now,
            "expires_at": expires_at,
        }
        self._connection.execute(insert(sign_in_links).values(values))

    def link_owner(self, token_hash: str, now: datetime) -> int | None:
        """Whose link this is, if it can still be used."""
        c = sign_in_links.c
        query = select(c.person_id).where(
            c.token_hash == token_hash, c.used_at.is_(None), c.expires_at > now
        )
        return self._connection.execute(query).scalar_one_or_none()

    def use_link(self, token_hash: str, now: datetime) -> int | None:
        """The same, and it cannot be used again; of two who try, one gets it."""
        owner = self.link_owner(token_hash, now)
        c = sign_in_links.c
        used = self._connection.execute(
            update(sign_in_links)
            .where(c.token_hash == token_hash, c.used_at.is_(None))
            .values(used_at=now)
        )
        return owner if used.rowcount else None

    def add_session(
        self, token_hash: str, person_id: int, now: datetime, signed_in_by: str
    ) -> None:
        values = {
            "token_hash": token_hash,
            "person_id": person_id,
            "created_at": now,
            "seen_at": now,
            "signed_in_by": signed_in_by,
        }
        self._connection.execute(insert(sessions).values(values))

    def session(self, token_hash: str) -> SessionRow | None:
        c = sessions.c
        query = select(
            c.token_hash, c.person_id, c.created_at, c.seen_at, c.signed_in_by
        ).where(c.token_hash == token_hash)
        found = self._connection.execute(query).one_or_none()
        return SessionRow(*found) if found else None

    def see_session(self, token_hash: str, now: datetime) -> None:
        mine = sessions.c.token_hash == token_hash
        self._connection.execute(update(sessions).where(mine).values(seen_at=now))

    def end_session(self, token_hash: str) -> None:
        mine = sessions.c.token_hash == token_hash
        self._connection.execute(delete(sessions).where(mine))

    def end_sessions_of(self, person_id: int, but: str | None = None) -> None:
        """Sign somebody out everywhere, or everywhere `but` here."""
        c = sessions.c
        theirs = delete(sessions).where(c.person_id == person_id)
        if but is not None:
            theirs = theirs.where(c.token_hash != but)
        self._connection.execute(theirs)

    def preferences(self, person_id: int) -> dict[str, str]:
        """What somebody chose, by name, as JSON text."""
        c = preferences.c
        query = select(c.name, c.value).where(c.person_id == person_id)
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def prefer(self, person_id: int, name: str, value: str | None) -> None:
        """Keep a choice (JSON text), or forget it (None)."""
        c = preferences.c
        mine = (c.person_id == person_id, c.name == name)
        self._connection.execute(delete(preferences).where(*mine))
        if value is not None:
            row = {"person_id": person_id, "name": name, "value": value}
            self._connection.execute(insert(preferences).values(row))
