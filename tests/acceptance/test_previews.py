"""`tacit preview`: a message as its reader gets it, before anybody does."""

from pathlib import Path

import pytest

from tests.acceptance.conftest import Tacit


def test_a_preview_of_no_home_is_refused(tacit: Tacit) -> None:
    ran = tacit("preview", "renewal_notice", "--home", "nope")

    assert ran.code == 2
    assert "nope is not a home" in ran.err


def test_a_preview_is_in_the_name_of_the_homes_vendor(sample: Tacit) -> None:
    ran = sample("preview", "renewal_notice", TACIT_VENDOR__NAME="Ours & Co")

    assert "The Ours & Co team" in ran.out


@pytest.mark.req("REN-6")
@pytest.mark.parametrize(
    ("message", "audience", "asked", "not_asked"),
    [
        ("renewal_notice", "customer", "Accept the new conditions", "Withdraw"),
        ("cancellation_noted", "customer", "Withdraw the cancellation", "Accept"),
        ("cancellation_noted", "copy", "cancellation noted", "Withdraw"),
        ("tier_upgrade_notice", "partner", "Accept the larger tier", "Withdraw"),
        ("renewal_done", "customer", "is renewed", "Accept the new"),
    ],
)
def test_a_preview_asks_what_the_rules_ask(
    sample: Tacit, message: str, audience: str, asked: str, not_asked: str
) -> None:
    ran = sample("preview", message, "--for", audience)

    assert asked in ran.out
    assert not_asked not in ran.out


@pytest.mark.parametrize(
    ("audience", "name"),
    [("customer", "Inès Marchand"), ("partner", "Léo Nord"), ("copy", "Léo Nord")],
)
def test_a_preview_greets_a_reader_of_its_kind(
    sample: Tacit, audience: str, name: str
) -> None:
    ran = sample("preview", "renewal_notice", "--for", audience)

    assert f"Hello {name}," in ran.out


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ("automatic_renewal=false", "ends on 1 March 2027"),
        ("is_held=true", "still to be settled"),
        ("product=Suite", "Your Suite contract"),
        ("renewal_start=2030-06-02", "2 June 2030"),
        ("mrr_minor=132000", "stay at €1,320.00"),
    ],
)
def test_any_value_can_be_chosen(sample: Tacit, choice: str, said: str) -> None:
    ran = sample("preview", "renewal_notice", "--set", choice)

    assert said in ran.out


def test_an_answer_and_its_absence_can_be_chosen(sample: Tacit) -> None:
    one = sample("preview", "renewal_notice", "--set", "asks=withdraw")
    none = sample("preview", "renewal_notice", "--set", "asks=", "--set", "answer_by=")

    assert "- Withdraw the cancellation" in one.out
    assert "To answer" not in none.out


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ("automatic_renwal=false", 'did you mean "automatic_renewal"?'),
        ("automatic_renewal=maybe", 'automatic_renewal: "maybe" is neither'),
        ("renewal_start=soon", 'renewal_start: "soon" is not a date'),
        ("contacts=many", 'contacts: "many"'),
        ("type=tier", 'type: "tier" is not one of renewal'),
        ("product", "product: write product=…"),
    ],
)
def test_a_wrong_choice_names_the_value(sample: Tacit, choice: str, said: str) -> None:
    ran = sample("preview", "renewal_notice", "--set", choice)

    assert ran.code == 2
    assert said in ran.err


@pytest.mark.req("RULE-2")
def test_rules_check_warns_of_an_answer_that_letters_have_no_words_for(
    sample: Tacit, tmp_path: Path
) -> None:
    rules = tmp_path / "home" / "rules" / "email_overage.yaml"
    text = rules.read_text().replace(" accept:", " approve:")
    rules.write_text(text.replace("[accept", "[approve"))

    ran = sample("rules", "check", "--json")

    assert ran.code == 0
    assert {(one["severity"], one["hint"]) for one in ran.json} == {
        ("warning", 'add events: {approve: "…"}')
    }


def test_an_unknown_language_is_refused_with_those_that_there_are(
    sample: Tacit,
) -> None:
    ran = sample("preview", "renewal_notice", "--lang", "de")

    assert ran.code == 2
    assert "known: en, fr" in ran.err


def test_a_preview_as_json_has_every_shape(sample: Tacit) -> None:
    shapes = sample("preview", "renewal_notice", "--json").json

    assert list(shapes) == ["subject", "text", "html", "slack_text", "blocks"]
    assert shapes["html"].startswith("<!doctype html>")
    assert shapes["blocks"][0]["type"] == "header"
