"""Accounts, sessions and their limits: who may sign in, and for how long."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple


class Account(NamedTuple):
    """How one person may sign in."""

    person_id: int
    password_hash: str | None
    issuer: str | None
    subject: str | None
    created_at: datetime
    disabled_at: datetime | None


class SessionRow(NamedTuple):
    """Somebody's signed-in browser."""

    token_hash: str
    person_id: int
    created_at: datetime
    seen_at: datetime
    signed_in_by: str


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session lasts: unused, and at most."""

    idle: timedelta
    longest: timedelta

    def is_over(self, session: SessionRow, now: datetime) -> bool:
        return (
            now - session.seen_at >= self.idle
            or now - session.created_at >= self.longest
        )


class LinksFor(StrEnum):
    """Who is mailed a link when they ask for one."""

    ACCOUNTS = "accounts"  #: whoever was let in once
    ROLES = "roles"  #: whoever was given a role in the book, too


@dataclass(frozen=True, slots=True)
class SignInLimits:
    """How often signing in may be tried: within the window, and of links mailed."""

    attempts: int
    window: timedelta
    links: int


class Identity(NamedTuple):
    """Who somebody is at a single sign-on provider, as it vouches for it.

    `email` is None unless the provider says that it verified the address.
    """

    issuer: str
    subject: str
    email: str | None


def hash_of(token: str) -> str:
    """What is kept of a token: it is random and long, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def form_token(session_token: str) -> str:
    """What every form of a session carries, so that no other site can post in its name.

    Derived from the session's own token, which no other site can read.
    """
    return hashlib.sha256(f"form:{session_token}".encode()).hexdigest()
