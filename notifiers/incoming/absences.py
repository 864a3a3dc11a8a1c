"""What an out-of-office says: whom to ask instead, and when its writer is back."""

import re
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from typing import Final

from notifiers.incoming.addresses import addresses_in
from notifiers.incoming.marks import plain
from notifiers.incoming.values import Absence

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "january jan janvier janv", "february feb fevrier fevr fev", "march mar mars",
            "april apr avril avr", "may mai", "june jun juin", "july jul juillet juil",
            "august aug aout", "september sept sep septembre", "october oct octobre",
            "november nov novembre", "december dec decembre",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH: Final = "|".join(sorted(_MONTHS, key=len, reverse=True))
_ORDINAL: Final = r"(?:st|nd|rd|th|er)?"
#: What stands before the day of a return.
_BEFORE: Final = (
    r"(?:until|till|back (?:on|in the office on|by)?|return(?:ing)?(?: to the office)? ?(?:on)?|"
    r"jusqu'au|jusqu'a|retour(?: au bureau| prevu)?|reviens|reviendrai|a partir du)"
)
_WRITTEN: Final = re.compile(
    rf"{_BEFORE}[\s:(]{{0,3}}(?:the |le |on |[a-z]{{3,9}}day |[a-z]{{3,5}}di )?"
    rf"(?:(\d{{1,2}}){_ORDINAL} (?:of )?({_MONTH})|({_MONTH}) (\d{{1,2}}){_ORDINAL})\b"
    rf"(?:,? (\d{{4}}))?"
)
_NUMBERS: Final = re.compile(
    rf"{_BEFORE}[\s:(]{{0,3}}(?:the |le |on )?(\d{{1,2}})[/.](\d{{1,2}})[/.](\d{{4}}|\d\d)\b"
)
_ISO: Final = re.compile(rf"{_BEFORE}[\s:(]{{0,3}}(\d{{4}})-(\d\d)-(\d\d)\b")
_SHORT: Final = re.compile(
    rf"(?:{_BEFORE}[\s:(]{{0,3}}(?:the |le )|jusqu'au )(\d{{1,2}}){_ORDINAL}(?![\d/:]|\.\d)"
)


def read_absence(
    text: str, subject: str, sent: date | None, others: Collection[str]
) -> Absence:
    """The first address that is neither the sender's nor ours, and the day of return.

    A day without its year is the next one after the mail was sent.
    """
    known = {one.casefold() for one in others}
    named = (one for one in addresses_in(text[:8_000]) if one.casefold() not in known)
    words = plain(f"{subject}\n{text[:4_000]}")
    returns = next(_days(words, sent), None)
    return Absence(next(named, None), returns)


def _days(words: str, sent: date | None) -> Iterator[date]:
    for found in _ISO.finditer(words):
        yield from _day(int(found[1]), int(found[2]), int(found[3]))
    for found in _WRITTEN.finditer(words):
        day, month = found[1] or found[4], found[2] or found[3]
        yield from _near(found[5], _MONTHS[month], int(day), sent)
    french = re.search(r"\b(?:absente?|retour|jusqu'au|conge)\b", words) is not None
    for found in _NUMBERS.finditer(words):
        first, second, year = int(found[1]), int(found[2]), int(found[3])
        if first != second and first <= 12 and second <= 12 and not french:
            continue  # 01/02 is a day of January or of February
        day, month = (second, first) if second > 12 else (first, second)
        yield from _day(year + 2000 if year < 100 else year, month, day)
    for found in _SHORT.finditer(words):
        yield from _next(int(found[1]), sent)


def _day(year: int, month: int, day: int) -> Iterator[date]:
    try:
        yield date(year, month, day)
    except ValueError:
        return


def _near(year: str | None, month: int, day: int, sent: date | None) -> Iterator[date]:
    if year is not None:
        yield from _day(int(year), month, day)
    elif sent is not None and sent.year < date.max.year:
        for each in (sent.year, sent.year + 1):
            found = list(_day(each, month, day))
            if found and found[0] >= sent:
                yield found[0]
                return


def _next(day: int, sent: date | None) -> Iterator[date]:
    """The next such day of a month: "until the 9th"."""
    if sent is None or sent.year >= date.max.year:
        return
    for ahead in range(62):
        found = sent + timedelta(days=ahead)
        if found.day == day:
            yield found
            return
