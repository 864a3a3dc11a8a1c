"""An identity at single sign-on is unlinked by its person, or who manages accounts."""

from collections.abc import Iterator

import pytest

from tests.fakes.openid_provider import (
    Behaviour,
)
from tests.support.books import a_person, with_rows
from tests.web.conftest import NOW, Browser, Served
from tests.web.single_sign_on import Sso, single_sign_on
from web.cookies import SESSION_COOKIE


@pytest.fixture
def sso(served: Served) -> Iterator[Sso]:
    with single_sign_on(served) as made:
        yield made


def linked_to(sso: Sso) -> list[object]:
    return [row["subject"] for row in sso.served.book.rows("SELECT * FROM accounts")]


def here(sso: Sso, browser: Browser) -> Browser:
    """A browser that single sign-on has signed in, able to send forms."""
    sso.signs_in(browser)
    browser.token = browser.client.cookies[SESSION_COOKIE]
    return browser


def test_somebody_unlinks_their_identity_and_stays_signed_in_here(sso: Sso) -> None:
    browser, other = here(sso, sso.browser()), here(sso, sso.browser())
    by_link = sso.served.signed_in("ops")

    page = browser.post("/account/single-sign-on/unlink")

    assert "not linked to single sign-on any more" in page.text
    assert "not linked yet" in page.text
    assert linked_to(sso) == [None]
    assert other.get("/account", follow_redirects=False).status_code == 303
    assert by_link.get("/account", follow_redirects=False).status_code == 200
    rows = sso.served.book.rows("SELECT body FROM audit WHERE kind = 'account'")
    assert "single sign-on unlinked" in rows[-1]["body"]
    assert sso.served.book.flaws() == []


def test_an_identity_that_was_unlinked_may_be_linked_to_another_account(
    sso: Sso,
) -> None:
    here(sso, sso.browser()).post("/account/single-sign-on/unlink")
    sso.served.signed_in("nord.poc")
    sso.provider.behaviour = Behaviour({"email": "nord.poc@example.com"})

    sso.signs_in(sso.browser())

    assert sorted(map(str, linked_to(sso))) == ["None", "subject-1"]


def test_whoever_manages_accounts_unlinks_from_the_persons_own_row(sso: Sso) -> None:
    sso.served.book.imports(
        with_rows([], a_person("second", roles=("operations",))), NOW
    )
    theirs, manager = here(sso, sso.browser()), sso.served.signed_in("second")

    row = manager.get("/back-office/people/rows/ops").text
    done = manager.post("/back-office/people/unlink/ops")

    assert f"linked to {sso.provider.issuer}" in row
    assert "not linked to single sign-on any more" in done.text
    assert 'id="identity"' not in done.text
    assert linked_to(sso) == [None, None]
    assert theirs.get("/account", follow_redirects=False).status_code == 303


def test_nobody_else_sees_or_unlinks_an_identity(sso: Sso) -> None:
    here(sso, sso.browser())
    finance = a_person("finance", roles=("finance",))
    sso.served.book.imports(with_rows([], finance), NOW)
    browser = sso.served.signed_in("finance")

    row = browser.get("/back-office/people/rows/ops")
    refused = browser.post("/back-office/people/unlink/ops")

    assert (row.status_code, refused.status_code) == (200, 403)
    assert sso.provider.issuer not in row.text
    assert linked_to(sso) == ["subject-1", None]
