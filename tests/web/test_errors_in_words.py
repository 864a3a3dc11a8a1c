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


@pytest.mark.parametrize(
    ("path", "status", "english", "french"),
    [
        ("/messages/abc", 422, "message is not a whole number.",
         "message n’est pas un nombre entier."),
        ("/messages/-1", 422, "message is less than 0.", "message est inférieur à 0."),
        ("/messages/9223372036854775808", 422, "message is not less than",
         "message n’est pas inférieur à"),
        ("/messages/9", 404, 'no message "9"', "aucun message «\u00a09\u00a0»"),
        ("/webhooks/9", 404, 'no webhook "9"', "aucun webhook «\u00a09\u00a0»"),
        ("/nowhere", 404, "There is nothing at this address.",
         "Il n’y a rien à cette adresse."),
        ("/sign-out", 405, "This cannot be done at this address",
         "Ceci n’est pas possible à cette adresse"),
    ],
)  # fmt: skip
def test_what_no_page_is_about_is_said_in_the_readers_language(
    served: Served, path: str, status: int, english: str, french: str
) -> None:
    served.book.imports(a_small_book(), at("2026-10-01"))
    browser = served.signed_in("ops")

    for language, said in (("en", english), ("fr", french)):
        browser.post("/language", language=language)
        page = browser.get(path)

        assert page.status_code == status
        assert said in unescape(page.text)
