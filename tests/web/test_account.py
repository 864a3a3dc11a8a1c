"""One's own account: who one is, what one may do, language, sessions and keys."""

import json
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from engine.domain.accounts import form_token
from tests.support.books import a_person, a_small_book, with_rows
from tests.web.conftest import NOW, Browser, Served
from web.cookies import SESSION_COOKIE


@pytest.fixture
def book(served: Served) -> Served:
    served.book.imports(a_small_book(), NOW)
    return served


def trail(served: Served, kind: str) -> list[dict[str, Any]]:
    rows = served.book.rows("SELECT body FROM audit WHERE kind = :kind", kind=kind)
    return [json.loads(row["body"]) for row in rows]


def test_the_account_says_who_one_is_and_what_one_may_do(book: Served) -> None:
    page = book.signed_in("nord.poc").get("/account").text

    for said in ("Nord Poc", "nord.poc@example.com", "point of contact"):
        assert said in page
    assert "Of what concerns Nord:" in page
    assert "choose who speaks with the customer" in page
    assert "manage accounts" not in page
    assert "/webhooks" not in page


def test_at_the_vendor_it_is_everything(book: Served) -> None:
    page = book.signed_in("ops").get("/account").text

    assert "Of everything here:" in page
    assert "manage accounts" in page
    assert "/webhooks" in page


def test_whoever_has_no_role_is_told_how_to_get_one(book: Served) -> None:
    book.book.imports(with_rows([], a_person("new", customer="acme")), NOW)

    page = book.signed_in("new").get("/account").text

    assert "can give you a role" in page


def test_a_hostile_name_stays_text(book: Served) -> None:
    name = "<script>alert(1)</script>"
    book.book.imports(with_rows([], a_person("ops", name=name)), NOW)

    page = book.signed_in("ops").get("/account").text

    assert "<script>alert" not in page


def test_a_language_is_kept_with_the_person_and_in_the_trail(book: Served) -> None:
    browser = book.signed_in("ops")
    browser.post("/language", language="en", back="/account")

    page = browser.post("/account/language", language="fr")

    assert '<html lang="fr">' in page.text
    assert "Mon compte" in page.text
    assert '<html lang="fr">' in book.signed_in("ops").get("/account").text
    assert trail(book, "edited")[-1] == {"by": "ops", "set": {"language": "fr"}}
    assert book.book.flaws() == []


@pytest.mark.parametrize(
    ("referer", "leads_to"),
    [
        ("{url}/changes?q=acme&sort=deadline", "/changes?q=acme&sort=deadline"),
        ("https://elsewhere.example/changes?q=x", "/account"),
        ("", "/account"),
    ],
)
def test_another_language_leads_back_to_what_was_read(
    book: Served, referer: str, leads_to: str
) -> None:
    browser = book.signed_in("ops")
    browser.client.headers["Referer"] = referer.format(url=book.url)

    page = browser.post("/language", language="fr", back="/account")

    assert page.url.raw_path.decode() == leads_to


@pytest.mark.parametrize("language", ["de", "", "en'; --", "<b>"])
def test_no_other_language_is_kept(book: Served, language: str) -> None:
    browser = book.signed_in("ops")

    page = browser.post("/account/language", language=language)

    assert page.status_code == 200
    assert trail(book, "edited") == []


def test_one_sees_ones_sessions_and_ends_the_others(book: Served) -> None:
    browser, other = book.signed_in("ops"), book.signed_in("ops")
    bystander = book.signed_in("nord.poc")
    assert browser.get("/account").text.count("another browser") == 1

    page = browser.post("/account/sessions/end")

    assert "signed out everywhere else" in page.text
    assert "another browser" not in page.text
    assert other.get("/account", follow_redirects=False).status_code == 303
    assert bystander.get("/account", follow_redirects=False).status_code == 200


def test_a_session_that_is_over_is_not_listed(book: Served) -> None:
    book.signed_in("ops")
    book.clock.now = NOW + timedelta(hours=3)

    page = book.signed_in("ops").get("/account").text

    assert "another browser" not in page


def new_key(browser: Browser, **fields: Any) -> Any:
    given = {"name": "Export", "actions": ["see changes"], "expires_on": "2027-01-31"}
    return browser.post("/account/keys", **{**given, **fields})


def test_a_key_is_shown_once_and_never_again(book: Served) -> None:
    browser = book.signed_in("ops")

    page = new_key(browser)

    found = re.search(r'class="secret"[^>]*>([^<]+)<', page.text)
    assert found is not None
    assert page.headers["cache-control"] == "no-store"
    assert found[1] not in str(page.url)
    listed = browser.get("/account/keys").text
    assert "Export" in listed
    assert "1 Feb 2027, 00:00" in listed
    assert found[1] not in listed
    kept = json.dumps(book.book.rows("SELECT * FROM api_keys"), default=str)
    assert found[1] not in kept
    assert found[1] not in json.dumps(trail(book, "account"))


def test_a_key_made_here_can_keep_keys_itself_where_that_is_ticked(
    book: Served,
) -> None:
    browser = book.signed_in("ops")
    page = new_key(browser, actions=["own account", "see changes"])
    secret = re.search(r'class="secret"[^>]*>([^<]+)<', page.text)
    assert secret is not None

    made = httpx.post(
        f"{book.url}/api/v1/me/keys",
        json={"name": "nightly", "actions": ["see changes"]},
        headers={"Authorization": f"Bearer {secret[1].strip()}"},
    )

    assert made.status_code == 201, made.text


def test_making_and_revoking_a_key_is_in_the_trail(book: Served) -> None:
    browser = book.signed_in("ops")
    new_key(browser)
    [key] = book.book.rows("SELECT id, prefix FROM api_keys")

    page = browser.post(f"/account/keys/{key['id']}/revoke")

    assert "is revoked" in page.text
    assert "You have no key yet" in page.text
    said = [entry["set"] for entry in trail(book, "account")]
    assert {"account": "key made", "key": key["prefix"]} in said
    assert {"account": "key revoked", "key": key["prefix"]} in said
    assert book.book.flaws() == []


def test_anothers_key_is_as_if_it_were_not_there(book: Served) -> None:
    new_key(book.signed_in("ops"))
    [key] = book.book.rows("SELECT id FROM api_keys")
    browser = book.signed_in("nord.poc")

    foreign = browser.post(f"/account/keys/{key['id']}/revoke")
    unknown = browser.post(f"/account/keys/{key['id'] + 7}/revoke")

    assert foreign.status_code == unknown.status_code == 404
    assert "Export" not in browser.get("/account/keys").text
    [kept] = book.book.rows("SELECT revoked_at FROM api_keys")
    assert kept["revoked_at"] is None


def test_a_key_offers_and_takes_only_what_its_maker_may_do(book: Served) -> None:
    browser = book.signed_in("nord.poc")

    page = browser.get("/account/keys").text
    refused = new_key(browser, actions=["manage accounts", "made up"])

    assert 'value="see changes"' in page
    assert 'value="manage accounts"' not in page
    assert refused.status_code == 422
    assert book.book.rows("SELECT * FROM api_keys") == []


WRONG = {
    "no name": ({"name": "  "}, "Write what the key is for."),
    "nothing ticked": ({"actions": []}, "Choose at least one thing"),
    "a day gone by": ({"expires_on": "2026-11-30"}, "Choose a day to come."),
    "no day": ({"expires_on": "soon"}, "Choose a day to come."),
    "the last day there is": ({"expires_on": "9999-12-31"}, "Choose a day to come."),
}


@pytest.mark.parametrize(("fields", "said"), WRONG.values(), ids=list(WRONG))
def test_a_wrong_wish_says_what_to_mend(
    book: Served, fields: dict[str, Any], said: str
) -> None:
    page = new_key(book.signed_in("ops"), **fields)

    assert page.status_code == 422
    assert said in page.text
    assert book.book.rows("SELECT * FROM api_keys") == []


UNSAFE = [
    "/account/password", "/account/language", "/account/sessions/end", "/account/keys",
    "/account/keys/1/revoke", "/sign-out", "/sign-in", "/sign-in/mail",
    "/sign-in/link/abc",
]  # fmt: skip


@pytest.mark.parametrize("path", UNSAFE)
def test_no_form_works_without_the_sessions_own_token(book: Served, path: str) -> None:
    browser, other = book.signed_in("ops"), book.signed_in("ops")
    assert other.token is not None
    before = book.book.contents()

    for token in ("", "guess", form_token(other.token)):
        forged = browser.client.post(path, data={"form_token": token})

        assert forged.status_code == 403
    assert book.book.contents() == before


@pytest.mark.parametrize("path", ["/account", "/account/password", "/account/keys"])
def test_ones_account_is_for_whoever_is_signed_in(book: Served, path: str) -> None:
    page = book.browser().get(path, follow_redirects=False)

    assert page.headers["location"] == f"/sign-in?next={path}"
    browser = book.browser()
    browser.client.cookies.set(SESSION_COOKIE, "x" * 10_000, domain="127.0.0.1")
    assert browser.get(path, follow_redirects=False).status_code == 303


@pytest.mark.parametrize("path", UNSAFE)
def test_nothing_changes_by_being_looked_at(book: Served, path: str) -> None:
    browser = book.signed_in("ops")
    before = book.book.contents()

    browser.get(path, follow_redirects=False)

    assert book.book.contents() == before


def test_a_key_cannot_be_made_for_longer_than_the_policy_says(book: Served) -> None:
    browser = book.signed_in("ops")

    page = new_key(browser, expires_on="2028-01-31")

    assert page.status_code == 422
    assert "works for 366 days at most" in page.text
    assert book.book.rows("SELECT id FROM api_keys") == []


def test_whoever_has_all_their_keys_is_told_to_revoke_one(book: Served) -> None:
    browser = book.signed_in("ops")
    most = book.site.settings.keys.most
    for _ in range(most):
        new_key(browser)

    page = new_key(browser, name="One more")
    assert browser.token
    call = browser.client.post(
        "/api/v1/me/keys",
        json={"name": "One more", "actions": ["see changes"]},
        headers={"X-Form-Token": form_token(browser.token)},
    )

    assert page.status_code == 409
    assert "revoke one that is not needed first" in page.text
    assert 'value="One more"' in page.text
    assert call.status_code == 409
    assert "there are 20 keys that work already" in call.json()["detail"]
    assert len(book.book.rows("SELECT id FROM api_keys")) == most
