import re
from collections.abc import Iterator
from typing import Literal, get_args, get_origin

import pytest
from pydantic import BaseModel

from engine.domain import rule_models, vocabulary
from engine.domain.guards import compile_guard
from engine.domain.moments import duration, parse
from tests.rules.shipped import RULES, compiled, rule_files, said

MANUAL = (RULES / "README.md").read_text()
#: Every word that the manual sets as code, alone or in a phrase.
SHOWN = re.findall(r"`([^`\n]+)`", MANUAL)
WORDS = {word for shown in SHOWN for word in re.split(r"[^\w.]+", shown)}


def models() -> list[type[BaseModel]]:
    found = vars(rule_models).values()
    return [
        model
        for model in found
        if isinstance(model, type)
        and issubclass(model, BaseModel)
        and model is not BaseModel
    ]


def choices(annotation: object) -> Iterator[str]:
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
    for argument in get_args(annotation):
        yield from choices(argument)


def words_of(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


@pytest.mark.req("RULE-1")
@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_every_word_of_the_language_is_in_the_manual(model: type[BaseModel]) -> None:
    assert words_of(model) <= WORDS


@pytest.mark.req("RULE-1")
@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_every_choice_of_the_language_is_in_the_manual(model: type[BaseModel]) -> None:
    offered = {
        choice
        for field in model.model_fields.values()
        for choice in choices(field.annotation)
    }

    assert {choice for choice in offered if choice not in SHOWN} <= WORDS


@pytest.mark.req("RULE-1")
@pytest.mark.parametrize(
    "words",
    [
        vocabulary.DECISION_FACTS,
        vocabulary.OPENING_FACTS,
        vocabulary.CHANGE_TYPES,
        vocabulary.DATES,
        vocabulary.REQUIRED_MOMENTS,
        vocabulary.ADDRESSEES,
        vocabulary.ACTORS,
        vocabulary.PLACES,
        vocabulary.VENDOR_PLACES,
        {audience for many in vocabulary.AUDIENCES.values() for audience in many},
    ],
)
def test_every_word_of_the_vocabulary_is_in_the_manual(words: set[str]) -> None:
    assert set(words) <= WORDS


@pytest.mark.req("RULE-1")
def test_every_effect_is_in_the_manual() -> None:
    assert {*vocabulary.CLOSING, vocabulary.HOLD} <= set(SHOWN)
    assert set(choices(rule_models.Action)) == {*vocabulary.CLOSING, vocabulary.HOLD}


def test_the_vocabulary_says_who_reads_and_who_answers_for_every_role() -> None:
    assert vocabulary.AUDIENCES.keys() == set(vocabulary.ADDRESSEES)
    assert vocabulary.ANSWERERS.keys() == set(vocabulary.ADDRESSEES)
    answering = {role for many in vocabulary.ANSWERERS.values() for role in many}
    assert answering <= set(vocabulary.ACTORS)


def test_the_moments_and_conditions_that_the_manual_shows_can_be_read() -> None:
    moments = [shown for shown in SHOWN if shown.endswith("renewal_start")]
    moments += [shown for shown in SHOWN if "renewal_start at" in shown]

    assert len(moments) > 5
    for shown in moments:
        assert parse(shown)
    assert duration("5 days")
    assert compile_guard("contacts > contact_limit", vocabulary.OPENING_FACTS)


@pytest.mark.req("RULE-2")
def test_the_mistake_that_the_manual_shows_is_told_as_it_says() -> None:
    shown = re.search(r"renewal\.yaml:\d+:13  error  (.*)\n +\d+ \| (.*)\n", MANUAL)
    assert shown is not None
    text = rule_files()["renewal.yaml"]
    right = "        to: cancellation_requested\n"

    _, problems = compiled(text.replace(right, f"{shown[2]}\n", 1))

    assert [said(problem).split(" ", 1)[1] for problem in problems] == [
        f"error {shown[1]}"
    ]
    assert problems[0].column == 13
