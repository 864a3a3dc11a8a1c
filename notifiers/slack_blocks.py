"""Slack's Block Kit: values made safe in its markup, and bodies cut to its limits."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from notifiers.shapes import escape_for_slack

HEADER_LIMIT: Final = 150
SECTION_LIMIT: Final = 3000
BLOCK_LIMIT: Final = 50

Block = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Note:
    """Something to say: the sentence of notifications, and the blocks that are shown."""

    text: str
    blocks: Sequence[Block] = ()


# Slack's markup has no escape for its own marks, so a value gets look-alikes of them.
_MARKS: Final = str.maketrans({"*": "\u2217", "~": "\u223c", "`": "\u02cb"})
# An underscore inside a word is harmless, and identifiers are full of them.
_EDGE_UNDERSCORE: Final = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_UNFINISHED: Final = re.compile(r"&[a-z]{0,3}$|<[^>]*$")


def safe_in_mrkdwn(value: str) -> str:
    """A value that Slack shows as it is: no bold, link, mention or code."""
    if value.isalnum():
        return value
    return _EDGE_UNDERSCORE.sub("\u02cd", escape_for_slack(value).translate(_MARKS))


def blocks_of(
    subject: str, body: str, footer: str, after: Sequence[Block] = ()
) -> tuple[Block, ...]:
    """A header, as many sections as the body needs, and the footer in small.

    What comes `after` the body stands before the footer.
    """
    sections = list(_sections(body))[: BLOCK_LIMIT - 2 - len(after)]
    return (
        heading(subject),
        *(section(text) for text in sections),
        *after,
        small(footer.strip()[:SECTION_LIMIT]),
    )


def heading(text: str) -> Block:
    """A line in large, which knows no markup."""
    return {"type": "header", "text": plain(text, HEADER_LIMIT)}


def section(markup: str) -> Block:
    """A paragraph in Slack's markup."""
    return {"type": "section", "text": _mrkdwn(_shortened(markup, SECTION_LIMIT))}


def small(markup: str) -> Block:
    """A line in small, in Slack's markup."""
    return {"type": "context", "elements": [_mrkdwn(markup)]}


def plain(text: str, limit: int) -> Block:
    """Text that Slack shows as it is, cut to what it takes."""
    return {"type": "plain_text", "text": _shortened(text, limit), "emoji": False}


def _sections(body: str) -> Iterator[str]:
    """Whole paragraphs together as far as they fit; one too long is cut at a space."""
    rest = body.strip()
    while len(rest) > SECTION_LIMIT:
        cut = _cut(rest)
        yield rest[:cut].rstrip()
        rest = rest[cut:].lstrip()
    if rest:
        yield rest


def _cut(text: str) -> int:
    head = text[:SECTION_LIMIT]
    for gap in ("\n\n", "\n", " "):
        cut = head.rfind(gap)
        # A space inside <address|label> is no place to cut.
        if cut > 0 and head.rfind("<", 0, cut) <= head.rfind(">", 0, cut):
            return cut
    unfinished = _UNFINISHED.search(head)
    return unfinished.start() if unfinished and unfinished.start() else SECTION_LIMIT


def _mrkdwn(text: str) -> Block:
    # Verbatim, so that a web address or a channel's name in a value is not linked.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"
