"""Turns templates into pages: in the reader's language, with every value escaped."""

from collections.abc import Callable
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from engine.domain.moments import last_whole_day
from engine.domain.recipients import reason_code
from notifiers.wording import Wording, babel_locale, long_date, long_month
from web.translations import translations

TEMPLATES: Final = Path(__file__).with_name("templates")


@cache
def environment(language: str) -> Environment:
    """Jinja in one language; a name that a page does not give is an error."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(  # type: ignore[attr-defined]
        translations(language), newstyle=True
    )
    made.globals["reason_code"] = reason_code
    locale = babel_locale(language)
    made.filters |= {
        "day": lambda day: long_date(day, language) if day else "",
        "short_day": lambda day: short_day(day, language) if day else "",
        "month": lambda day: long_month(day, language),
        "short_month": lambda month: short_month(month, language),
        "moment": lambda at, zone: _moment(at, zone, locale),
        "last_day": last_whole_day,
        "who_role": lambda role, word: word("roles", role),
        "number": lambda value: (
            "" if value is None else format_decimal(value, locale=locale)
        ),
        "money": lambda value, currency: _money(value, currency, locale),
    }
    return made


@lru_cache(maxsize=4096)
def short_day(day: date, language: str) -> str:
    """15 Jan 2027, or 15 janv. 2027; a list has hundreds, of which many are the same."""
    written = format_date(day, format="d MMM y", locale=babel_locale(language))
    is_ordinal = language == "fr" and day.day == 1
    return written.replace("1", "1er", 1) if is_ordinal else str(written)


def short_month(month: str, language: str) -> str:
    """Nov 2026, or nov. 2026, of 2026-11."""
    first = date.fromisoformat(f"{month}-01")
    return str(format_date(first, format="LLL y", locale=babel_locale(language)))


def sentence(language: str, text: str, **values: object) -> str:
    """A sentence that is not in a template, in a language, with its blanks filled."""
    translated = translations(language).gettext(text)
    return translated % values if values else translated


def counted(language: str, one: str, many: str, number: int) -> str:
    """A sentence about one thing or many, with its `count` filled in."""
    found = translations(language).ngettext(one, many, number)
    return found % {"count": number} if "%" in found else found


def words_of(wording: Wording) -> Callable[[str, str], str]:
    """The words for a code of the rules; one that nobody worded, as it is."""

    def word(section: str, code: str) -> str:
        return wording.section(section).get(code, code.replace("_", " "))

    return word


def _moment(at: datetime | None, zone: str, locale: str) -> str:
    """A time in somebody's zone: 15 Jan 2027, 09:00."""
    if at is None:
        return ""
    local = at.astimezone(ZoneInfo(zone))
    return str(format_datetime(local, "d MMM y, HH:mm", locale=locale))


def _money(value: Any, currency: str | None, locale: str) -> str:
    if value is None:
        return ""
    if currency is None:
        return str(format_decimal(value, format="#,##0.00", locale=locale))
    return str(format_currency(value, currency, locale=locale))


def iso(value: date | datetime) -> str:
    """A day or a time for machines."""
    return value.isoformat()
