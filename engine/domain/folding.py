"""Text as a search compares it: without case, accents and odd spaces."""

import unicodedata
from typing import Final

#: Letters that are no accented form of another, and that people type as one.
_LETTERS: Final = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i"}
)


def folded(text: str) -> str:
    """What is searched, and what is searched for: "Brûlerie" is "brulerie"."""
    if not text.isascii():
        apart = unicodedata.normalize("NFKD", text.casefold())
        kept = "".join(each for each in apart if not unicodedata.combining(each))
        text = kept.casefold().translate(_LETTERS)
    text = text.lower()
    if not text.isprintable():
        text = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(text.split())
