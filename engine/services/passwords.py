"""Passwords: kept as argon2 hashes, compared in the same time whoever it is."""

import unicodedata
from dataclasses import dataclass, field
from functools import cache
from threading import BoundedSemaphore
from typing import Final

from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError

from engine.domain.errors import TacitError

LONGEST: Final = 200
#: What many would think of first, wherever they are asked for a password.
_FIRST_THOUGHTS: Final = (
    "tacit", "password", "motdepasse", "passwort", "qwertyuiop", "qwerty",
    "azertyuiop", "azerty", "1234567890", "0123456789", "123456", "abcdefgh", "letmein",
)  # fmt: skip
_FEWEST_DIFFERENT: Final = 5


class PasswordRefusedError(TacitError):
    """Raised when a password must not be used; `why` is short, long or obvious."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"this password is too {why}")


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _nobodys() -> str:
    """A hash to compare with where there is none, so that it takes as long."""
    return _hasher().hash("nobody's password")


@dataclass(frozen=True)
class Passwords:
    """What passwords must be like, and the one place where they are hashed.

    Each hash takes 64 MB while it is made: two at once, whoever knocks.
    """

    at_least: int
    _turns: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(2))

    def hash(self, password: str) -> str:
        with self._turns:
            return _hasher().hash(_same(password))

    def check(self, password: str, kept: str | None) -> tuple[bool, str | None]:
        """Whether it is the one, and a new hash where the kept one has grown weak."""
        if len(password) > LONGEST:
            return False, None
        with self._turns:
            try:
                right, better = _hasher().verify_and_update(
                    _same(password), kept or _nobodys()
                )
            except PwdlibError:
                return False, None
        return (right, better) if kept else (False, None)

    def refuse_weak(self, password: str, *about: str) -> None:
        """PasswordRefusedError for what is too short, or said by what is known.

        `about` is what others know of the person: names and addresses.
        """
        if len(password) < self.at_least:
            raise PasswordRefusedError("short")
        if len(password) > LONGEST:
            raise PasswordRefusedError("long")
        left = _letters(password)
        if len(set(left)) < _FEWEST_DIFFERENT:
            raise PasswordRefusedError("obvious")
        for word in sorted(_words(about), key=len, reverse=True):
            left = left.replace(word, "")
        if len(left) < self.at_least / 2:
            raise PasswordRefusedError("obvious")


def _same(password: str) -> str:
    """One form for what keyboards write in two: é, and e with an accent."""
    return unicodedata.normalize("NFC", password)


def _letters(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in folded if not letter.isspace())


def _words(about: tuple[str, ...]) -> set[str]:
    """What is known of somebody, whole and in its parts."""
    found = set(_FIRST_THOUGHTS)
    for text in about:
        parts = "".join(each if each.isalnum() else " " for each in text).split()
        found |= {_letters(each) for each in (text, "".join(parts), *parts)}
    return {word for word in found if len(word) >= 3}
