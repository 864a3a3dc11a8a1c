"""A user of Slack becomes a person here by that person's own word, and by no other."""

import json
from datetime import timedelta

import pytest

from engine.domain.slack_users import SlackUser, offer
from tests.support.books import a_person, a_small_book
from tests.web.conftest import NOW, Served

KEYS = (b"the site's own key",)
WHO = SlackUser("T0VENDOR", "U1")


@pytest.fixture
def book(served: Served) -> Served:
    object.__setattr__(served.site, "signing_keys", lambda: KEYS)
    served.book.imports([*a_small_book(), a_person("spy", customer="acme")], NOW)
    return served


def link(lasts: timedelta = timedelta(hours=1)) -> str:
    return f"/slack/link/{offer(KEYS, WHO, NOW + lasts)}"


def linked(book: Served) -> list[str]:
    query = (
        'SELECT people.code, team, "user" FROM slack_links '
        "JOIN people ON people.id = person_id"
    )
    return [f"{r['code']} {r['team']}/{r['user']}" for r in book.book.rows(query)]


@pytest.mark.req("BOT-5")
def test_opening_the_link_links_nobody(book: Served) -> None:
    browser = book.signed_in("acme.contact")

    page = browser.get(link())

    assert page.status_code == 200
    for said in ("U1", "T0VENDOR", "Acme Contact", "Only if you asked for this link"):
        assert said in page.text
    assert linked(book) == []


@pytest.mark.req("BOT-5")
def test_who_says_that_it_is_them_is_linked_once_and_it_stands_in_their_trail(
    book: Served,
) -> None:
    browser = book.signed_in("acme.contact")

    first = browser.post(link())
    browser.post(link())

    assert "U1 in Slack is you from now on" in first.text
    assert linked(book) == ["acme.contact T0VENDOR/U1"]
    rows = book.book.rows("SELECT body FROM audit WHERE kind = 'account'")
    said = [json.loads(row["body"]) for row in rows]
    linking = [one for one in said if "linked" in json.dumps(one)]
    assert len(linking) == 1
    assert "T0VENDOR/U1" in json.dumps(linking)


def test_nobody_is_linked_without_signing_in(book: Served) -> None:
    answer = book.browser().client.get(link())
    forged = book.browser().client.post(link())

    for each in (answer, forged):
        assert each.status_code == 303
        assert each.headers["location"].startswith("/sign-in")
    assert answer.headers["location"].endswith(link().replace("/", "%2F")) or (
        link() in answer.headers["location"]
    )
    assert linked(book) == []


@pytest.mark.parametrize("path", ["/slack/link/nonsense", link(timedelta(seconds=-1))])
def test_a_link_that_is_too_old_or_not_whole_says_how_to_get_another(
    book: Served, path: str
) -> None:
    browser = book.signed_in("acme.contact")

    answers = [browser.get(path), browser.post(path)]

    assert [one.status_code for one in answers] == [409, 409]
    assert all("/tacit help" in one.text for one in answers)
    assert linked(book) == []


@pytest.mark.req("BOT-5")
def test_a_user_who_was_somebody_else_is_so_no_more_and_both_trails_say_it(
    book: Served,
) -> None:
    book.signed_in("spy").post(link())
    owner = book.signed_in("acme.contact")
    warned = owner.get(link())

    owner.post(link())

    assert "linked to somebody else" in warned.text
    assert linked(book) == ["acme.contact T0VENDOR/U1"]


def test_one_unlinks_oneself_and_nobody_else(book: Served) -> None:
    owner, spy = book.signed_in("acme.contact"), book.signed_in("spy")
    owner.post(link())
    fields = {"team": WHO.team, "user": WHO.user}

    refused = spy.post("/account/slack/unlink", **fields)
    before = linked(book)
    shown = owner.get("/account")
    done = owner.post("/account/slack/unlink", **fields)

    assert refused.status_code == 404
    assert before == ["acme.contact T0VENDOR/U1"]
    assert "Unlink U1" in shown.text
    assert "is not you here any more" in done.text
    assert linked(book) == []


def test_another_site_cannot_confirm_it_for_somebody(book: Served) -> None:
    browser = book.signed_in("acme.contact")

    forged = browser.client.post(link(), data={"form_token": "guess"})

    assert forged.status_code == 403
    assert linked(book) == []
