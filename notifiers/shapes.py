"""One Markdown source, written in each shape that a channel takes."""

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from jinja2 import Environment
from markdown_it import MarkdownIt
from markdown_it.token import Token

from notifiers.markdown_blocks import (
    Block,
    BulletList,
    Item,
    Paragraph,
    Protected,
    Tags,
    blocks_of,
)

Pair = tuple[str, str]

#: What a link of a template may point to. A value never decides it, unless it is an
#: answer's own, which the site made.
LINK_SCHEMES: Final = ("https://", "mailto:")


_ANSWER_LINK: Final = re.compile(r"\{\{ (\w+) \| link \}\}")


@dataclass(frozen=True, slots=True)
class Shape:
    """How one shape writes literal text, and what it puts around each element."""

    literal: Callable[[str], str]
    link: Callable[[str, str], Pair]  #: from the label and the address
    paragraph: Pair
    bullets: Pair
    bullet: Pair
    answer: Pair  #: a link of the site's own by which its reader answers
    bold: Pair
    emphasis: Pair
    code: Pair


def _plain_link(label: str, address: str) -> Pair:
    bare = address.partition("?")[0] if address.startswith("mailto:") else address
    bare = bare.removeprefix("mailto:").replace(") | in_link }}", " }}")
    bare = bare.replace("{{ (", "{{ ")
    return ("", "") if bare == label else ("", f" ({bare})")


def escape_for_slack(text: str) -> str:
    """The three characters that Slack reserves, as it asks for them."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


TEXT: Final = Shape(
    literal=lambda text: text,
    link=_plain_link,
    paragraph=("", "\n\n"),
    bullets=("", "\n"),
    bullet=("- ", "\n"),
    answer=("", "\n  {{ ANSWER | link }}"),
    bold=("", ""),
    emphasis=("", ""),
    code=("", ""),
)
HTML: Final = Shape(
    literal=html.escape,
    link=lambda label, address: (f'<a href="{address}">', "</a>"),
    paragraph=("<p>", "</p>\n"),
    bullets=("<ul>\n", "</ul>\n"),
    bullet=("<li>", "</li>\n"),
    answer=('<a class="answer" href="{{ ANSWER | link }}">', "</a>"),
    bold=("<strong>", "</strong>"),
    emphasis=("<em>", "</em>"),
    code=("<code>", "</code>"),
)
SLACK: Final = Shape(
    literal=escape_for_slack,
    link=lambda label, address: (f"<{address}|", ">"),
    paragraph=("", "\n\n"),
    bullets=("", "\n"),
    bullet=("• ", "\n"),
    answer=("<{{ ANSWER | link }}|", ">"),
    bold=("*", "*"),
    emphasis=("_", "_"),
    code=("`", "`"),
)

# The "zero" preset knows no HTML, images or tables: what is not listed is text.
_MARKDOWN: Final = MarkdownIt("zero").enable(
    ["emphasis", "backticks", "link", "escape", "entity", "newline"]
)


def write_body(markdown: str, shape: Shape, environment: Environment) -> str:
    """A Jinja template of the body in one shape."""
    source = Protected(markdown, environment)
    return "".join(_block(block, shape, source) for block in blocks_of(source))


def write_line(markdown: str, shape: Shape, environment: Environment) -> str:
    """A Jinja template of one line, such as a subject, which is never Markdown."""
    source = Protected(markdown, environment)
    return source.restore(source.text, shape.literal)


def _block(block: Block, shape: Shape, source: Protected) -> str:
    match block:
        case Tags(text):
            return source.restore(text.replace(" ", ""), shape.literal)
        case Paragraph(text):
            return _inline(text, shape, source).join(shape.paragraph)
        case Item(text):
            return _inline(text, shape, source).join(shape.bullet)
        case BulletList(entries):
            inside = "".join(_block(entry, shape, source) for entry in entries)
            return inside.join(shape.bullets)


def _inline(text: str, shape: Shape, source: Protected) -> str:
    tokens = _MARKDOWN.parseInline(text)[0].children or []
    link = ("", "")
    written: list[str] = []
    for place, token in enumerate(tokens):
        if token.type == "link_open":
            link = _link(tokens[place:], shape, source)
        written.append(_token(token, shape, link, source))
    return "".join(written)


def _token(token: Token, shape: Shape, link: Pair, source: Protected) -> str:
    around = {"strong": shape.bold, "em": shape.emphasis, "link": link}
    kind, _, side = token.type.rpartition("_")
    if kind in around:
        return around[kind][side == "close"]
    if token.type in {"softbreak", "hardbreak"}:
        return " "
    content = source.restore(token.content, shape.literal)
    return content.join(shape.code) if token.type == "code_inline" else content


def _where_it_is(answer: str, written: str) -> str:
    """What is written only where there is a link: a preview has none."""
    return f"{{% if {answer} | link %}}{written}{{% endif %}}" if written else ""


def _link(tokens: Sequence[Token], shape: Shape, source: Protected) -> Pair:
    address = str(tokens[0].attrGet("href"))
    whole = source.restore(address, str)
    if answer := _ANSWER_LINK.fullmatch(whole):
        opened, closed = (part.replace("ANSWER", answer[1]) for part in shape.answer)
        return _where_it_is(answer[1], opened), _where_it_is(answer[1], closed)
    if not address.startswith(LINK_SCHEMES):
        raise ValueError(f"a link must start with {' or '.join(LINK_SCHEMES)}")
    label = source.restore(tokens[1].content, shape.literal)
    return shape.link(label, source.restore(address, shape.literal, in_link=True))
