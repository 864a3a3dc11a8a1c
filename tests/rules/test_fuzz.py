import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.guards import GuardError, compile_guard
from engine.domain.problems import Problem
from engine.domain.vocabulary import DECISION_FACTS
from engine.domain.worlds import worlds_of
from tests.rules.shipped import a_rule_file, compiled, rule_files

SPECIAL = list("\t :-#'\"[]{}&*!|>%@`,?\\\n\r0aé\x00\x85\u2028\ufeff😀")
TEXT = """
to by if at on do why yes NO 010 12:30 ~ null true 1e9 << --- ... !!str {} [] - ''
pending renewed deadline silence owner accept notice os.system
"""
WORDS = TEXT.split()
SIGNS = "and or not == != < <= + - * / ( ) ? : 1 'a' 9"
PHRASES = [*WORDS, "end of 45 days before renewal_start", "commitment_months >= 3"]


class Mutation:
    """Makes a few random changes to a text; every seed makes its own."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable, not secret

    def of(self, text: str) -> str:
        for _ in range(self._random.randint(1, 4)):
            change = self._random.choice(
                [
                    self._cut,
                    self._swap,
                    self._indent,
                    self._insert,
                    self._put,
                    self._copy,
                ]
            )
            text = "\n".join(change(text.split("\n")))
        return text

    def _line(self, lines: list[str]) -> int:
        return self._random.randrange(len(lines))

    def _cut(self, lines: list[str]) -> list[str]:
        at = self._line(lines)
        return lines[:at] + lines[at + self._random.randint(1, 6) :]

    def _copy(self, lines: list[str]) -> list[str]:
        at, to = self._line(lines), self._line(lines)
        return lines[:to] + lines[at : at + 5] + lines[to:]

    def _swap(self, lines: list[str]) -> list[str]:
        one, other = self._line(lines), self._line(lines)
        lines[one], lines[other] = lines[other], lines[one]
        return lines

    def _indent(self, lines: list[str]) -> list[str]:
        at = self._line(lines)
        by = self._random.randint(0, 8)
        lines[at] = " " * by + lines[at].lstrip()
        return lines

    def _insert(self, lines: list[str]) -> list[str]:
        at = self._line(lines)
        place = self._random.randint(0, len(lines[at]))
        extra = self._random.choice(SPECIAL)
        lines[at] = lines[at][:place] + extra + lines[at][place:]
        return lines

    def _put(self, lines: list[str]) -> list[str]:
        at = self._line(lines)
        words = lines[at].split(" ")
        words[self._random.randrange(len(words))] = self._random.choice(PHRASES)
        lines[at] = " ".join(words)
        return lines


def assert_shown_inside(problems: list[Problem], file: str, text: str) -> None:
    lines = text.splitlines() or [""]
    for problem in problems:
        if problem.file == file and problem.message != "this rule file is missing":
            assert 1 <= problem.line <= len(lines)
            assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1
            assert problem.message


@pytest.mark.req("RULE-2")
@pytest.mark.parametrize("file", ["renewal.yaml", "routing.yaml"])
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(min_value=0, max_value=2**32))
def test_no_edit_of_a_shipped_file_breaks_the_loader(file: str, seed: int) -> None:
    text = Mutation(seed).of(rule_files()[file])

    rulebook, problems = compiled(text, file)

    assert rulebook is not None or problems
    assert_shown_inside(problems, file, text)


@pytest.mark.req("RULE-2")
@settings(max_examples=40, deadline=None)
@given(text=st.text(max_size=300))
def test_no_text_breaks_the_loader(text: str) -> None:
    rulebook, problems = compiled(text)

    assert rulebook is None
    assert_shown_inside(problems, "renewal.yaml", text)


@pytest.mark.req("RULE-2")
@settings(max_examples=40, deadline=None)
@given(
    words=st.lists(
        st.sampled_from([*DECISION_FACTS, *SIGNS.split()]),
        max_size=14,
    )
)
def test_no_condition_breaks_the_loader(words: list[str]) -> None:
    text = " ".join(words)

    try:
        guard = compile_guard(text, DECISION_FACTS)
    except GuardError as error:
        faults = error.faults
    else:
        found = worlds_of([guard])
        assert all(guard.holds(world) in (True, False) for world in found.samples)
        return
    assert faults
    for fault in faults:
        assert fault.start == 0 or text[fault.start :].startswith(fault.word)


@pytest.mark.req("RULE-2")
@settings(max_examples=40, deadline=None)
@given(
    old=st.sampled_from(a_rule_file().split("\n")),
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.sampled_from(WORDS),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3)
        ),
        max_leaves=6,
    ),
)
def test_no_value_in_the_wrong_place_breaks_the_loader(old: str, value: object) -> None:
    name = old.split(":")[0]
    written = str(value).replace("None", "null").replace("True", "true")
    text = a_rule_file().replace(old, f"{name}: {written}", 1)

    _, problems = compiled(text)

    assert_shown_inside(problems, "renewal.yaml", text)
