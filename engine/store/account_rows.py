"""Accounts, sessions, sign-in links and preferences of people who sign in."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from engine.domain.access import Reach
from engine.domain.accounts import Account, SessionLimits, SessionRow
from engine.store.account_tables import (
    accounts,
    answered_requests,
    preferences,
    sessions,
    sign_in_links,
)
from engine.store.bulk import chunks
from engine.store.tables import customers, partners, people

_ACCOUNT: Final = (
    accounts.c.person_id, accounts.c.password_hash, accounts.c.issuer,
    accounts.c.subject, accounts.c.created_at, accounts.c.disabled_at,
)  # fmt: skip
_SESSION: Final = (
    sessions.c.token_hash, sessions.c.person_id, sessions.c.created_at,
    sessions.c.seen_at, sessions.c.signed_in_by,
)  # fmt: skip


class AccountRows:
    """Who may sign in, and who is signed in, within one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def account(self, person_id: int) -> Account | None:
        query = select(*_ACCOUNT).where(accounts.c.person_id == person_id)
        found = self._connection.execute(query).one_or_none()
        return Account(*found) if found else None

    def hold(self, person_id: int) -> None:
        """Let nobody else change this person's account until the transaction ends."""
        mine = select(people.c.id).where(people.c.id == person_id)
        self._connection.execute(mine.with_for_update())

    def called(self, name: str) -> list[Account]:
        """The accounts of people with this code or address, whatever its case."""
        is_theirs = or_(
            people.c.code == name, func.lower(people.c.email) == name.casefold()
        )
        return self._of_people(is_theirs)

    def at_address(self, address: str) -> list[Account]:
        """The accounts of people with this address."""
        return self._of_people(func.lower(people.c.email) == address.casefold())

    def of_identity(self, issuer: str, subject: str) -> Account | None:
        """The account that an identity at a single sign-on provider is linked to."""
        query = select(*_ACCOUNT).where(
            accounts.c.issuer == issuer, accounts.c.subject == subject
        )
        found = self._connection.execute(query).one_or_none()
        return Account(*found) if found else None

    def any(self) -> bool:
        """Whether anybody has an account."""
        found = self._connection.execute(select(accounts.c.person_id).limit(1))
        return found.first() is not None

    def organisation_of(self, person_id: int) -> str | None:
        """The name of a person's partner or customer; None at the vendor."""
        query = (
            select(func.coalesce(partners.c.name, customers.c.name))
            .select_from(people)
            .outerjoin(partners, partners.c.id == people.c.partner_id)
            .outerjoin(customers, customers.c.id == people.c.customer_id)
            .where(people.c.id == person_id)
        )
        return self._connection.execute(query).scalar_one_or_none()

    def listing(self, reach: Reach) -> list[dict[str, Any]]:
        """Every account of these organisations' people, with its sessions."""
        mine = select(func.count()).where(sessions.c.person_id == people.c.id)
        seen = select(func.max(sessions.c.seen_at)).where(
            sessions.c.person_id == people.c.id
        )
        query = (
            select(
                people.c.code.label("person"),
                people.c.name,
                people.c.email,
                func.coalesce(partners.c.name, customers.c.name).label("of"),
                *_ACCOUNT,
                mine.scalar_subquery().label("sessions"),
                seen.scalar_subquery().label("seen_at"),
            )
            .join_from(accounts, people, people.c.id == accounts.c.person_id)
            .outerjoin(partners, partners.c.id == people.c.partner_id)
            .outerjoin(customers, customers.c.id == people.c.customer_id)
            .order_by(people.c.code)
        )
        if not reach.everything:
            query = query.where(
                or_(
                    people.c.partner_id.in_(reach.partners),
                    people.c.customer_id.in_(reach.customers),
                )
            )
        return [dict(row) for row in self._connection.execute(query).mappings()]

    def _of_people(self, are_meant: ColumnElement[bool]) -> list[Account]:
        query = (
            select(*_ACCOUNT)
            .join(people, people.c.id == accounts.c.person_id)
            .where(are_meant)
            .order_by(accounts.c.person_id)
        )
        return [Account(*row) for row in self._connection.execute(query)]

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
        query = select(*_SESSION).where(sessions.c.token_hash == token_hash)
        found = self._connection.execute(query).one_or_none()
        return SessionRow(*found) if found else None

    def sessions_of(self, person_id: int) -> list[SessionRow]:
        """Somebody's sessions, the last used first."""
        c = sessions.c
        query = select(*_SESSION).where(c.person_id == person_id)
        ordered = query.order_by(c.seen_at.desc(), c.token_hash)
        return [SessionRow(*row) for row in self._connection.execute(ordered)]

    def see_session(self, token_hash: str, now: datetime) -> None:
        mine = sessions.c.token_hash == token_hash
        self._connection.execute(update(sessions).where(mine).values(seen_at=now))

    def end_session(self, token_hash: str) -> None:
        mine = sessions.c.token_hash == token_hash
        self._connection.execute(delete(sessions).where(mine))

    def end_sessions_of(
        self, person_id: int, but: str | None = None, begun_by: str | None = None
    ) -> None:
        """Sign somebody out everywhere, or everywhere `but` here; where begun so."""
        c = sessions.c
        theirs = delete(sessions).where(c.person_id == person_id)
        if but is not None:
            theirs = theirs.where(c.token_hash != but)
        if begun_by is not None:
            theirs = theirs.where(c.signed_in_by == begun_by)
        self._connection.execute(theirs)

    def end_links_of(self, person_id: int) -> None:
        """Links that were not used cannot be any more."""
        theirs = sign_in_links.c.person_id == person_id
        self._connection.execute(delete(sign_in_links).where(theirs))

    def forget_sessions(self, limits: SessionLimits, now: datetime) -> int:
        """Delete the sessions that are over; how many."""
        c = sessions.c
        over = or_(c.seen_at <= now - limits.idle, c.created_at <= now - limits.longest)
        return self._connection.execute(delete(sessions).where(over)).rowcount

    def forget_links(self, now: datetime) -> int:
        """Delete the links that are of no use any more; how many."""
        c = sign_in_links.c
        over = or_(c.used_at.is_not(None), c.expires_at <= now)
        return self._connection.execute(delete(sign_in_links).where(over)).rowcount

    def forget_answers(self, before: datetime) -> int:
        """Delete the answers to requests older than that; how many."""
        old = answered_requests.c.at <= before
        return self._connection.execute(delete(answered_requests).where(old)).rowcount

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

    def preferred(self, person_ids: Iterable[int], name: str) -> dict[int, str]:
        """What those of the people who chose it did choose, as JSON text."""
        c = preferences.c
        found: dict[int, str] = {}
        for chunk in chunks(person_ids):
            query = select(c.person_id, c.value).where(
                c.person_id.in_(chunk), c.name == name
            )
            found |= {row[0]: row[1] for row in self._connection.execute(query)}
        return found
