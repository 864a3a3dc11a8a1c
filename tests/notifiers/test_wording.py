from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml

from engine.domain.errors import TacitError
from engine.domain.problems import Severity
from engine.domain.ruleset import Rulebook
from notifiers.filters import LABEL_SECTIONS
from notifiers.wording import SHIPPED_WORDING, Wording
from notifiers.wording_checks import missing_words


def shipped(language: str) -> dict[str, dict[str, str]]:
    text = (SHIPPED_WORDING / f"{language}.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def test_both_languages_have_the_same_words() -> None:
    codes = {
        language: {name: sorted(words) for name, words in shipped(language).items()}
        for language in ("en", "fr")
    }

    assert codes["en"] == codes["fr"]


def test_no_code_is_in_two_sections_that_label_looks_in() -> None:
    sections = shipped("en")

    codes = [code for section in LABEL_SECTIONS for code in sections[section]]

    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "It is too late for “accept”: the last day was 1 January 2027."),
        (
            "fr",
            "Il est trop tard pour «\u00a0accept\u00a0»\u00a0: "
            "le dernier jour était le 1er janvier 2027.",
        ),
    ],
)
def test_a_refusal_writes_dates_in_its_language(language: str, sentence: str) -> None:
    wording = Wording(language)

    said = wording.sentence("too_late", event="accept", deadline=date(2027, 1, 1))

    assert said == sentence


def test_a_code_of_the_rules_without_words_is_named_with_the_place_for_them(
    rulebook: Rulebook, tmp_path: Path
) -> None:
    renewal = rulebook.machines["renewal"]
    pending = renewal.states["pending"]
    approved = replace(pending, on={"approve": pending.on["accept"]})
    states = {**renewal.states, "pending": approved}
    machines = {"renewal": replace(renewal, states=states)}
    (tmp_path / "en.yaml").write_text('events: {approve: "Approve"}')
    wordings = [Wording(one, (tmp_path, SHIPPED_WORDING)) for one in ("en", "fr")]

    [found] = missing_words(replace(rulebook, machines=machines), wordings, tmp_path)

    assert found.file == str(tmp_path / "fr.yaml")
    assert found.severity is Severity.WARNING
    assert '"approve"' in found.message
    assert found.hint == 'add events: {approve: "…"}'


def test_every_code_of_the_shipped_rules_has_words(rulebook: Rulebook) -> None:
    wordings = [Wording("en"), Wording("fr")]

    assert missing_words(rulebook, wordings, Path("wording")) == []


def test_values_cannot_reach_into_objects() -> None:
    said = Wording("en").sentence("too_late", event="{deadline.year}", deadline="x")

    assert "{deadline.year}" in said


def test_an_unknown_code_is_named_with_its_nearest() -> None:
    with pytest.raises(TacitError, match='did you mean "renewed"'):
        Wording("en").label("states", "renewd")


def test_an_unknown_section_is_named() -> None:
    with pytest.raises(TacitError, match='did you mean "states"'):
        Wording("en").label("state", "renewed")


def test_a_missing_value_is_named() -> None:
    with pytest.raises(TacitError, match="needs a value for deadline"):
        Wording("en").sentence("too_late", event="accept")


def test_an_unknown_language_is_named() -> None:
    with pytest.raises(TacitError, match='language "de"'):
        Wording("de")


def test_a_users_file_changes_only_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "en.yaml").write_text('states: {renewed: "carried on"}')

    wording = Wording("en", (tmp_path, SHIPPED_WORDING))

    assert wording.label("states", "renewed") == "carried on"
    assert wording.label("states", "pending") == "awaiting an answer"


@pytest.mark.parametrize("text", ["states: [", "states", "states: 1", "states: {a: 1}"])
def test_a_file_of_the_wrong_shape_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "en.yaml").write_text(text)

    with pytest.raises(TacitError, match=r"en\.yaml"):
        Wording("en", (tmp_path,))
