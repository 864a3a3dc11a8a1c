"""Finds the words of a reply in a mail's text, and says what was cut."""

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from typing import Final

from notifiers.incoming import quotes, signatures
from notifiers.incoming.html_lines import Line, html_lines
from notifiers.incoming.marks import plain
from notifiers.incoming.parts import MAX_TEXT, Part, as_text
from notifiers.incoming.values import Cut, Reply

#: More lines than anybody writes; the rest is quoted text.
MAX_LINES: Final = 5_000
MAX_LINE: Final = 10_000
_ODD: Final = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\xad\u200e\u200f"))
#: Marks that a joiner is a part of.
_JOINED: Final = {0x200D}


def find_reply(parts: Sequence[Part], name: str, ours: Collection[str] = ()) -> Reply:
    """The reply in the text parts of a mail by `name`; `ours` are texts that we sent.

    Where a mail says the same twice, as text and as HTML, both are read: what they do
    not agree on is a doubt.
    """
    texts = [part for part in parts if not part.is_attachment]
    own = _own_lines(ours)
    plains = [part for part in texts if part.type == "text/plain" and part.text.strip()]
    marked_up = [part for part in texts if part.type == "text/html" and part.text]
    by_text = _read([line for part in plains for line in _text_lines(part)], name, own)
    if not marked_up:
        return by_text
    lines = [line for part in marked_up for line in html_lines(part.text)]
    by_markup = _read(lines, name, own)
    if not plains:
        return by_markup
    return _agreed(by_text, by_markup)


def read_text(raw: bytes) -> Reply:
    """The reply in a text that is no mail: pasted, or written in a thread."""
    text = as_text(raw[: 4 * MAX_TEXT], "utf-8-sig")
    reply = find_reply([Part("text/plain", text[:MAX_TEXT])], "")
    if len(text) > MAX_TEXT or len(raw) > 4 * MAX_TEXT:
        return Reply(reply.text, reply.cuts, "the text is too long to be read whole")
    return reply


def _own_lines(ours: Collection[str]) -> frozenset[str]:
    """Lines of ours that nobody else would write."""
    lines = (plain(line) for text in ours for line in text.splitlines())
    return frozenset(line for line in lines if len(line) >= 25)


def _text_lines(part: Part) -> Iterator[Line]:
    for line in part.text[:MAX_TEXT].splitlines()[:MAX_LINES]:
        text = line[:MAX_LINE].replace("\xa0", " ")
        if part.is_flowed and text.startswith(" "):
            text = text[1:]
        yield Line(text.rstrip("\r\n"))


def _read(lines: Sequence[Line], name: str, own: frozenset[str]) -> Reply:
    kept: list[str] = []
    cuts: list[Cut] = []
    is_first, between = True, False
    found = quotes.marked(lines[:MAX_LINES], own)
    for mark, group in groupby(found, key=lambda line: line.mark):
        run = list(group)
        if not mark:
            run = signatures.trimmed(run, name, is_first=is_first)
            is_first = is_first and not any(line.text.strip() for line in run)
        for what, part in groupby(run, key=lambda line: line.mark):
            text = "\n".join(line.text.strip() for line in part)
            if not what:
                kept.append(text)
                between = between or bool(text.strip())
            elif text.strip():
                _add(cuts, Cut(what, text.strip()), apart=between)
                between = False
    return Reply(_tidy("\n".join(kept)), tuple(cuts))


def _add(cuts: list[Cut], cut: Cut, *, apart: bool) -> None:
    """One more cut; what only blank lines keep apart is one."""
    if cuts and not apart and cuts[-1].what == cut.what:
        cut = Cut(cut.what, f"{cuts.pop().text}\n{cut.text}")
    cuts.append(cut)


def _tidy(text: str) -> str:
    """No blank lines at the ends, one between paragraphs, no invisible signs."""
    text = text.translate({sign: None for sign in _ODD if sign not in _JOINED})
    lines: list[str] = []
    for line in text.splitlines():
        if line.strip() or (lines and lines[-1]):
            lines.append(" ".join(line.split()))
    return "\n".join(lines).strip()


def _agreed(by_text: Reply, by_markup: Reply) -> Reply:
    """The reply that both versions hold, or the plain one with a doubt."""
    text, markup = _bare(by_text.text), _bare(by_markup.text)
    if text == markup or not markup:
        return by_text
    if not text or markup in text:
        return by_markup
    if text in markup:
        return by_text
    doubt = "the mail says different things as text and as HTML"
    return Reply(by_text.text, by_text.cuts, doubt)


def _bare(text: str) -> str:
    return "".join(each for each in plain(text) if each.isalnum())
