"""`tacit accounts`: letting people in from the machine, and out again."""

from pathlib import Path

import pytest

from tacit.bootstrap import App
from tacit.home import Home
from tests.acceptance.conftest import Tacit

NOW = ("--now", "2026-10-01T09:00")


@pytest.fixture
def people(sample: Tacit) -> Tacit:
    """The sample book, in which nobody has an account."""
    return sample


def test_in_a_new_home_nobody_can_sign_in(people: Tacit) -> None:
    done = people("accounts", "list", *NOW)

    assert done.code == 0
    assert "tacit accounts link PERSON" in done.out
    assert people("accounts", "list", *NOW, "--json").json == []


def test_a_link_lets_somebody_in_and_makes_their_account(people: Tacit) -> None:
    link = people("accounts", "link", "olivia.park", *NOW)
    [account] = people("accounts", "list", *NOW, "--json").json

    assert link.out.startswith("http://127.0.0.1:8460/sign-in/link/")
    assert account["person"] == "olivia.park"
    assert (account["password"], account["single_sign_on"]) == (False, None)
    assert "olivia.park" in people("accounts", "list", *NOW).out


def test_a_link_for_programs_says_until_when(people: Tacit) -> None:
    said = people("accounts", "link", "olivia.park", *NOW, "--json").json

    assert said["until"] == "2026-10-02T09:00:00+00:00"
    assert "/sign-in/link/" in said["link"]


def test_an_account_is_disabled_and_enabled_again(people: Tacit) -> None:
    people("accounts", "link", "olivia.park", *NOW)

    disabled = people("accounts", "disable", "olivia.park", *NOW)
    refused = people("accounts", "link", "olivia.park", *NOW)
    enabled = people("accounts", "enable", "olivia.park", *NOW, "--json")

    assert "disabled" in disabled.out
    assert refused.code == 2
    assert "account is disabled" in refused.err
    assert enabled.json == {"done": "olivia.park: the account is enabled"}
    assert people("accounts", "link", "olivia.park", *NOW).code == 0
    assert people("audit", "verify").code == 0


def test_signing_out_says_so(people: Tacit) -> None:
    people("accounts", "link", "olivia.park", *NOW)

    assert (
        "signed out everywhere"
        in people("accounts", "sign-out", "olivia.park", *NOW).out
    )


def test_the_first_operator_is_let_in_once(people: Tacit, tmp_path: Path) -> None:
    app = App(Home(tmp_path / "home"))

    first, later = app.first_link(), app.first_link()
    app.close()

    assert first is not None
    assert first.startswith("http://127.0.0.1:8460/sign-in/link/")
    assert later is None
    [account] = people("accounts", "list", "--json").json
    assert account["person"] == "olivia.park"


@pytest.mark.parametrize("command", ["disable", "enable", "sign-out", "unlink"])
def test_whoever_has_no_account_is_said_to_have_none(
    people: Tacit, command: str
) -> None:
    done = people("accounts", command, "olivia.park", *NOW)

    assert done.code == 2
    assert "tacit accounts link olivia.park" in done.err


@pytest.mark.parametrize("command", ["link", "disable", "enable", "sign-out", "unlink"])
def test_an_unknown_person_is_said_to_be_unknown(people: Tacit, command: str) -> None:
    done = people("accounts", command, "olivia.prak", *NOW)

    assert done.code == 2
    assert "olivia.park" in done.err


@pytest.mark.parametrize(
    "command", ["list", "link", "disable", "enable", "sign-out", "unlink"]
)
def test_accounts_are_for_those_who_may_manage_them(
    people: Tacit, command: str
) -> None:
    arguments = () if command == "list" else ("olivia.park",)

    done = people("accounts", command, *arguments, *NOW, "--as", "grace.oneill")

    assert done.code == 2
    assert 'no role of theirs grants "manage accounts"' in done.err


def test_a_user_of_slack_is_listed_and_unlinked(people: Tacit, tmp_path: Path) -> None:
    people("accounts", "link", "olivia.park", *NOW)
    app = App(Home(tmp_path / "home"))
    with app.store.begin() as unit:
        person = unit.book.person("olivia.park")
        unit.slack_links.link("T1", "U1", person.id, app.clock())
        unit.commit()
    app.close()

    [account] = people("accounts", "list", *NOW, "--json").json
    nobody = people("accounts", "unlink-slack", "olivia.park", "T1/U2", *NOW)
    done = people("accounts", "unlink-slack", "olivia.park", "T1/U1", *NOW)
    [after] = people("accounts", "list", *NOW, "--json").json

    assert (account["slack"], after["slack"]) == (["T1/U1"], [])
    assert (nobody.code, done.code) == (2, 0)
