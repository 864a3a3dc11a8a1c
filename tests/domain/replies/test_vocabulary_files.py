"""A mistake in a vocabulary is found at load, with its place and its remedy."""

import pytest

from engine.domain.problems import Problem
from engine.domain.replies import run_examples, unreached
from tests.domain.replies.conftest import SHORT, compiled


def told(text: str) -> list[str]:
    def said(one: Problem) -> str:
        hint = f" ({one.hint})" if one.hint else ""
        return f"{one.line}:{one.column} {one.message}{hint}"

    vocabulary, problems = compiled(text)
    assert (vocabulary is None) == bool(problems)
    return [said(one) for one in problems]


def test_the_short_vocabulary_is_right() -> None:
    assert told(SHORT) == []


@pytest.mark.req("RULE-2")
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "means: [accept]",
            "means: [acept]",
            '15:13 unknown event "acept" (did you mean "accept"?)',
        ),
        (
            "do: [renew]",
            "do: [renew, cancel]",
            '21:10 "cancel" is also under answers > accept > do (see line 18; accents '
            "and small words make no difference)",
        ),
        (
            "do: [renew]",
            "do: [renew, the Renew]",
            '18:17 "the Renew" stands here twice (see line 18; accents and small words '
            "make no difference)",
        ),
        (
            "do: [renew]",
            "do: [renew, not renew]",
            '18:17 "not renew" is its own negation ("accept" holds it without the '
            "negation, too)",
        ),
        (
            "negated: leave",
            "negated: accept",
            '16:14 "accept" is its own negation (name another answer, or take the line '
            "out to have it asked again)",
        ),
        ("harmless: [hello]", 'harmless: ["!"]', '27:12 "!" has no word in it'),
        ("harmless: [hello]", 'harmless: [""]', "27:12 should not be empty"),
        (
            "[<who> accept]",
            "[<woh> accept]",
            '17:13 unknown list "woh" (did you mean "who"?)',
        ),
        (
            "[<who> accept]",
            '["(we)"]',
            "17:12 a phrase that may be empty (keep one word)",
        ),
        (
            "expect: accept",
            "expect: acept",
            '29:54 unknown expectation "acept" (did you mean "accept"?)',
        ),
        (
            "then: person",
            "then: persn",
            '25:11 unknown value of "then" "persn" (did you mean "person"?)',
        ),
        (
            "harmless:",
            "harmles:",
            '27:1 unknown word "harmles" (did you mean "harmless"?)',
        ),
        (
            "negated: leave",
            "negated: leaves",
            '16:14 unknown answer "leaves" (did you mean "leave"?)',
        ),
    ],
)
def test_one_mistake_is_told_once(old: str, new: str, expected: str) -> None:
    assert old in SHORT

    assert told(SHORT.replace(old, new, 1)) == [expected]


def test_all_mistakes_are_told_at_once() -> None:
    text = SHORT.replace("[accept]\n    negated", "[acept]\n    negated")
    text = text.replace("then: person", "then: persn").replace("[hello]", '["?"]')

    assert [line.partition(":")[0] for line in told(text)] == ["15", "25", "27"]


def test_what_no_yaml_is_says_so() -> None:
    assert told("replies: [en") != []


def test_a_test_that_fails_shows_what_came_instead() -> None:
    text = SHORT.replace('"Please renew."', '"Please cancel."')
    vocabulary, _ = compiled(text)
    assert vocabulary is not None

    [outcome] = run_examples([vocabulary])

    assert not outcome.holds
    assert outcome.example.expect == "accept"
    assert outcome.got == "ask_again"


def test_phrases_that_no_test_reaches_are_known() -> None:
    vocabulary, _ = compiled(SHORT)
    assert vocabulary is not None

    missed = unreached(vocabulary, list(run_examples([vocabulary])))

    assert "renew" not in {entry.phrase.text for entry in missed}
    assert {"cancel", "<who> accept", "if"} <= {entry.phrase.text for entry in missed}


def test_a_prompt_that_asks_one_thing_may_say_what_yes_means() -> None:
    text = SHORT.replace(
        "answers:", "bare:\n  - {asks: [accept], yes: accept}\nanswers:", 1
    ).replace('"Please renew."', '"Yes"')
    vocabulary, problems = compiled(text)
    assert vocabulary is not None, problems

    assert [outcome.got for outcome in run_examples([vocabulary])] == ["accept"]
