"""HTML as lines of text, each with what its markup says it is: a quote, a signature.

A tokenizer of its own: the standard library's is quadratic on broken markup.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

MAX_HTML: Final = 400_000
MAX_DEPTH: Final = 200
_LONGEST_TAG: Final = 8_000

QUOTE, ATTRIBUTION, SIGNATURE = "quote", "attribution", "signature"
#: Everything from here on is the message that was answered.
REST: Final = "rest"

_VOID: Final = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "wbr",
        "o:p",
    ]
)
_HIDDEN: Final = frozenset(["head", "script", "style", "title", "template", "noscript"])
_BLOCKS: Final = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tr",
        "ul",
    ]
)
_PARAGRAPHS: Final = frozenset(
    ["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote"]
)
_NAME: Final = re.compile(r"/?\s*([a-zA-Z][a-zA-Z0-9:]{0,30})")
_MARKED: Final = re.compile(
    r"\b(class|id|type|style|name|data-marker)\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>]+)",
    re.IGNORECASE,
)
#: What the programs call the parts of a mail, in a class, an id, a name or a marker.
_MARKS: Final = (
    (
        REST,
        re.compile(
            r"divrplyfwdmsg|appendonsend|outlookmessageheader|__divider__|"
            r"ms-outlook-mobile-reference-message|mail-editor-reference-message|"
            r"messagereplysection|stopspelling|replyforwardmessage|zwchr|ymailoriginal"
        ),
    ),
    (ATTRIBUTION, re.compile(r"moz-cite-prefix|gmail_attr|moz-email-headers")),
    (
        QUOTE,
        re.compile(
            r"yahoo_quoted|protonmail_quote|gmail_extra|quoted-content|tutanota_quote|"
            r"moz-forward-container|zimbra_quote|quotedmail|wm_quote|\bcite\b|"
            r"gmail_quote_container|reply-original|\bquote\b|bloop_original_html|"
            r"wmquote|ydp[0-9a-z]*yahoo_quoted"
        ),
    ),
    (
        SIGNATURE,
        re.compile(
            r"gmail_signature|moz-signature|protonmail_signature|\bsignature\b|"
            r"applemailsignature|ms-outlook-mobile-signature|ms-outlook-ios-signature|"
            r"spark-signature|ydp[0-9a-z]*signature|caution|externalsender|"
            r"elementtoproof_signature"
        ),
    ),
)
_INVISIBLE: Final = re.compile(
    r"display\s*:\s*none|font-size\s*:\s*0|max-height\s*:\s*0"
)
_BORDER: Final = re.compile(r"border-left\s*:\s*(?!none)[^;]*(?:solid|px)")
_HEAD_BORDER: Final = re.compile(r"border-top\s*:\s*solid")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text; `mark` says what the markup knows of it, or nothing."""

    text: str
    mark: str = ""


@dataclass
class _Lines:
    """Gathers text into lines while elements open and close."""

    lines: list[Line] = field(default_factory=list)
    open: list[tuple[str, str, bool]] = field(default_factory=list)
    _text: list[str] = field(default_factory=list)
    _rest: bool = False

    @property
    def mark(self) -> str:
        if self._rest:
            return QUOTE
        marks = [mark for _, mark, _ in self.open if mark]
        return QUOTE if QUOTE in marks else (marks[-1] if marks else "")

    @property
    def _hidden(self) -> bool:
        return any(hidden for _, _, hidden in self.open)

    def text(self, raw: str) -> None:
        if not self._hidden:
            self._text.append(html.unescape(raw))

    def line(self) -> None:
        text = " ".join("".join(self._text).replace("\xa0", " ").split())
        self._text.clear()
        if text:
            self.lines.append(Line(text, self.mark))

    def blank(self) -> None:
        self.line()
        if self.lines and self.lines[-1].text:
            self.lines.append(Line("", self.mark))

    def start(self, name: str, attributes: str) -> None:
        mark, hidden = _meaning(name, attributes)
        hidden = hidden or name in _HIDDEN
        if name in _BLOCKS or mark:
            self.blank() if name in _PARAGRAPHS else self.line()
        if name == "br":
            self._break()
        if mark == REST:
            self._rest = True
        if (
            name not in _VOID
            and not attributes.endswith("/")
            and len(self.open) < MAX_DEPTH
        ):
            self.open.append((name, mark, hidden))

    def _break(self) -> None:
        if "".join(self._text).strip():
            self.line()
        else:
            self.blank()

    def end(self, name: str) -> None:
        if name in _BLOCKS:
            self.blank() if name in _PARAGRAPHS else self.line()
        for place in range(len(self.open) - 1, -1, -1):
            if self.open[place][0] == name:
                if self.open[place][1]:
                    self.line()
                del self.open[place:]
                return


def html_lines(source: str) -> list[Line]:
    """The visible text, line by line."""
    found = _Lines()
    for kind, value in _tokens(source[:MAX_HTML]):
        if kind == "text":
            found.text(value)
            continue
        name = _NAME.match(value)
        if name is None:
            continue
        tag = name[1].lower()
        if value.startswith("/"):
            found.end(tag)
        else:
            found.start(tag, value[name.end() :])
    found.line()
    return found.lines


def _meaning(name: str, attributes: str) -> tuple[str, bool]:
    """What an element is by its attributes, and whether it is hidden."""
    if name == "blockquote":
        return QUOTE, False
    if "=" not in attributes:
        return "", False
    named, style = [], ""
    for key, value in _MARKED.findall(attributes[:_LONGEST_TAG]):
        value = value.strip("\"'").lower()
        if key.lower() == "style":
            style = value
        else:
            named.append(value)
    names = " ".join(named)
    for mark, pattern in _MARKS:
        if names and pattern.search(names):
            return mark, False
    if name in ("div", "td") and _BORDER.search(style):
        return QUOTE, False
    return "", bool(_INVISIBLE.search(style))


def _tokens(source: str) -> Iterator[tuple[str, str]]:
    """Tags and the text between them. Every search goes on from where one ended."""
    at, end = 0, len(source)
    while at < end:
        start = source.find("<", at)
        if start < 0:
            yield "text", source[at:]
            return
        if start > at:
            yield "text", source[at:start]
        following = source[start + 1 : start + 4]
        if following == "!--":
            close = source.find("-->", start + 4)
            if close < 0:
                return
            at = close + 3
        elif following[:1].isalpha() or following[:1] in ("/", "!", "?"):
            close = _tag_end(source, start)
            if close < 0:
                return
            yield "tag", source[start + 1 : close]
            at = close + 1
        else:
            yield "text", "<"
            at = start + 1


def _tag_end(source: str, start: int) -> int:
    """Where a tag ends; a sign inside quotes does not end it."""
    close = source.find(">", start)
    if close < 0 or source.count('"', start, close) % 2 == 0:
        return close
    quote = source.find('"', close, start + _LONGEST_TAG)
    further = source.find(">", quote, start + _LONGEST_TAG) if quote > 0 else -1
    return further if further > 0 else close
