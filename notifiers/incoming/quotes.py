"""Tells the lines of a reply from those of the message that it answers."""

import re
from collections.abc import Sequence
from typing import Final

from notifiers.incoming.html_lines import ATTRIBUTION, QUOTE, SIGNATURE, Line
from notifiers.incoming.marks import MARKS, plain

HEADERS, DIVIDER, OWN = "header block", "divider", "our own text"
_LONGEST_ATTRIBUTION: Final = 4
_BLOCK: Final = 7
_RULE: Final = re.compile(r"[_\-=*]{5,}")
_DETAIL: Final = re.compile(r"\d|@")


def marked(lines: Sequence[Line], ours: frozenset[str] = frozenset()) -> list[Line]:
    """The lines, each that is not of the reply marked with what it is.

    `ours` are lines that we wrote, folded: quoted or not, they are no reply.
    """
    found = [_by_sign(line) for line in lines]
    found = [_own(line, ours) for line in found] if ours else found
    folds = ["" if line.mark else plain(line.text) for line in found]
    at = 0
    while at < len(found):
        if folds[at]:
            end, mark = _ended(found, folds, at)
            for place in range(at, end):
                if found[place].mark != QUOTE:
                    found[place] = Line(found[place].text, mark)
            at = max(end, at + 1)
        else:
            at += 1
    return found


def _by_sign(line: Line) -> Line:
    text = line.text.lstrip()
    if line.mark in (QUOTE, ATTRIBUTION):
        return Line(line.text, QUOTE if line.mark == QUOTE else ATTRIBUTION)
    if text.startswith(">"):
        return Line(line.text, QUOTE)
    return line if line.mark == SIGNATURE else Line(line.text)


def _own(line: Line, ours: frozenset[str]) -> Line:
    if not line.mark and plain(line.text) in ours:
        return Line(line.text, OWN)
    return line


def _ended(lines: Sequence[Line], folds: Sequence[str], at: int) -> tuple[int, str]:
    """How far what begins at a line is quoted, and by which mark; `at` if not."""
    fold = folds[at]
    if MARKS.divider.fullmatch(fold):
        return len(lines), DIVIDER
    if any(mark in fold for mark in MARKS.listed["above"]):
        above = any(folds[:at])
        return (len(lines) if above else at + 1), DIVIDER
    if _RULE.fullmatch(fold) and at + 1 < len(lines):
        following = _next(folds, at + 1)
        if following is not None and _is_block(folds, following):
            return len(lines), HEADERS
    if _is_block(folds, at):
        return len(lines), HEADERS
    return _attributed(lines, folds, at)


def _next(folds: Sequence[str], at: int) -> int | None:
    return next(
        (place for place in range(at, min(at + 3, len(folds))) if folds[place]), None
    )


def _is_block(folds: Sequence[str], at: int) -> bool:
    """Whether header lines begin here: three of them, one of them From."""
    if MARKS.header.match(folds[at]) is None:
        return False
    block = [fold for fold in folds[at : at + _BLOCK + 3] if fold][:_BLOCK]
    names = [found[1] for found in map(MARKS.header.match, block) if found]
    return len(names) >= 3 and any(MARKS.is_from(name) for name in names)


def _attributed(
    lines: Sequence[Line], folds: Sequence[str], at: int
) -> tuple[int, str]:
    text = ""
    for end in range(at, min(at + _LONGEST_ATTRIBUTION, len(lines))):
        if not folds[end]:
            break
        text = f"{text} {folds[end]}".strip()
        if not text.endswith(":"):
            continue
        sure = MARKS.begins.match(text) is not None and MARKS.verb.search(text)
        likely = MARKS.verb.search(text) or text.endswith(">:")
        if not _DETAIL.search(text) or not likely:
            break
        after = next(
            (line for line in lines[end + 1 :] if line.text.strip()), Line("", QUOTE)
        )
        if after.mark == QUOTE:
            return end + 1, ATTRIBUTION
        return (len(lines), QUOTE) if sure else (at, "")
    return at, ""
