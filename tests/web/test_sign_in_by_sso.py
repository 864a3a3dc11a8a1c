"""Single sign-on against a real provider on loopback, and what it is not taken in by."""

from collections.abc import Iterator
from typing import Any

import pytest

from engine.domain.access import operator
from engine.services.manage_accounts import AccountKeeper
from tests.fakes.openid_provider import (
    CLIENT,
    Behaviour,
    a_key,
    by_another_key,
    by_nobody,
    by_the_public_key,
)
from tests.support.books import a_person, with_rows
from tests.web.conftest import NOW, Served
from tests.web.single_sign_on import KEPT, Sso, single_sign_on


@pytest.fixture
def sso(served: Served) -> Iterator[Sso]:
    with single_sign_on(served) as made:
        yield made


def test_what_the_provider_says_of_itself_is_asked_for_once_in_a_while(
    sso: Sso,
) -> None:
    documents = ["/.well-known/openid-configuration", "/keys"]

    for _ in range(3):
        assert sso.signs_in(sso.browser()).status_code == 303
    soon = [path for path in sso.provider.asked if path in documents]
    sso.served.clock.now = NOW + KEPT
    sso.signs_in(sso.browser())
    later = [path for path in sso.provider.asked if path in documents]

    assert soon == documents
    assert later == documents * 2


def test_keys_that_the_provider_changed_are_looked_up_anew(sso: Sso) -> None:
    sso.signs_in(sso.browser())
    sso.provider.key = a_key("the provider's next")

    assert sso.signs_in(sso.browser()).status_code == 303
    assert sso.provider.asked.count("/keys") == 2


def test_nobody_is_signed_in_by_a_key_that_the_provider_gave_up(sso: Sso) -> None:
    sso.signs_in(sso.browser())
    sso.served.clock.now = NOW + KEPT
    sso.provider.behaviour = Behaviour(signed_by=by_another_key)

    assert sso.signs_in(sso.browser()).status_code == 403
    assert sso.provider.asked.count("/keys") == 2


def test_an_answer_without_an_end_is_not_read(sso: Sso) -> None:
    path = "/.well-known/openid-configuration"
    sso.provider.behaviour = Behaviour(body={path: " " * 1_000_001 + "{}"})

    assert sso.browser().client.get("/sign-in/sso").status_code == 503


def test_somebody_with_an_account_signs_in_and_goes_on(sso: Sso) -> None:
    browser = sso.browser()

    assert "Sign in with Acme ID" in browser.get("/sign-in").text
    answer = sso.signs_in(browser, next="/account?x=1&y=é")

    assert answer.status_code == 303
    assert answer.headers["location"] == "/account?x=1&y=%C3%A9"
    page = browser.get("/account")
    assert "Ops" in page.text
    assert f"linked to {sso.provider.issuer}" in page.text


def test_an_identity_that_was_linked_is_known_by_its_subject_alone(sso: Sso) -> None:
    sso.signs_in(sso.browser())
    sso.provider.behaviour = Behaviour(
        {"email": "married@example.com", "email_verified": None}
    )

    assert sso.signs_in(sso.browser()).status_code == 303
    assert sso.sessions() == 2


def test_linking_is_noted_once(sso: Sso) -> None:
    sso.signs_in(sso.browser())
    sso.signs_in(sso.browser())

    rows = sso.served.book.rows("SELECT body FROM audit WHERE kind = 'account'")

    bodies = [row["body"] for row in rows]
    assert sum("single sign-on linked" in body for body in bodies) == 1
    assert sum('"how": "sso"' in body or '"how":"sso"' in body for body in bodies) == 2
    assert not any("subject-1" in body for body in bodies)


WRONG: dict[str, dict[str, Any]] = {
    "another's nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "another's audience": {"aud": "another"},
    "no audience": {"aud": None},
    "two audiences and no party": {"aud": [CLIENT, "another"]},
    "another party": {"azp": "another"},
    "another issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "no subject": {"sub": None},
    "an empty subject": {"sub": ""},
    "expired": {"exp": int(NOW.timestamp()) - 61},
    "never expires": {"exp": None},
    "made in the future": {"iat": int(NOW.timestamp()) + 3_600},
    "valid later": {"nbf": int(NOW.timestamp()) + 3_600},
    "an address nobody verified": {"email_verified": False},
    "an address verified in words": {"email_verified": "true"},
    "an address of which nothing is said": {"email_verified": None},
    "no address": {"email": None},
    "an address that is none": {"email": ["ops@example.com"]},
    "an unknown person": {"email": "stranger@example.com"},
    "somebody without an account": {"email": "nord.poc@example.com"},
}


@pytest.mark.parametrize("claims", WRONG.values(), ids=list(WRONG))
def test_nobody_is_signed_in_by_a_token_that_is_wrong(
    sso: Sso, claims: dict[str, Any]
) -> None:
    sso.provider.behaviour = Behaviour(claims)
    browser = sso.browser()

    answer = sso.signs_in(browser)

    assert answer.status_code == 403
    assert 'role="alert"' in answer.text
    assert "tacit_session" not in browser.client.cookies
    assert sso.sessions() == 0
    [account] = sso.served.book.rows("SELECT subject FROM accounts")
    assert account["subject"] is None


@pytest.mark.parametrize("signed_by", [by_another_key, by_the_public_key, by_nobody])
def test_a_token_that_somebody_else_signed_signs_nobody_in(
    sso: Sso, signed_by: Any
) -> None:
    sso.provider.behaviour = Behaviour(signed_by=signed_by)

    assert sso.signs_in(sso.browser()).status_code == 403
    assert sso.sessions() == 0


def test_a_provider_that_allows_anything_does_not_change_that(sso: Sso) -> None:
    sso.provider.behaviour = Behaviour(
        signed_by=by_the_public_key,
        discovery={"id_token_signing_alg_values_supported": ["none", "HS256"]},
    )

    assert sso.signs_in(sso.browser()).status_code == 403


def test_a_code_works_once(sso: Sso) -> None:
    first = sso.browser()
    there = sso.goes_there(first)
    kept = dict(first.client.cookies)
    assert sso.comes_back(first, there).status_code == 303

    again = sso.browser()
    again.client.cookies.update(kept)
    replayed = sso.comes_back(again, there)

    assert replayed.status_code == 403
    assert sso.comes_back(first, there).status_code == 403  # its secret is gone
    assert sso.sessions() == 1


def test_what_another_browser_began_signs_nobody_in_here(sso: Sso) -> None:
    attacker, victim = sso.browser(), sso.browser()
    there = sso.goes_there(attacker)
    sso.goes_there(victim)

    answer = sso.comes_back(victim, there)

    assert answer.status_code == 403
    assert "tacit_session" not in victim.client.cookies
    stranger = sso.browser()
    assert sso.comes_back(stranger, there).status_code == 403


def test_who_was_refused_there_is_told_so(sso: Sso) -> None:
    sso.provider.behaviour = Behaviour(error="access_denied")

    answer = sso.signs_in(sso.browser())

    assert answer.status_code == 403
    assert "Single sign-on did not work" in answer.text


def test_an_address_of_two_accounts_is_nobodys(sso: Sso) -> None:
    sso.served.book.imports(
        with_rows([], a_person("ops2", email="OPS@example.com")), NOW
    )
    sso.served.signed_in("ops2")

    assert sso.signs_in(sso.browser()).status_code == 403


def test_an_account_is_not_taken_over_by_a_second_identity(sso: Sso) -> None:
    sso.signs_in(sso.browser())
    sso.provider.behaviour = Behaviour({"sub": "subject-2"})

    answer = sso.signs_in(sso.browser())

    assert answer.status_code == 403
    assert "no account here" in answer.text


def test_a_disabled_account_is_not_signed_in(sso: Sso) -> None:
    sso.signs_in(sso.browser())
    AccountKeeper(sso.served.site.store, operator("somebody"), NOW).disable("ops")

    assert sso.signs_in(sso.browser()).status_code == 403


def test_a_session_that_was_there_before_is_ended(sso: Sso) -> None:
    browser, before = sso.browser(), sso.browser()
    sso.signs_in(browser)
    before.client.cookies.update(browser.client.cookies)

    sso.signs_in(browser)

    assert before.get("/account", follow_redirects=False).status_code == 303
    assert sso.sessions() == 1


AWAY = {
    "no discovery": ({"/.well-known/openid-configuration": 503}, {}),
    "no JSON": ({}, {"/.well-known/openid-configuration": "<html>"}),
}


@pytest.mark.parametrize(("status", "body"), AWAY.values(), ids=list(AWAY))
def test_a_provider_that_is_away_is_said_to_be(
    sso: Sso, status: dict[str, int], body: dict[str, str]
) -> None:
    sso.provider.behaviour = Behaviour(status=status, body=body)

    page = sso.browser().get("/sign-in/sso")

    assert page.status_code == 503
    assert "gave no answer just now" in page.text
    assert "Send me a link" in page.text


HALF = {
    "no keys": ({"/keys": 500}, {}, 503),
    "keys that are none": ({}, {"/keys": '{"keys": 7}'}, 403),
    "no token": ({}, {"/token": "{}"}, 403),
    "a token that is none": ({}, {"/token": '{"id_token": "x.y.z"}'}, 403),
    "a list of tokens": ({}, {"/token": "[]"}, 403),
}


@pytest.mark.parametrize(("status", "body", "said"), HALF.values(), ids=list(HALF))
def test_a_provider_that_breaks_half_way_signs_nobody_in(
    sso: Sso, status: dict[str, int], body: dict[str, str], said: int
) -> None:
    sso.provider.behaviour = Behaviour(status=status, body=body)

    assert sso.signs_in(sso.browser()).status_code == said
    assert sso.sessions() == 0


def test_a_provider_by_another_name_is_not_asked_further(sso: Sso) -> None:
    sso.provider.behaviour = Behaviour(discovery={"issuer": "https://evil.example"})

    assert sso.browser().get("/sign-in/sso").status_code == 403


@pytest.mark.parametrize("path", ["https://evil.example", "//evil.example", "/\\evil"])
def test_nobody_is_led_elsewhere_by_single_sign_on(sso: Sso, path: str) -> None:
    assert sso.signs_in(sso.browser(), next=path).headers["location"] == "/"


def test_going_there_changes_nothing_here(sso: Sso) -> None:
    before = sso.served.book.contents()

    answer = sso.browser().client.get("/sign-in/sso")

    assert sso.served.book.contents() == before
    cookie = answer.headers["set-cookie"]
    for flag in ("HttpOnly", "SameSite=lax", "Max-Age=600"):
        assert flag in cookie
    assert "code_challenge_method=S256" in answer.headers["location"]
