"""Draws the blocks of a Slack message as Slack shows them; only our own kinds."""

import re
from collections.abc import Mapping, Sequence
from html import unescape
from typing import Any, Final

from markupsafe import Markup, escape

_LINK: Final = re.compile(r"<([^|>]+)(?:\|([^>]*))?>")
_BOLD: Final = re.compile(r"(?<!\w)\*([^*\n]+)\*(?!\w)")
_ITALIC: Final = re.compile(r"(?<!\w)_([^_\n]+)_(?!\w)")


def drawn(blocks: Sequence[Mapping[str, Any]]) -> Markup:
    """The blocks as HTML, every text in them escaped."""
    return Markup("").join(_block(block) for block in blocks)


def _block(block: Mapping[str, Any]) -> Markup:
    if block["type"] == "header":
        text = _paragraphs(str(block["text"]["text"]), marked=False)
        return Markup('<div class="slack-head">{}</div>').format(text)
    if block["type"] == "context":
        parts = Markup("").join(_text(each) for each in block["elements"])
        return Markup('<div class="slack-small">{}</div>').format(parts)
    return Markup("<div>{}</div>").format(_text(block["text"]))


def _text(part: Mapping[str, Any]) -> Markup:
    return _paragraphs(str(part["text"]), marked=part["type"] == "mrkdwn")


def _paragraphs(text: str, *, marked: bool) -> Markup:
    lines = [_line(line) if marked else escape(line) for line in text.split("\n")]
    return Markup("<br>").join(lines)


def _line(line: str) -> Markup:
    """One line of Slack's markup: links by their words, bold and italic."""
    parts: list[Markup] = []
    end = 0
    for link in _LINK.finditer(line):
        words = link[2] or link[1].removeprefix("mailto:")
        parts += [
            _styled(line[end : link.start()]),
            Markup("<u>{}</u>").format(unescape(words)),
        ]
        end = link.end()
    return Markup("").join([*parts, _styled(line[end:])])


def _styled(text: str) -> Markup:
    safe = str(escape(unescape(text)))
    bold = _BOLD.sub(r"<strong>\1</strong>", safe)
    return Markup(_ITALIC.sub(r"<em>\1</em>", bold))  # noqa: S704 - escaped above
