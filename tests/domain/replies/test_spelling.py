"""One slip is mended, where only one word can be meant."""

import pytest

from engine.domain.replies.spelling import Spelling

WORDS = ("renew", "review", "cancel", "continue", "resilier", "stop")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("rennew", "renew"),
        ("renw", None),  # too short to say
        ("cancle", "cancel"),
        ("contineu", "continue"),
        ("continu", "continue"),
        ("resillier", "resilier"),
        ("stpo", None),
        ("eancel", None),  # the first letter is hardly ever wrong
        ("cancelar", None),  # two letters are another word
        ("review", None),  # known as it stands
        ("1ancel", None),
    ],
)
def test_a_slip_is_mended_or_left(written: str, meant: str | None) -> None:
    assert Spelling(WORDS, WORDS).meant(written) == meant


def test_two_words_as_near_are_none() -> None:
    words = ("accepts", "accepte")

    assert Spelling(words, words).meant("accept") is None


def test_only_wanted_words_are_guessed_at() -> None:
    assert Spelling(("selon", "resilier"), ("resilier",)).meant("salon") is None
