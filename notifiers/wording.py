"""The words of each language: names of codes, and sentences with blanks to fill."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Final

import yaml
from babel.dates import format_date

from engine.domain.errors import TacitError
from engine.domain.problems import did_you_mean

SHIPPED_WORDING: Final = Path(__file__).with_name("wording")

_BLANK: Final = re.compile(r"\{(\w+)\}")
#: A space at which no line is broken: what belongs together stays together.
NO_BREAK: Final = "\u00a0"


class Wording:
    """The words of one language.

    Each of `folders` may hold `<language>.yaml`; an earlier folder's entries go
    before a later one's, so a user's file holds only what it changes or adds.
    """

    def __init__(
        self, language: str, folders: Sequence[Path] = (SHIPPED_WORDING,)
    ) -> None:
        self.language = language
        self._sections: dict[str, dict[str, str]] = {}
        for folder in reversed(folders):
            file = folder / f"{language}.yaml"
            for section, code, words in _entries(file) if file.exists() else ():
                self._sections.setdefault(section, {})[code] = words
        if not self._sections:
            raise TacitError(f'no wording for the language "{language}"')

    def label(self, section: str, code: str) -> str:
        """The words for a code; raises TacitError for one that has none."""
        entries = self.section(section)
        if code not in entries:
            hint = did_you_mean(code, entries)
            raise TacitError(
                f'no wording for "{code}" in {self.language}: {section} ({hint})'
            )
        return entries[code]

    def sentence(self, key: str, **values: object) -> str:
        """A refusal with its blanks filled; dates in the language's own form."""
        return self.fill("refusals", key, **values)

    def fill(self, section: str, key: str, **values: object) -> str:
        """A sentence of a section, likewise."""
        pattern = self.label(section, key)

        def fill(blank: re.Match[str]) -> str:
            if blank[1] not in values:
                raise TacitError(f'the sentence "{key}" needs a value for {blank[1]}')
            value = values[blank[1]]
            return (
                long_date(value, self.language)
                if isinstance(value, date)
                else str(value)
            )

        return _BLANK.sub(fill, pattern)

    def section(self, section: str) -> Mapping[str, str]:
        """All codes of one section; raises TacitError for an unknown section."""
        if section not in self._sections:
            hint = did_you_mean(section, self._sections)
            raise TacitError(f'no section "{section}" in the wording ({hint})')
        return self._sections[section]


@lru_cache(maxsize=4096)
def long_date(day: date, language: str) -> str:
    """15 January 2027, or 15 janvier 2027."""
    written = format_date(day, format="long", locale=_LOCALES[language])
    # Babel writes "1 mars"; the first of the month is an ordinal in French.
    return (
        written.replace("1", "1er", 1) if language == "fr" and day.day == 1 else written
    )


@lru_cache(maxsize=256)
def long_month(day: date, language: str) -> str:
    """The month of a day: January 2027, or janvier 2027."""
    return str(format_date(day, format="MMMM y", locale=_LOCALES[language]))


# Babel's "en" is American; the vendor's readers are in Europe.
_LOCALES: Final = {"en": "en_GB", "fr": "fr_FR"}


def babel_locale(language: str) -> str:
    """The Babel locale that dates, numbers and amounts are written by."""
    return _LOCALES[language]


def _entries(file: Path) -> Iterator[tuple[str, str, str]]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TacitError(f"{file} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise TacitError(f"{file} must hold sections, each with codes and their words")
    for section, codes in content.items():
        if not isinstance(codes, dict):
            raise TacitError(f"{file}: {section} must hold codes and their words")
        for code, words in codes.items():
            if not isinstance(words, str):
                raise TacitError(f"{file}: {section}.{code} must be text, in quotes")
            yield section, str(code), words
