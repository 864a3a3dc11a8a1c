"""An error is said in the language of whoever reads it."""

from html import unescape

import pytest

from tests.support.books import a_small_book, at
from tests.web.conftest import Served


@pytest.mark.parametrize(
    ("language", "refused", "absent"),
    [
        ("en", "None of your roles lets you do this", 'no customer "x"'),
        ("fr", "Aucun de vos rôles ne permet ceci", "aucun client «\u00a0x\u00a0»"),
    ],
)
def test_a_refusal_is_said_in_the_readers_language(
    served: Served, language: str, refused: str, absent: str
) -> None:
    served.book.imports(a_small_book(), at("2026-10-01"))
    browser = served.signed_in("acme.contact")
    browser.post("/language", language=language)

    assert refused in unescape(browser.get("/today").text)
    assert absent in unescape(browser.get("/customers/x").text)
