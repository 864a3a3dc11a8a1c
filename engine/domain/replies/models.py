"""The shape of a vocabulary file: strict pydantic models, one class a construct."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from engine.domain.rule_models import Name, Strict, Word, _as_list

Text = Annotated[str, Field(min_length=1, max_length=4000)]
Phrases = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=200)], ...],
    BeforeValidator(_as_list),
    Field(max_length=5000),
]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]


class AnswerModel(Strict):
    """One thing that people answer, and the ways in which they say it."""

    means: Phrases
    supports: Phrases = ()
    negated: Word | None = None
    said_with: Phrases = ("yes", "no")
    says: Phrases = ()
    do: Phrases = ()


class HoldModel(Strict):
    """What keeps an answer from being carried out, and what is done instead.

    It does so for every event but those it is `not_for`.
    """

    then: Literal["ask_again", "person"]
    not_for: Phrases = ()
    says: Phrases


class BareModel(Strict):
    """What a bare yes or no means where these events are asked."""

    asks: Phrases
    yes: Word | None = None
    no: Word | None = None


class NegationsModel(Strict):
    """Words that turn a meaning round; a `first` only announces a `second`."""

    first: Phrases = ()
    second: Phrases


class UnknownModel(Strict):
    """How many unknown words may stand before, beside and after an answer."""

    before: Annotated[int, Field(ge=0, le=1000)]
    beside: Annotated[int, Field(ge=0, le=1000)]
    after: Annotated[int, Field(ge=0, le=1000)]


class TestModel(Strict):
    """An example: a text, what was asked, and what should come of it."""

    __test__ = False

    reply: Text
    asks: Phrases
    expect: Word


class VocabularyModel(Strict):
    """One file: the words of one language."""

    replies: Language
    unknown_words: UnknownModel
    light: Phrases = ()
    small: Phrases = ()
    days: Phrases = ()
    same: Mapping[Annotated[str, Field(min_length=1, max_length=40)], Word] = {}
    lists: Mapping[Name, Phrases] = {}
    negations: NegationsModel
    yes: Phrases
    no: Phrases
    bare: Annotated[tuple[BareModel, ...], Field(max_length=50)] = ()
    answers: Annotated[Mapping[Name, AnswerModel], Field(min_length=1)]
    leads: Phrases
    requests: Phrases = ()
    holds: Mapping[Name, HoldModel]
    turns: Phrases = ()
    contrasts: Phrases = ()
    joins: Phrases = ()
    about: Phrases = ()
    harmless: Phrases = ()
    tests: Annotated[tuple[TestModel, ...], Field(max_length=2000)] = ()
