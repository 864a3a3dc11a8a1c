"""Sessions, and the one-time links that begin one; what a session lets somebody do."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from engine.domain.access import Actor, Policy, actor_of
from engine.domain.accounts import SessionLimits, hash_of
from engine.domain.errors import TacitError
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.records import Person
from engine.services.account_notes import note_account

#: A session is noted as seen at most so often: reading a page need not write.
NOTED_EVERY: Final = timedelta(minutes=1)


class SignInError(TacitError):
    """Raised when somebody cannot sign in; says no more than a stranger may know."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is signed in, what they may do, and what they chose (JSON by name)."""

    token: str
    person: Person
    actor: Actor
    preferences: dict[str, str]
    how: str  # link, password or sso; key where a program calls


def invite(
    store: Storage,
    person: str,
    now: datetime,
    lasts: timedelta,
    *,
    by: str = "operations",
) -> str:
    """Let a person sign in: the token of a link that works once, for a while.

    Whoever has no account is given one.
    """
    with store.begin() as unit:
        token = make_link(unit, unit.book.person(person), now, lasts, by)
        unit.commit()
    return token


def make_link(
    unit: UnitOfWork, person: Person, now: datetime, lasts: timedelta, by: str
) -> str:
    """A link's token, within a transaction; links made before it go on working."""
    unit.accounts.hold(person.id)
    account = unit.accounts.account(person.id)
    if account is None:
        unit.accounts.add_account(person.id, now)
        note_account(unit, person.id, "made", by, now)
    elif account.disabled_at is not None:
        raise SignInError(f"{person.name}'s account is disabled")
    token = secrets.token_urlsafe(32)
    unit.accounts.add_link(hash_of(token), person.id, now, now + lasts)
    return token


def owner_of_link(store: Storage, token: str, now: datetime) -> Person:
    """Whose link it is; SignInError where it is of no use any more."""
    with store.begin(read_only=True) as unit:
        owner = unit.accounts.link_owner(hash_of(token), now)
        if owner is None:
            raise SignInError("this link was used already, or is too old")
        return unit.book.people([owner])[owner]


def sign_in_by_link(store: Storage, token: str, now: datetime) -> str:
    """Use a link up: the token of a new session."""
    with store.begin() as unit:
        owner = unit.accounts.use_link(hash_of(token), now)
        if owner is None:
            raise SignInError("this link was used already, or is too old")
        session = begin_session(unit, owner, now, "link")
        unit.commit()
    return session


def begin_session(unit: UnitOfWork, person_id: int, now: datetime, by: str) -> str:
    """A session of its own for each time somebody signs in; its token."""
    unit.accounts.hold(person_id)
    account = unit.accounts.account(person_id)
    if account is None or account.disabled_at is not None:
        raise SignInError("this account cannot be used")
    token = secrets.token_urlsafe(32)
    unit.accounts.add_session(hash_of(token), person_id, now, by)
    note_account(unit, person_id, "signed in", _code(unit, person_id), now, how=by)
    return token


def _code(unit: UnitOfWork, person_id: int) -> str:
    return unit.book.people([person_id])[person_id].code


def find_session(
    store: Storage, policy: Policy, token: str, now: datetime, limits: SessionLimits
) -> SignedIn | None:
    """Who the session's token belongs to; None where it is over or never was."""
    with store.begin(read_only=True) as unit:
        session = unit.accounts.session(hash_of(token))
        if session is None or limits.is_over(session, now):
            return None
        account = unit.accounts.account(session.person_id)
        if account is None or account.disabled_at is not None:
            return None
        person = unit.book.people([session.person_id])[session.person_id]
        actor = actor_for(unit, policy, person)
        chosen = unit.accounts.preferences(person.id)
    if now - session.seen_at >= NOTED_EVERY:
        with store.begin() as unit:
            unit.accounts.see_session(session.token_hash, now)
            unit.commit()
    return SignedIn(token, person, actor, chosen, session.signed_in_by)


def actor_for(unit: UnitOfWork, policy: Policy, person: Person) -> Actor:
    """A person with what their roles and their place in the book grant."""
    primary, point = unit.book.stands(person)
    return actor_of(
        policy, person, is_primary_contact=primary, is_point_of_contact=point
    )


def sign_out(store: Storage, token: str) -> None:
    """End the session."""
    with store.begin() as unit:
        unit.accounts.end_session(hash_of(token))
        unit.commit()
