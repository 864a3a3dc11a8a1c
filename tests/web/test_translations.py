"""Every sentence of the pages is there in every language, with the same blanks."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import web
from engine.domain.parsing import LANGUAGES
from web.translations import HERE, SOURCE

FOLDER = Path(web.__path__[0])
BLANK = re.compile(r"%\((\w+)\)[sd]")
#: The functions whose text is translated: `_` and `say` in Python, more in templates.
KEYWORDS = {
    "_": None,
    "say": None,
    "gettext": None,
    "ngettext": (1, 2),
    "count": (1, 2),
}
OTHERS = [language for language in LANGUAGES if language != SOURCE]


def sentences() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    """Where each sentence of templates and modules stands, and what it says."""
    methods = [("templates/**.html", "jinja2"), ("**.py", "python")]
    for file, line, said, _, _ in extract_from_dir(
        FOLDER, methods, {"jinja2": {"trimmed": "true", "silent": "false"}}, KEYWORDS
    ):
        yield f"{file}:{line}", said


def strings(message: Message) -> list[str]:
    """The translation of a sentence, in each number that it has."""
    found = message.string
    return [found] if isinstance(found, str) else [*(found or ("",))]


def catalogue(language: str) -> dict[str, Message]:
    found: dict[str, Message] = {}
    for file in sorted((HERE / language).glob("*.po")):
        with file.open("rb") as stream:
            for message in read_po(stream, locale=language, abort_invalid=True):
                if message.id:
                    key = message.id if isinstance(message.id, str) else message.id[0]
                    assert key not in found or found[key].string == message.string, (
                        f"{file}: {key} is translated twice"
                    )
                    found[key] = message
    return found


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_translated(language: str) -> None:
    known = catalogue(language)

    missing = [
        f"{place} {said}"
        for place, said in sentences()
        if (key := said if isinstance(said, str) else said[0]) not in known
        or not all(strings(known[key]))
        or known[key].fuzzy
    ]

    assert missing == []


@pytest.mark.parametrize("language", OTHERS)
def test_translations_have_the_blanks_of_their_sentences(language: str) -> None:
    wrong = []
    for key, message in catalogue(language).items():
        for text in strings(message):
            ids = [message.id] if isinstance(message.id, str) else message.id
            allowed = {name for one in ids for name in BLANK.findall(one)}
            if not set(BLANK.findall(text)) <= allowed:
                wrong.append(f"{key}: {text}")

    assert wrong == []


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_translated_that_no_page_says(language: str) -> None:
    said = {one if isinstance(one, str) else one[0] for _, one in sentences()}

    assert sorted(catalogue(language).keys() - said) == []


def test_french_is_spelled_with_its_own_apostrophes_and_spaces() -> None:
    typed = re.compile(r"\w'\w|[^\s\u00a0\u202f][;!?»]|[ ][;!?:»]|« ")

    found = [
        text
        for message in catalogue("fr").values()
        for text in strings(message)
        if typed.search(BLANK.sub("x", text))
    ]

    assert found == []
