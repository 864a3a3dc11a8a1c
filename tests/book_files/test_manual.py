"""The manual of the book cannot drift from the book."""

from pathlib import Path

import pytest

from engine.domain.book import KINDS, Field
from engine.domain.mapping import FILTERS
from engine.store.book_files.csv_files import SUFFIXES as CSV_SUFFIXES
from engine.store.book_files.mapping_files import (
    FIELD_KEYS,
    MAKE_KEYS,
    SOURCE_KEYS,
    TOP_KEYS,
)
from engine.store.book_files.workbooks import SUFFIXES as WORKBOOK_SUFFIXES

MANUAL = (Path(__file__).parents[2] / "docs" / "book.md").read_text(encoding="utf-8")


def manual_line(field: Field) -> str:
    """A field as the manual's table should show it."""
    needed = "yes" if field.required else ""
    meaning = field.help.replace("|", r"\|")
    if field.refers_to:
        meaning += f" (a code of {field.refers_to})"
    return f"| `{field.name}` | {needed} | {meaning} |"


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_in_the_manual_as_it_is_in_the_book(kind: str) -> None:
    _, _, section = MANUAL.partition(f"### {kind}\n")
    lines = section.partition("\n#")[0].splitlines()
    fields = [line for line in lines if line.startswith("| `")]

    assert fields == [manual_line(field) for field in KINDS[kind].fields]


@pytest.mark.parametrize(
    "word",
    sorted(
        {*TOP_KEYS, *SOURCE_KEYS, *MAKE_KEYS, *FIELD_KEYS, *FILTERS}
        | CSV_SUFFIXES
        | WORKBOOK_SUFFIXES
    ),
)
def test_every_word_of_the_mapping_language_is_in_the_manual(word: str) -> None:
    assert f"`{word}`" in MANUAL
