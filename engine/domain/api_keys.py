"""API keys: what a program calls with in somebody's name, and no further than it says."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from engine.domain.access import Action, Actor
from engine.domain.errors import TacitError
from engine.domain.records import Person

#: How a key can be told from any other secret, by people and by scanners of code.
MARK: Final = "tct"
_PREFIX_LETTERS: Final = "abcdefghijkmnpqrstuvwxyz23456789"
_PREFIX_LENGTH: Final = 8
LONGEST_NAME: Final = 80


class ApiKeyError(TacitError):
    """Raised when a key cannot be made as it was asked for."""


class TooManyKeysError(ApiKeyError):
    """Raised when somebody has as many keys as one may have."""

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(
            f"there are {most} keys that work already: revoke one first, or wait until "
            "one ends"
        )


class ApiKey(NamedTuple):
    """A key as it is kept; its secret is known to its owner alone."""

    id: int
    person_id: int
    name: str
    prefix: str
    secret_hash: str
    actions: frozenset[Action]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None
    made_by: int | None = None  # another key of the same person

    def is_over(self, now: datetime) -> bool:
        return self.revoked_at is not None or self.expires_at <= now


@dataclass(frozen=True, slots=True)
class KeyLimits:
    """How many keys that work somebody may have, and how long a new one may work."""

    most: int
    longest: timedelta


@dataclass(frozen=True, slots=True)
class WantedKey:
    """A key as it is asked for: what it is for, what it may do, when it ends."""

    name: str
    actions: frozenset[Action]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made, with the one sight of its secret."""

    secret: str
    key: ApiKey


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Whoever calls with a key: its owner, with no more than the key carries."""

    person: Person
    actor: Actor


def new_secret() -> tuple[str, str]:
    """The prefix by which a key is known, and the whole key."""
    letters = (secrets.choice(_PREFIX_LETTERS) for _ in range(_PREFIX_LENGTH))
    prefix = "".join(letters)
    return prefix, f"{MARK}_{prefix}_{secrets.token_urlsafe(32)}"


def prefix_of(secret: str) -> str | None:
    """The prefix in what may be a key; None where it cannot be one."""
    mark, _, rest = secret.partition("_")
    prefix, separator, _ = rest.partition("_")
    is_one = mark == MARK and separator and len(prefix) == _PREFIX_LENGTH
    is_plain = rest.isascii() and set(prefix) <= set(_PREFIX_LETTERS)
    return prefix if is_one and is_plain else None
