"""Cuts what stands around the words of a reply: sign-off, signature, footer, banner."""

import re
from collections.abc import Sequence
from typing import Final

from notifiers.incoming.html_lines import SIGNATURE, Line
from notifiers.incoming.marks import MARKS, plain

SIGNOFF, FOOTER, BANNER = "sign-off", "mobile footer", "external banner"
DISCLAIMER: Final = "disclaimer"
_DELIMITER: Final = re.compile(r"(?:--|__|—)\s*")
_ENDS: Final = " ,.!;:-–—*_~"
#: A formula is long enough to be told by its beginning, whatever follows.
_FORMULA: Final = 3
_NAMES: Final = 4
_BANNER_LINES: Final = 6


def trimmed(run: Sequence[Line], name: str, *, is_first: bool) -> list[Line]:
    """The lines of one run of a reply, marked where they are no part of its words.

    `name` is the sender's; `is_first` where nothing of the mail stands above.
    """
    lines = list(run)
    folds = ["" if line.mark else plain(line.text) for line in lines]
    if is_first:
        _banner(lines, folds)
    _footers(lines, folds)
    _disclaimers(lines, folds)
    words = frozenset(re.findall(r"\w+", plain(name)))
    _ending(lines, folds, words, begun=not is_first)
    return lines


def _mark(lines: list[Line], folds: list[str], place: int, what: str) -> None:
    if not lines[place].mark:
        lines[place] = Line(lines[place].text, what)
    folds[place] = ""


def _banner(lines: list[Line], folds: list[str]) -> None:
    """The paragraph that a server puts on top, if there is one."""
    first = next((place for place, fold in enumerate(folds) if fold), None)
    if first is None:
        return
    fold = folds[first]
    tops = (fold, fold.lstrip(" *-_=[#"))
    if not any(MARKS.starts("banners", top) for top in tops):
        return
    for place in range(first, min(first + _BANNER_LINES, len(lines))):
        if not folds[place]:
            return
        _mark(lines, folds, place, BANNER)


def _footers(lines: list[Line], folds: list[str]) -> None:
    for place, fold in enumerate(folds):
        if fold and MARKS.starts("footers", fold.lstrip(" -*_[(|")):
            _mark(lines, folds, place, FOOTER)


def _disclaimers(lines: list[Line], folds: list[str]) -> None:
    """Paragraphs about mail itself, each to its end."""
    inside = False
    for place, fold in enumerate(folds):
        if not fold:
            inside = False
            continue
        starts = place == 0 or not folds[place - 1]
        inside = inside or (starts and MARKS.starts("disclaimers", fold.strip(_ENDS)))
        if inside:
            _mark_kept(lines, place, DISCLAIMER)
    for place, line in enumerate(lines):
        if line.mark == DISCLAIMER:
            folds[place] = ""


def _mark_kept(lines: list[Line], place: int, what: str) -> None:
    lines[place] = Line(lines[place].text, what)


def _ending(
    lines: list[Line], folds: list[str], name: frozenset[str], *, begun: bool
) -> None:
    """From the first line that ends the letter, unless the writer begins again."""
    ended = ""
    for place, fold in enumerate(folds):
        if not fold:
            continue
        if ended and MARKS.starts("afterthoughts", fold) and _is_afterthought(fold):
            ended = ""
        if not ended:
            ended = _end(lines[place].text, fold, name, begun=begun)
            if not ended:
                begun = True
                continue
        _mark(lines, folds, place, ended)


def _is_afterthought(fold: str) -> bool:
    """Whether the word that begins again stands alone: "PS:", not "psychologist"."""
    found = next(
        mark for mark in MARKS.listed["afterthoughts"] if fold.startswith(mark)
    )
    rest = fold[len(found) :]
    return not rest or not rest[0].isalnum()


def _end(text: str, fold: str, name: frozenset[str], *, begun: bool) -> str:
    """What a line is by which a letter ends; nothing for one that goes on."""
    if _DELIMITER.fullmatch(text.strip()):
        return SIGNATURE
    if not begun:
        return ""
    if _is_signoff(text.strip(), fold.strip(_ENDS)):
        return SIGNOFF
    words = set(re.findall(r"\w+", fold))
    if words and name and words <= name | {one[0] for one in name}:
        return SIGNATURE
    return ""


def _is_signoff(text: str, fold: str) -> bool:
    for mark in MARKS.listed["signoffs"]:
        if fold == mark:
            return True
        if fold.startswith(mark) and not fold[len(mark)].isalnum():
            if len(mark.split()) >= _FORMULA and "agre" in mark:
                return True
            rest = text[len(mark) :].strip(_ENDS)
            words = rest.split()
            if len(words) <= _NAMES and all(word[:1].isupper() for word in words):
                return True
    return False
