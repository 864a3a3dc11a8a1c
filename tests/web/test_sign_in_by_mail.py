"""A link is mailed to whoever may sign in, and nobody else can tell."""

import re
import time

import pytest

from engine.domain.letters import Letter
from tests.support.books import a_person, a_small_book, with_rows
from tests.web.conftest import NOW, Served


@pytest.fixture
def book(served: Served) -> Served:
    served.book.imports(a_small_book(), NOW)
    served.signed_in("ops")
    return served


def letter_to(served: Served, address: str) -> Letter:
    """The letter, which leaves after the page has been answered."""
    for _ in range(500):
        for letter in served.book.email.letters:
            if letter.address == address:
                return letter
        time.sleep(0.01)
    raise AssertionError(f"nothing was mailed to {address}")


def test_a_link_that_was_mailed_signs_in(book: Served) -> None:
    browser = book.browser()

    page = browser.post("/sign-in/mail", address="ops@example.com")
    letter = letter_to(book, "ops@example.com")

    assert page.status_code == 200
    found = re.search(r"http://testserver(/sign-in/link/\S+)", letter.rendered.text)
    assert found is not None
    assert f'href="http://testserver{found[1]}"' in letter.rendered.html
    assert browser.client.post(found[1]).status_code == 303
    assert browser.get("/account").status_code == 200


def test_strangers_are_told_the_same_and_mailed_nothing(book: Served) -> None:
    browser = book.browser()

    pages = {
        browser.post("/sign-in/mail", address=address).text.replace(address, "X")
        for address in ("x@example.com", "nord.poc@example.com", "ops@example.com")
    }

    assert len(pages) == 1
    letter_to(book, "ops@example.com")
    assert {one.address for one in book.book.email.letters} == {"ops@example.com"}


def test_the_letter_is_in_its_readers_language(book: Served) -> None:
    book.book.imports(with_rows([], a_person("fr", language="fr", name="Zoé")), NOW)
    book.signed_in("fr")

    book.browser().post("/sign-in/mail", address="fr@example.com")
    letter = letter_to(book, "fr@example.com")

    assert letter.rendered.subject == "Connexion à Acme Cloud"
    assert "Zoé, ce lien vous connecte, une seule fois" in letter.rendered.text
    assert "2 déc. 2026, 11:00" in letter.rendered.text
    assert '<html lang="fr">' in letter.rendered.html


def test_a_name_does_not_become_markup(book: Served) -> None:
    name = "<img src=x onerror=alert(1)>"
    book.book.imports(with_rows([], a_person("ops", name=name)), NOW)

    page = book.browser().post("/sign-in/mail", address="ops@example.com")
    letter = letter_to(book, "ops@example.com")

    assert "<img" not in letter.rendered.html
    assert "<img" not in page.text


def test_a_machine_that_asks_for_many_links_has_to_wait(book: Served) -> None:
    browser = book.browser()

    answers = [
        browser.post("/sign-in/mail", address=f"x{number}@example.com").status_code
        for number in range(11)
    ]

    assert answers == [200] * 10 + [429]


def test_asking_for_links_does_not_keep_anybody_from_their_password(
    book: Served,
) -> None:
    browser = book.browser()
    for _ in range(11):
        browser.post("/sign-in/mail", address="ops@example.com")

    answer = browser.post("/sign-in", name="ops", password="wrong password")

    assert answer.status_code == 403


@pytest.mark.parametrize("address", ["", "x" * 5_000, "a\x00b@example.com", "<b>@x"])
def test_what_is_no_address_is_answered_alike(book: Served, address: str) -> None:
    page = book.browser().post("/sign-in/mail", address=address)

    assert page.status_code == 200
    assert "<b>" not in page.text
