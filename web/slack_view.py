"""Our Slack blocks as Slack draws them: a heading, text with its marks, small print."""

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup, escape

_LINK: Final = re.compile(r"<([^|>]*)\|([^>]*)>")
_MARKS: Final = (
    (re.compile(r"`([^`\n]+)`"), "code"),
    (re.compile(r"\*([^*\n]+)\*"), "strong"),
    (re.compile(r"(?<![A-Za-z0-9])_([^_\n]+)_(?![A-Za-z0-9])"), "em"),
)
_SCHEMES: Final = ("https://", "http://", "mailto:")


@dataclass(frozen=True, slots=True)
class Drawn:
    """One block: `heading`, `text` or `small`, and what is in it."""

    kind: str
    text: Markup


def draw(blocks: Iterable[Mapping[str, Any]]) -> list[Drawn]:
    """The blocks in order; of a kind that we never send nothing is drawn."""
    found = []
    for block in blocks:
        if block["type"] == "header":
            found.append(Drawn("heading", escape(block["text"]["text"])))
        elif block["type"] == "section":
            found.append(Drawn("text", marked(block["text"]["text"])))
        elif block["type"] == "context":
            said = [marked(one["text"]) for one in block["elements"]]
            found.append(Drawn("small", Markup(" ").join(said)))
    return found


def marked(text: str) -> Markup:
    """Slack's markup as HTML; whatever else is in it is shown, not followed."""
    written, last = [], 0
    for link in _LINK.finditer(text):
        written += [_emphasised(text[last : link.start()]), _link(link)]
        last = link.end()
    return Markup("").join([*written, _emphasised(text[last:])])


def _emphasised(text: str) -> Markup:
    # Slack escapes only three letters, and so does `unescape` of what it escaped.
    made = str(escape(_plain(text)))
    for mark, tag in _MARKS:
        made = mark.sub(rf"<{tag}>\1</{tag}>", made)
    return Markup(made)  # noqa: S704 - it was escaped, and the tags are our own


def _link(link: re.Match[str]) -> Markup:
    address, label = _plain(link[1]), _plain(link[2])
    if not address.startswith(_SCHEMES):
        return escape(f"<{address}|{label}>")
    return Markup('<a href="{}" rel="noreferrer">{}</a>').format(address, label)


def _plain(text: str) -> str:
    return html.unescape(text)
