"""The filters that templates may use, in each language.

Babel takes tens of microseconds a call and a batch of letters repeats the same few
dates and amounts, so what it writes is remembered.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache, partial
from typing import Final
from urllib.parse import quote

from babel.numbers import format_currency, format_decimal
from babel.units import format_unit
from markupsafe import Markup

from engine.domain.errors import TacitError
from engine.domain.letters import Answer, Refused
from engine.domain.outcome import Refusal, RefusalReason
from engine.domain.parsing import MINOR_UNITS
from notifiers.refusals import refusal_sentence
from notifiers.wording import NO_BREAK, Wording, babel_locale, long_date, long_month

Filter = Callable[..., object]

#: Every filter, with what the manual says of it.
FILTERS: Final[Mapping[str, str]] = {
    "date": "a date in words: 15 January 2027",
    "month": "the month of a date in words: January 2027",
    "money": "an amount with its currency: `mrr_minor | money(currency)`",
    "number": "a number with its separators: 10,000",
    "months": "a number of months: 12 months",
    "days": "a number of days: 16 days",
    "last_day": "the last day for one of the answers: `answer | last_day | date`",
    "link": "where its reader gives one of the answers: `[words]({{ answer | link }})`",
    "sentence": "why an answer was refused, as a sentence: `refusal | sentence`",
    "label": "a code in words: `accept` becomes “Accept the new conditions”",
    "join": 'a list on one line: `asks | join(", ")`',
    "default": 'other words where there is no value: `reason | default("unknown")`',
    "upper": "in capitals",
    "lower": "in small letters",
    "capitalize": "with a capital at the start",
}

#: The sections of the wording that `label` looks in; no code is in two of them.
LABEL_SECTIONS: Final = ("types", "states", "events", "messages", "roles", "reasons")


class MissingValueError(TacitError):
    """Raised where a template writes a value that the change does not have."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        what = " or ".join(names) or "a value"
        super().__init__(f"{what} is missing here: ask for it with {{% if … %}} first")


def filters_of(wording: Wording) -> dict[str, Filter]:
    """The filters in one language, and the one that makes values safe in links."""
    language = wording.language
    return {
        "date": partial(_day_in_words, write=long_date, language=language),
        "month": partial(_day_in_words, write=long_month, language=language),
        "money": partial(_money, language=language),
        "number": partial(_number, language=language),
        "months": partial(_unit, unit="duration-month", language=language),
        "days": partial(_unit, unit="duration-day", language=language),
        "last_day": _last_day,
        "link": _answer_link,
        "sentence": partial(_refusal, wording),
        "label": partial(_label, _labels(wording)),
        "join": _join,
        "default": _default,
        "upper": lambda value: str(_present(value)).upper(),
        "lower": lambda value: str(_present(value)).lower(),
        "capitalize": _capitalize,
        "in_link": _in_link,
    }


def _present(value: object) -> object:
    if value is None:
        raise MissingValueError
    return value


def _day_in_words(
    value: date | None, write: Callable[[date, str], str], language: str
) -> str:
    if value is None:
        raise MissingValueError
    if not isinstance(value, date):
        raise TypeError(f"{value!r} is not a date")
    return write(value, language).replace(" ", NO_BREAK)


@lru_cache(maxsize=4096)
def _money(minor: int | None, currency: str | None, language: str) -> str:
    amount = Decimal(_whole(minor)) / MINOR_UNITS
    code = str(_present(currency))
    return str(format_currency(amount, code, locale=babel_locale(language)))


@lru_cache(maxsize=4096)
def _number(value: int | None, language: str) -> str:
    return str(format_decimal(_whole(value), locale=babel_locale(language)))


@lru_cache(maxsize=4096)
def _unit(value: int | None, unit: str, language: str) -> str:
    locale = babel_locale(language)
    written = format_unit(_whole(value), unit, length="long", locale=locale)
    return str(written).replace(" ", NO_BREAK)


def _whole(value: int | None) -> int:
    if value is None:
        raise MissingValueError
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is not a number")
    return value


def _last_day(answer: object) -> date | None:
    if not isinstance(answer, Answer):
        raise TypeError(f"{answer!r} is not an answer")
    return answer.last_day


def _answer_link(answer: object) -> str | None:
    if not isinstance(answer, Answer):
        raise TypeError(f"{answer!r} is not an answer")
    return answer.link


def _refusal(wording: Wording, refused: object) -> str:
    if not isinstance(refused, Refused):
        refused = Refused(str(_present(refused)))
    refusal = Refusal(RefusalReason(str(refused)), refused.values)
    return refusal_sentence(
        wording, refusal, event=refused.event, state=refused.state, who=refused.who
    )


def _labels(wording: Wording) -> Mapping[str, str]:
    return {
        code: words
        for section in LABEL_SECTIONS
        for code, words in wording.section(section).items()
    }


def _label(labels: Mapping[str, str], code: object) -> str:
    # Rules may name states of their own; a message is not lost for want of a word.
    word = str(_present(code))
    return labels.get(word) or word.replace("_", " ")


def _join(values: Iterable[object], separator: str = ", ") -> str:
    return separator.join(str(value) for value in values)


def _default(value: object, other: object) -> object:
    return other if value is None or value == "" else value


def _capitalize(value: object) -> str:
    text = str(_present(value))
    return text[:1].upper() + text[1:]


def _in_link(value: object) -> Markup:
    # Percent-encoded, so it can neither leave the address nor need escaping twice.
    return Markup(quote(str(_present(value)), safe="@"))  # noqa: S704 # encoded above
