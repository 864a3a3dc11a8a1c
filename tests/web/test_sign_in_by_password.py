"""Passwords: set by whoever signed in by a link, used with an address or a code."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from engine.domain.access import operator
from engine.domain.accounts import form_token
from engine.services.manage_accounts import AccountKeeper
from tests.support.books import a_person, a_small_book, with_rows
from tests.web.conftest import NOW, Browser, Served

PASSWORD = "seven grey herons"
WEAK = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))


def has_password(served: Served, person: str = "ops", password: str = PASSWORD) -> None:
    """A person who set a password, by a hash that costs next to nothing."""
    served.signed_in(person)
    served.book.execute(
        "UPDATE accounts SET password_hash = :hash "
        "WHERE person_id = (SELECT id FROM people WHERE code = :code)",
        hash=WEAK.hash(password),
        code=person,
    )


def kept_hash(served: Served) -> str:
    [row] = served.book.rows("SELECT password_hash FROM accounts")
    return str(row["password_hash"])


def signs_in(
    browser: Browser, name: str, password: str = PASSWORD, **more: str
) -> httpx.Response:
    fields = {"name": name, "password": password, **more}
    headers = {"X-Forwarded-For": more.pop("machine", "192.0.2.1")}
    return browser.client.post("/sign-in", data=fields, headers=headers)


@pytest.fixture
def book(served: Served) -> Served:
    served.book.imports(a_small_book(), NOW)
    return served


def test_a_password_is_set_on_ones_account_and_signs_in(book: Served) -> None:
    first = book.signed_in("ops")

    page = first.post("/account/password", new=PASSWORD, again=PASSWORD)

    assert page.status_code == 200
    assert "The password is set" in page.text
    assert PASSWORD not in kept_hash(book)
    browser = book.browser()
    signed_in = signs_in(browser, "ops@example.com")
    assert signed_in.status_code == 303
    assert "HttpOnly" in signed_in.headers["set-cookie"]
    assert browser.get("/account").status_code == 200


@pytest.mark.parametrize("name", ["ops", "OPS@Example.com", " ops@example.com "])
def test_an_address_or_a_code_will_do(book: Served, name: str) -> None:
    has_password(book)

    assert signs_in(book.browser(), name).status_code == 303


def test_whatever_is_wrong_the_answer_is_the_same(book: Served) -> None:
    has_password(book)
    has_password(book, "nord.poc")
    AccountKeeper(book.site.store, operator("somebody"), NOW).disable("nord.poc")
    book.book.imports(with_rows([], a_person("two", email="OPS2@example.com")), NOW)
    book.signed_in("two")

    tried = [
        ("ops", "seven grey heron"),
        ("ops", ""),
        ("ops", "x" * 5_000),
        ("nobody@example.com", PASSWORD),
        ("", PASSWORD),
        ("\x00\ud7ff'; --", PASSWORD),
        ("nord.poc", PASSWORD),
        ("acme.contact", PASSWORD),
        ("two", PASSWORD),
    ]
    answers = {
        (answer.status_code, re.sub(r' value="[^"]*" autocomplete', "", answer.text))
        for number, (name, password) in enumerate(tried)
        if (answer := signs_in(book.browser(), name, password, machine=f"m{number}"))
    }

    assert len(answers) == 1
    assert "do not belong together" in answers.pop()[1]


def test_an_address_of_two_people_signs_neither_in(book: Served) -> None:
    has_password(book)
    book.book.imports(with_rows([], a_person("ops2", email="ops@example.com")), NOW)
    has_password(book, "ops2")

    assert signs_in(book.browser(), "ops@example.com").status_code == 403
    assert signs_in(book.browser(), "ops2").status_code == 303


def test_a_hash_that_has_grown_weak_is_made_anew(book: Served) -> None:
    has_password(book)
    weak = kept_hash(book)

    signs_in(book.browser(), "ops")

    better = kept_hash(book)
    assert better != weak
    assert PasswordHash.recommended().verify(PASSWORD, better)
    assert signs_in(book.browser(), "ops").status_code == 303
    assert kept_hash(book) == better


def test_a_new_password_needs_the_present_one(book: Served) -> None:
    has_password(book)
    browser = book.signed_in("ops")
    new = {"new": "nine green newts", "again": "nine green newts"}

    without = browser.post("/account/password", **new)
    wrong = browser.post("/account/password", present="guess", **new)

    assert without.status_code == wrong.status_code == 422
    assert "not your present password" in wrong.text
    assert WEAK.verify(PASSWORD, kept_hash(book))
    right = browser.post("/account/password", present=PASSWORD, **new)
    assert right.status_code == 200
    assert signs_in(book.browser(), "ops", "nine green newts").status_code == 303


REFUSED = {
    "short": ("eleven char", "at least 12 characters"),
    "long": ("many words " * 19, "at most 200 characters"),
    "their own name": ("ops@example.com", "It would be guessed"),
    "the vendor's": ("AcmeCloud2026", "It would be guessed"),
}


@pytest.mark.parametrize(("password", "said"), REFUSED.values(), ids=list(REFUSED))
def test_a_password_that_would_be_guessed_is_not_set(
    book: Served, password: str, said: str
) -> None:
    browser = book.signed_in("ops")

    page = browser.post("/account/password", new=password, again=password)

    assert page.status_code == 422
    assert said in page.text
    assert kept_hash(book) == "None"


def test_a_slip_of_the_finger_sets_no_password(book: Served) -> None:
    browser = book.signed_in("ops")

    page = browser.post("/account/password", new=PASSWORD, again="seven grey heron")

    assert page.status_code == 422
    assert "not the same" in page.text


def test_setting_a_password_signs_out_everywhere_else(book: Served) -> None:
    browser, other = book.signed_in("ops"), book.signed_in("ops")
    stolen = book.browser()
    stolen.client.cookies.update(browser.client.cookies)

    browser.post("/account/password", new=PASSWORD, again=PASSWORD)

    assert browser.get("/account", follow_redirects=False).status_code == 200
    for gone in (other, stolen):
        page = gone.get("/account", follow_redirects=False)
        assert page.headers["location"] == "/sign-in?next=/account"


def test_too_many_guesses_have_to_wait_and_are_told_until_when(book: Served) -> None:
    has_password(book)
    limits = book.site.settings.sign_in_limits
    for number in range(limits.attempts):
        guess = signs_in(book.browser(), "ops", f"guess {number}", machine=f"m{number}")
        assert guess.status_code == 403

    page = signs_in(book.browser(), "ops", machine="elsewhere")

    assert page.status_code == 429
    assert page.headers["retry-after"] == "900"
    assert "Try again after 1 Dec 2026, 11:15 (Europe/Paris)" in page.text
    book.clock.now = NOW + limits.window
    assert signs_in(book.browser(), "ops", machine="elsewhere").status_code == 303


def test_whoever_is_kept_from_their_password_gets_in_by_a_link(book: Served) -> None:
    has_password(book)
    for number in range(11):
        signs_in(book.browser(), "ops", "guess", machine=f"machine{number}")

    browser = book.signed_in("ops")

    assert browser.get("/account", follow_redirects=False).status_code == 200


def test_a_machine_that_tries_many_names_has_to_wait(book: Served) -> None:
    has_password(book)
    for number in range(book.site.settings.sign_in_attempts):
        signs_in(book.browser(), f"name{number}", machine="192.0.2.9")

    assert signs_in(book.browser(), "ops", machine="192.0.2.9").status_code == 429
    assert signs_in(book.browser(), "ops", machine="192.0.2.8").status_code == 303


def test_guesses_at_once_are_no_more_than_guesses_in_turn(book: Served) -> None:
    has_password(book)

    def guess(number: int) -> int:
        answer = signs_in(book.browser(), "ops", "guess", machine=f"machine{number}")
        return answer.status_code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(20)))

    assert answers.count(403) == book.site.settings.sign_in_attempts
    assert answers.count(429) == 10


def test_signing_in_often_is_no_failure(book: Served) -> None:
    has_password(book)

    answers = {signs_in(book.browser(), "ops").status_code for _ in range(11)}

    assert answers == {303}


def test_the_present_password_cannot_be_guessed_with_a_session(book: Served) -> None:
    has_password(book)
    browser = book.signed_in("ops")
    fields = {
        "present": "guess",
        "new": "nine green newts",
        "again": "nine green newts",
    }

    answers = [
        browser.post("/account/password", **fields).status_code for _ in range(11)
    ]

    assert answers == [422] * 10 + [429]


HOSTILE = [
    "https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example",
    "/\t/evil.example", "/\n/evil.example", "javascript:alert(1)", "http:evil.example",
    "///evil.example", "/%0d%0aSet-Cookie:x=1\r\nX: y", "//[::1", "",
]  # fmt: skip


@pytest.mark.parametrize("path", HOSTILE)
def test_nobody_is_led_elsewhere_after_signing_in(book: Served, path: str) -> None:
    has_password(book)

    signed_in = signs_in(book.browser(), "ops", next=path)
    already = book.signed_in("ops")
    onward = already.client.get("/sign-in", params={"next": path})

    for answer in (signed_in, onward):
        where = answer.headers["location"]
        assert httpx.URL(book.url).join(where).host == "127.0.0.1"
        assert "evil" not in where
        assert "x" not in answer.headers


def test_one_goes_on_to_what_one_asked_for(book: Served) -> None:
    has_password(book)

    answer = signs_in(book.browser(), "ops", next="/changes?status=pending")

    assert answer.headers["location"] == "/changes?status=pending"


def test_signing_in_gives_a_session_of_its_own_and_ends_the_one_before(
    book: Served,
) -> None:
    has_password(book)
    browser = book.signed_in("nord.poc")
    fixed = book.browser()
    fixed.client.cookies.update(browser.client.cookies)
    before = browser.token

    answer = browser.client.post(
        "/sign-in",
        data={"name": "ops", "password": PASSWORD, "form_token": _token(browser)},
    )

    assert answer.status_code == 303
    assert browser.client.cookies["tacit_session"] != before
    assert fixed.get("/account", follow_redirects=False).status_code == 303


def test_a_session_that_somebody_made_up_is_not_taken_over(book: Served) -> None:
    has_password(book)
    browser = book.browser()
    browser.client.cookies.set("tacit_session", "made-up")

    answer = signs_in(browser, "ops")

    assert "made-up" not in answer.headers["set-cookie"]
    planted = book.browser()
    planted.client.cookies.set("tacit_session", "made-up")
    assert planted.get("/account", follow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
    ids=str,
)
def test_another_site_cannot_sign_somebody_in(
    book: Served, headers: dict[str, str]
) -> None:
    has_password(book)
    browser = book.browser()

    fields = {"name": "ops", "password": PASSWORD}
    forged = browser.client.post("/sign-in", data=fields, headers=headers)

    assert forged.status_code == 403
    assert "set-cookie" not in forged.headers


def test_our_own_page_can(book: Served) -> None:
    has_password(book)
    fields = {"name": "ops", "password": PASSWORD}

    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": book.url}):
        answer = book.browser().client.post("/sign-in", data=fields, headers=headers)

        assert answer.status_code == 303


def test_a_session_ends_in_the_end_however_it_is_used(book: Served) -> None:
    browser = book.signed_in("ops")
    for hour in range(1, 12):
        book.clock.now = NOW + timedelta(hours=hour)
        assert browser.get("/account", follow_redirects=False).status_code == 200

    book.clock.now = NOW + timedelta(hours=12)

    assert browser.get("/account", follow_redirects=False).status_code == 303


def _token(browser: Browser) -> str:
    assert browser.token is not None
    return form_token(browser.token)
