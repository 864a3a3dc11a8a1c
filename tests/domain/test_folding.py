import pytest

from engine.domain.folding import folded

CASES = {
    "accents": ("Brûlerie", "brulerie"),
    "capitals with accents": ("ÉCOLE", "ecole"),
    "apart from its accent": ("e\u0301cole", "ecole"),
    "a ligature": ("Cœur & Æon", "coeur & aeon"),
    "letters of their own": ("Łódź Ørsted", "lodz orsted"),
    "a sharp s": ("Straße", "strasse"),
    "wide letters": ("Ａｃｍｅ", "acme"),
    "odd spaces": ("  a\u00a0b\tc\nd ", "a b c d"),
    "what no database takes": ("a\0b", "a b"),
    "signs": ("100%_\\'", "100%_\\'"),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=list(CASES))
def test_text_is_folded_to_what_a_search_compares(text: str, expected: str) -> None:
    assert folded(text) == expected
    assert folded(folded(text)) == expected
