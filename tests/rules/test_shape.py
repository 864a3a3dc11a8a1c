from pydantic import field_validator

from engine.domain.rule_models import Strict, Word
from engine.domain.rule_shape import shape
from engine.domain.yaml_text import Source, read
from tests.rules.shipped import a_rule_file, compiled, said


class Stubborn(Strict):
    """A construct that takes nothing, not even what stands in for it."""

    word: Word

    @field_validator("word")
    @classmethod
    def refuse(cls, value: str) -> str:
        raise ValueError(f"Never {len(value)}")


def test_a_shape_that_cannot_be_mended_is_given_up_and_told_once() -> None:
    source = Source("a.yaml", "word: any\n")

    shaped = shape(source, read(source), Stubborn)

    assert shaped.model is None
    assert [said(problem) for problem in shaped.problems] == [
        "1:7 error value error, never 3"
    ]


def test_a_mistake_of_shape_does_not_hide_what_depends_on_the_rest() -> None:
    text = a_rule_file(
        ("at: notice", "att: notice"),
        ("notice: 90 and 60 days", "notice: 46 days"),
        ("until: deadline", "until: []"),
    )

    _, problems = compiled(text)

    assert [problem.message.split(" (")[0] for problem in problems] == [
        "silence",
        "should be text, not a list",
        'unknown word "att"',
    ]
