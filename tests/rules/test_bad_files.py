from pathlib import Path

import pytest

from engine.domain.problems import Severity
from engine.domain.rulebook import compile_rulebook
from tests.rules.shipped import (
    BAD,
    a_rule_file,
    compiled,
    messages,
    rule_files,
    said,
)

EXPECT = "# expect "
FILES = sorted(BAD.glob("*.yaml"))


def name_of(file: Path) -> str:
    return file.stem


def replaced(text: str) -> str:
    """The shipped file in whose place a bad one is read."""
    found = [
        line.removeprefix("# replaces: ")
        for line in text.splitlines()
        if line.startswith("# replaces: ")
    ]
    return found[0] if found else "renewal.yaml"


@pytest.mark.req("RULE-2")
@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_bad_file_gets_exactly_the_problems_that_it_expects(file: Path) -> None:
    text = file.read_text()

    _, problems = compiled(text, replaced(text))

    assert [said(problem) for problem in problems] == [
        line.removeprefix(EXPECT)
        for line in text.splitlines()
        if line.startswith(EXPECT)
    ]
    assert problems


@pytest.mark.req("RULE-2")
@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_bad_file_is_refused_unless_all_it_gets_is_warnings(file: Path) -> None:
    text = file.read_text()

    rulebook, problems = compiled(text, replaced(text))

    refused = any(problem.severity is Severity.ERROR for problem in problems)
    assert (rulebook is None) == refused


@pytest.mark.req("RULE-2")
@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_problem_shows_its_line_of_the_file(file: Path) -> None:
    text = file.read_text()
    lines = text.splitlines()

    _, problems = compiled(text, replaced(text))

    for problem in problems:
        assert problem.source == lines[problem.line - 1]
        assert 1 <= problem.column <= len(problem.source) + 1
        assert problem.file == replaced(text)


def test_the_file_that_bad_ones_are_made_from_is_good() -> None:
    rulebook, problems = compiled(a_rule_file())

    assert problems == []
    assert rulebook is not None


@pytest.mark.req("RULE-2")
def test_mistakes_of_several_files_are_reported_together() -> None:
    files = rule_files()
    files["renewal.yaml"] = a_rule_file(("do: hold", "do: held"), ("owner", "ownr"))
    files["routing.yaml"] = files["routing.yaml"].replace("copy:", "kopy:")

    rulebook, problems = compile_rulebook(files, messages())

    assert rulebook is None
    assert [(problem.file, problem.message) for problem in problems] == [
        ("renewal.yaml", 'unknown effect "held"'),
        ("renewal.yaml", 'unknown role "ownr"'),
        ("routing.yaml", 'unknown word "kopy"'),
    ]


@pytest.mark.req("RULE-2")
def test_a_problem_in_json_has_the_documented_fields() -> None:
    _, problems = compiled(a_rule_file(("to: owner", "to: ownr")))

    assert [problem.as_json() for problem in problems] == [
        {
            "file": "renewal.yaml",
            "line": 45,
            "column": 13,
            "severity": "error",
            "message": 'unknown role "ownr"',
            "hint": 'did you mean "owner"?',
        }
    ]
