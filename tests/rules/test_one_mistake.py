import re
from collections.abc import Callable, Iterator

import pytest

from tests.rules.shipped import a_rule_file, compiled, said

LINE = re.compile(r"(?P<before> *(?:- )?)(?P<word>\w+):(?P<value>.*)")


def misspelt(line: re.Match[str]) -> str:
    return f"{line['before']}{line['word']}x:{line['value']}"


def foreign(line: re.Match[str]) -> str:
    return f"{line['before']}zzzz:{line['value']}"


def foreign_value(line: re.Match[str]) -> str:
    return f"{line['before']}{line['word']}: zzzz"


def list_of_lists(line: re.Match[str]) -> str:
    return f"{line['before']}{line['word']}: [[zzzz]]"


def nothing(line: re.Match[str]) -> str:
    return f"{line['before']}{line['word']}:"


def edited(edit: Callable[[re.Match[str]], str]) -> Iterator[tuple[str, str]]:
    """Each line with a word that the language declares, and the file with it edited."""
    lines = a_rule_file().split("\n")
    names = (
        "start",
        "renewed",
        "pending",
    )  # Used in several places, each of them told.
    for index, line in enumerate(lines):
        found = LINE.fullmatch(line)
        changes_value = edit in {foreign_value, list_of_lists, nothing}
        if not found or (changes_value and not found["value"]):
            continue
        if found["word"] not in names or changes_value:
            yield line, "\n".join([*lines[:index], edit(found), *lines[index + 1 :]])


@pytest.mark.req("RULE-2")
@pytest.mark.parametrize(
    "edit", [misspelt, foreign, foreign_value, list_of_lists, nothing]
)
def test_one_mistake_is_one_problem(edit: Callable[[re.Match[str]], str]) -> None:
    noise = {
        line: [said(problem) for problem in problems]
        for line, text in edited(edit)
        if len(problems := compiled(text)[1]) > 1
    }

    assert noise == {}
