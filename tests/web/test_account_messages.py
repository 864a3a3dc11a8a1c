"""The page on which somebody chooses how and when messages come."""

import pytest

from tests.support.books import a_small_book
from tests.web.conftest import NOW, Served

PAGE = "/account/messages"
GOOD = {
    "channel": "both",
    "language": "fr",
    "quiet_from": "20:00",
    "quiet_until": "08:00",
    "digest_at": "09:30",
    "zone": "Europe/Paris",
}


@pytest.fixture
def served(served: Served) -> Served:
    served.book.imports(a_small_book(), NOW)
    return served


@pytest.mark.req("BOT-7")
def test_what_is_chosen_is_kept_shown_and_in_the_trail(served: Served) -> None:
    browser = served.signed_in("acme.contact")

    page = browser.post(PAGE, **GOOD)

    assert page.status_code == 200
    assert 'value="20:00"' in page.text
    assert 'value="09:30"' in page.text
    assert '<html lang="fr">' in page.text
    [row] = served.book.rows(
        "SELECT channel, language FROM people WHERE code = 'acme.contact'"
    )
    assert row == {"channel": "both", "language": "fr"}
    with served.book.store.begin(read_only=True) as unit:
        person = unit.book.person("acme.contact")
        bodies = [one.body for one in unit.audit.chain("person", person.id)]
    assert any("quiet_from" in body for body in bodies)


@pytest.mark.req("BOT-7")
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"quiet_from": "25:00"}, "A time of day looks like 08:30."),
        ({"quiet_until": ""}, "Quiet hours have a beginning and an end"),
        ({"quiet_until": "20:00"}, "last all day"),
        ({"zone": "Mars/Base"}, "not a time zone that we know"),
        ({"channel": "pigeon"}, "My messages"),
    ],
)
def test_what_makes_no_sense_is_said_and_nothing_is_kept(
    served: Served, given: dict[str, str], said: str
) -> None:
    browser = served.signed_in("acme.contact")
    before = served.book.rows("SELECT * FROM preferences")

    page = browser.post(PAGE, **{**GOOD, **given})

    assert page.status_code == 422
    assert said in page.text
    assert served.book.rows("SELECT * FROM preferences") == before
