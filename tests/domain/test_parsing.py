"""Cells of a book: one strict reader a kind of value."""

from collections.abc import Callable
from datetime import date

import pytest

from engine.domain import parsing


@pytest.mark.req("OPS-1")
@pytest.mark.parametrize(
    ("read", "cell", "value"),
    [
        (parsing.text, "Atelier\u00a0Marchand", "Atelier Marchand"),
        (parsing.text, "x" * 200, "x" * 200),
        (parsing.code, "K-1.a_b:c@d+e", "K-1.a_b:c@d+e"),
        (parsing.email, "o'brien+x@mail.example.com", "o'brien+x@mail.example.com"),
        (parsing.day, "2028-02-29", date(2028, 2, 29)),
        (parsing.month, "2026-10", "2026-10"),
        (parsing.month, "2026-10-01", "2026-10"),
        (parsing.whole, "0", 0),
        (parsing.whole, "999999999", 999_999_999),
        (parsing.positive, "1", 1),
        (parsing.positive, "1200", 1200),
        (parsing.money, "1200", 120_000),
        (parsing.money, "1200.5", 120_050),
        (parsing.money, "-0.05", -5),
        (parsing.boolean, "Oui", True),
        (parsing.boolean, "FALSE", False),
        (parsing.currency, "EUR", "EUR"),
        (parsing.language, "FR", "fr"),
        (parsing.time_zone, "Europe/Paris", "Europe/Paris"),
        (parsing.words, "operations | finance", ("operations", "finance")),
        (parsing.words, "|", ()),
        (parsing.column_name, " Time  Zone-id ", "time_zone_id"),
    ],
)
def test_a_cell_is_read(
    read: Callable[[str], object], cell: str, value: object
) -> None:
    assert read(cell) == value


@pytest.mark.req("OPS-1")
@pytest.mark.parametrize(
    ("read", "cell"),
    [
        (parsing.text, "x" * 201),
        (parsing.text, "two\nlines"),
        (parsing.code, "a b"),
        (parsing.code, "-a"),
        (parsing.email, "Bob <bob@example.com>"),
        (parsing.email, "bob@localhost"),
        (parsing.day, "20260102"),
        (parsing.day, "2026-W05-1"),
        (parsing.day, "2026-02-29"),
        (parsing.day, "٢٠٢٦-01-02"),
        (parsing.month, "2026-13"),
        (parsing.month, "2026-10-02"),
        (parsing.whole, "1_000"),
        (parsing.whole, "-1"),
        (parsing.whole, "٣"),
        (parsing.positive, "0"),
        (parsing.positive, "1201"),
        (parsing.positive, "x"),
        (parsing.money, "NaN"),
        (parsing.money, "1e9"),
        (parsing.money, "1_000"),
        (parsing.money, "1.234"),
        (parsing.boolean, "maybe"),
        (parsing.currency, "eur"),
        (parsing.language, "de"),
        (parsing.time_zone, "Europe/Nowhere"),
        (parsing.time_zone, "../etc/passwd"),
        (parsing.words, "a b"),
    ],
)
def test_what_is_not_quite_such_a_value_is_refused(
    read: Callable[[str], object], cell: str
) -> None:
    with pytest.raises(ValueError, match=r"^(is|has) "):
        read(cell)
