"""PyYAML's complaints about syntax, in words for people who edit rules."""

from typing import Final

import yaml

#: The beginning of PyYAML's words, what is said instead, and the remedy.
_SENTENCES: Final = (
    (
        r"found character '\t'",
        "a tab cannot indent in YAML",
        "use spaces",
    ),
    (
        "found character",
        "a value cannot start with this character",
        "put the value in quotes",
    ),
    (
        "mapping values are not allowed here",
        'a ":" that YAML does not expect here',
        "line the name up with its neighbours; put a text that holds a colon in quotes",
    ),
    (
        "sequence entries are not allowed here",
        'a "-" that YAML does not expect here',
        "start a list on a line of its own",
    ),
    (
        "could not find expected ':'",
        'a ":" is missing after this name',
        "",
    ),
    (
        "expected <block end>, but found '<scalar>'",
        "the value before this one has ended",
        "put the whole value in one pair of quotes",
    ),
    (
        "expected <block end>",
        "this line is not in line with its neighbours",
        "indent names that belong together by the same number of spaces",
    ),
    (
        "expected ',' or",
        "this bracket is never closed",
        "",
    ),
    (
        "expected the node content",
        "a value is missing here",
        "",
    ),
    (
        "found unexpected end of stream",
        "this quote is never closed",
        "",
    ),
    (
        "found unknown escape character",
        'a "\\" with a letter that means nothing',
        "use single quotes, in which it stands for itself",
    ),
    (
        "found undefined tag handle",
        "a tag",
        "leave the tag out, or put the value in quotes",
    ),
    (
        "expected alphabetic or numeric character",
        "a value cannot start with this character",
        "put the value in quotes",
    ),
    (
        "expected '<document start>'",
        "a second document in one file",
        "put it into a file of its own",
    ),
)
#: What is told where it was opened, since PyYAML notices at the end of the file.
_AT_START: Final = (
    "expected ',' or",
    "found unexpected end of stream",
    "could not find expected ':'",
    "expected alphabetic or numeric character",
)


def describe(error: yaml.MarkedYAMLError) -> tuple[int, int, str, str]:
    """Line and column (from 1), the complaint and the remedy."""
    said = error.problem or ""
    mark = error.problem_mark or error.context_mark
    if said.startswith(_AT_START):
        mark = error.context_mark or mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    for beginning, message, hint in _SENTENCES:
        if said.startswith(beginning):
            return line, column, message, hint
    whole = " ".join(part for part in (error.context, said) if part)
    return line, column, f"this is not YAML: {whole}", ""
