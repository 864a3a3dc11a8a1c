import pytest

from tests.acceptance.conftest import Tacit

NOW = ("--now", "2026-10-01")
CHANGE = "K-1008.R20270110"
UPGRADE = "K-1011.T20261101"


@pytest.mark.req("OPS-4")
def test_the_history_reads_as_sentences_with_their_reasons(sample: Tacit) -> None:
    sample("set", "owner", "change", CHANGE, "partner", *NOW)
    sample("set", "renewal-start", CHANGE, "2027-01-20", *NOW)
    sample("fire", CHANGE, "accept", "--as", "grace.oneill", *NOW)

    history = sample("show", CHANGE, *NOW).out.split("History:")[1]

    assert "opened as pending, to start on 2027-01-10" in history
    assert "owner choice is now partner, by operations" in history
    assert "renewal start is now 2027-01-20; planned again, by operations" in history
    assert "pending -> renewed (accept), by grace.oneill" in history
    assert "The customer agrees to the next term" in history
    assert "=" not in history


@pytest.mark.req("REN-16")
def test_an_upgrade_shows_its_tier_and_the_usage_it_stands_on(sample: Tacit) -> None:
    page = sample("show", UPGRADE, *NOW).out
    change = sample("show", UPGRADE, *NOW, "--json").json

    assert "5640 contacts and 33500 emails sent in 2026-10" in page
    assert change["usage"] == {
        "month": "2026-10", "contacts": 5640, "emails_sent": 33500,
    }  # fmt: skip
    assert change["new_contact_limit"] > change["contact_limit"]


@pytest.mark.req("REN-16")
def test_a_renewal_stands_on_no_usage(sample: Tacit) -> None:
    change = sample("show", CHANGE, *NOW, "--json").json

    assert (change["usage"], change["new_contact_limit"]) == (None, None)


@pytest.mark.req("REN-6")
def test_answers_say_until_when_they_can_be_given(sample: Tacit) -> None:
    page = sample("show", CHANGE, *NOW).out
    answers = sample("show", CHANGE, *NOW, "--json").json["answers"]

    until = {answer["event"]: answer["until"] for answer in answers}
    assert until == {
        "accept": None, "request_cancellation": "2026-11-27T05:00:00+00:00",
    }  # fmt: skip
    assert "request_cancellation -> cancellation_requested" in page
    assert ", until 2026-11-27 05:00" in page


def test_a_page_says_whose_times_it_shows(sample: Tacit) -> None:
    page = sample("show", CHANGE, *NOW).out

    assert "times are UTC" in page
    assert "America/New_York" in page
