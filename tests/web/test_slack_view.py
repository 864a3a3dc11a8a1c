"""Slack's markup is drawn as Slack draws it, and nothing else in it is HTML."""

import pytest

from engine.domain.letters import Rendered
from notifiers.slack_blocks import blocks_of, safe_in_mrkdwn
from web.slack_view import draw, marked


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("*all* is _well_", "<strong>all</strong> is <em>well</em>"),
        ("`K-1` and K_1_a", "<code>K-1</code> and K_1_a"),
        ("R&amp;D &lt;b&gt;", "R&amp;D &lt;b&gt;"),
        ("<b>x</b>", "&lt;b&gt;x&lt;/b&gt;"),
        (
            "<mailto:a@b.example|a@b.example>",
            '<a href="mailto:a@b.example" rel="noreferrer">a@b.example</a>',
        ),
        ("<javascript:alert(1)|x>", "&lt;javascript:alert(1)|x&gt;"),
        (
            '<https://a.example/?q="x"&amp;r|"x">',
            '<a href="https://a.example/?q=&#34;x&#34;&amp;r" rel="noreferrer">'
            "&#34;x&#34;</a>",
        ),
    ],
)
def test_marks_become_tags_and_all_else_is_text(text: str, drawn: str) -> None:
    assert str(marked(text)) == drawn


def test_a_value_with_marks_of_its_own_is_drawn_without_effect() -> None:
    value = "<!channel> *not bold* _nor this_ <script>"

    assert "<s" not in str(marked(safe_in_mrkdwn(value)))
    assert "<em>" not in str(marked(safe_in_mrkdwn(value)))


def test_each_of_our_blocks_is_drawn() -> None:
    letter = Rendered("Hi", "", blocks=blocks_of("Hi", "A *body*", "_Small_ print"))

    drawn = [(one.kind, str(one.text)) for one in draw(letter.blocks)]

    assert drawn == [
        ("heading", "Hi"),
        ("text", "A <strong>body</strong>"),
        ("small", "<em>Small</em> print"),
    ]
