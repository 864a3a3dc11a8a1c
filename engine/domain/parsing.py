"""Strict readers of one cell of text: a value, or a ValueError that says what to write.

Python's own parsers accept too much: `Decimal` takes NaN, 1_000 and Arabic digits,
`date.fromisoformat` takes 20260102 and week dates.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

LANGUAGES: Final = ("en", "fr")
MINOR_UNITS: Final = 100
#: Beyond these, a date in a book is a slip of the pen.
FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2199

_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@+-]{0,63}")
_EMAIL: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@"
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+"
)
_DAY: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
# A spreadsheet turns 2026-10 into a date cell of its first day.
_MONTH: Final = re.compile(r"([0-9]{4}-(?:0[1-9]|1[0-2]))(?:-01)?")
_WHOLE: Final = re.compile(r"[0-9]{1,9}")
_MONEY: Final = re.compile(r"(-?)([0-9]{1,12})(?:\.([0-9]{1,2}))?")
# The no-break spaces of French typography, copied along with a name.
_SPACES: Final = {0xA0: " ", 0x202F: " "}
_YES: Final = frozenset({"yes", "true", "1", "oui", "vrai"})
_NO: Final = frozenset({"no", "false", "0", "non", "faux"})


def text(cell: str) -> str:
    """Any text on one line, at most 200 characters."""
    if len(cell) > 200:
        raise ValueError("is longer than 200 characters")
    plain = cell.translate(_SPACES)
    if not plain.isprintable():
        raise ValueError("has a line break or a control character in it")
    return plain


def code(cell: str) -> str:
    """An identifier, as the vendor's own systems know it."""
    if not _CODE.fullmatch(cell):
        raise ValueError("is not an identifier: letters, digits and . _ : @ + - only")
    return cell


def email(cell: str) -> str:
    """A plain address: no name, no comment, no quotes."""
    if not _EMAIL.fullmatch(cell):
        raise ValueError("is not a plain mail address such as ana@example.com")
    return cell


def day(cell: str) -> date:
    """A date written YYYY-MM-DD, and nothing else."""
    found = _DAY.fullmatch(cell)
    if not found:
        raise ValueError("is not a date written YYYY-MM-DD")
    try:
        found_day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise ValueError("is a day that the calendar does not have") from None
    if not FIRST_YEAR <= found_day.year <= LAST_YEAR:
        raise ValueError(f"is not in a year from {FIRST_YEAR} to {LAST_YEAR}")
    return found_day


def month(cell: str) -> str:
    """A calendar month written YYYY-MM."""
    found = _MONTH.fullmatch(cell)
    if not found:
        raise ValueError("is not a month written YYYY-MM")
    return found[1]


def whole(cell: str) -> int:
    """A whole number from 0 to 999999999, without separators."""
    if not _WHOLE.fullmatch(cell):
        raise ValueError("is not a whole number without signs or separators")
    return int(cell)


def positive(cell: str) -> int:
    """A whole number from 1 to 1200."""
    if not _WHOLE.fullmatch(cell) or not 1 <= int(cell) <= 1200:
        raise ValueError("is not a whole number from 1 to 1200")
    return int(cell)


def money(cell: str) -> int:
    """An amount with a point and at most two decimals, in minor units."""
    found = _MONEY.fullmatch(cell)
    if not found:
        raise ValueError("is not an amount such as 1200 or 1200.50")
    cents = int(found[2]) * MINOR_UNITS + int((found[3] or "0").ljust(2, "0"))
    return -cents if found[1] else cents


def boolean(cell: str) -> bool:
    """Yes or no, in the usual spellings of English and French."""
    word = cell.casefold()
    if word not in _YES | _NO:
        raise ValueError("is neither yes nor no")
    return word in _YES


def currency(cell: str) -> str:
    """Three capital letters of ISO 4217."""
    if not re.fullmatch(r"[A-Z]{3}", cell):
        raise ValueError("is not a currency code of three capital letters")
    return cell


def language(cell: str) -> str:
    """A language that messages are written in."""
    return one_of(*LANGUAGES)(cell)


def time_zone(cell: str) -> str:
    """An IANA time zone name."""
    try:
        ZoneInfo(cell)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is not a time zone name such as Europe/Paris") from None
    return cell


def words(cell: str) -> tuple[str, ...]:
    """Several identifiers separated by |."""
    return tuple(code(part.strip()) for part in cell.split("|") if part.strip())


def one_of(*choices: str) -> Callable[[str], str]:
    """A reader that takes one of the choices, in any case."""

    def read(cell: str) -> str:
        word = cell.casefold()
        if word not in choices:
            raise ValueError(f"is not one of {', '.join(choices)}")
        return word

    return read


def column_name(header: str) -> str:
    """A header as it is compared: case, spaces, hyphens and underscores are one."""
    return re.sub(r"[\s_-]+", "_", header.strip()).casefold()
