"""Pages of long lists: a cursor says after which row the next one begins."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from engine.domain.errors import TacitError

T = TypeVar("T")
_LARGEST: Final = 2**63 - 1


class CursorError(TacitError):
    """Raised when what is given as a cursor is none."""

    def __init__(self) -> None:
        super().__init__("this is no cursor of this list: leave it out to begin again")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows, and the cursor after which more follow; None where nothing does."""

    rows: Sequence[T]
    next: str | None


def page_of(found: Sequence[T], limit: int, key: Callable[[T], object]) -> Page[T]:
    """A page from up to one row more than it may have."""
    if len(found) <= limit:
        return Page(found, None)
    return Page(found[:limit], write_cursor(key(found[limit - 1])))


def write_cursor(key: object) -> str:
    """A place in a list, as text that says nothing to its reader."""
    return base64.urlsafe_b64encode(str(key).encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> str:
    """The key of the row after which a page begins; CursorError unless it is one."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        key = base64.b64decode(padded, b"-_", validate=True).decode()
    except (UnicodeError, binascii.Error):
        raise CursorError from None
    if not key or not key.isprintable():
        raise CursorError
    return key


def read_id_cursor(cursor: str) -> int:
    """The same where rows are told apart by their id."""
    key: Any = read_cursor(cursor)
    if not (key.isascii() and key.isdigit()) or int(key[:20]) > _LARGEST:
        raise CursorError
    return int(key)
