"""Usage against its limit, month by month, as bars."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.services.show_customer import Product

WIDTH, HEIGHT, _TOP, _SIDE = 420, 190, 26, 8
_FLOOR: Final = HEIGHT - 24
#: Room above the highest bar or the limit, so that neither touches the edge.
_HEADROOM: Final = 1.1
#: So many bars have room for what is written at each of them.
_NAMED: Final = 6
#: How high what is written above a bar reaches, and how far it stays from it.
_LETTERS, _GAP = 18, 5


@dataclass(frozen=True, slots=True)
class Bar:
    """One month: its bar, and whether it goes beyond the limit."""

    month: str
    value: int
    x: int
    y: int
    width: int
    height: int
    is_over: bool
    is_named: bool  # with its month and value, where there is room for them
    value_y: int  # of what is written above it: not across the line of the limit


@dataclass(frozen=True, slots=True)
class Chart:
    """The bars of one measure, and the line of its limit."""

    bars: Sequence[Bar]
    limit: int | None
    limit_y: int | None
    width: int = WIDTH
    height: int = HEIGHT
    floor: int = _FLOOR


def contacts_of(product: Product) -> Chart | None:
    """Contacts held against those that the tier allows."""
    values = [(m.month, m.contacts) for m in product.months if m.contacts is not None]
    return _chart(values, product.contact_limit)


def emails_of(product: Product) -> Chart | None:
    """Emails sent against those that the limit allows."""
    values = [
        (m.month, m.emails_sent) for m in product.months if m.emails_sent is not None
    ]
    return _chart(values, product.email_limit)


def _chart(values: Sequence[tuple[str, int]], limit: int | None) -> Chart | None:
    """None where nothing is known."""
    if not values:
        return None
    top = max(1, limit or 0, *(value for _, value in values)) * _HEADROOM
    room = _FLOOR - _TOP

    def height(value: int) -> int:
        return round(room * value / top)

    limit_y = None if limit is None else _FLOOR - height(limit)
    every = 1 if len(values) <= _NAMED else 2
    step = (WIDTH - 2 * _SIDE) // max(_NAMED, len(values))
    bars = [
        Bar(
            month,
            value,
            _SIDE + n * step + step // 8,
            _FLOOR - height(value),
            step * 3 // 4,
            height(value),
            limit is not None and value > limit,
            (len(values) - 1 - n) % every == 0,
            _written_at(_FLOOR - height(value), limit_y),
        )
        for n, (month, value) in enumerate(values)
    ]
    return Chart(bars, limit, limit_y)


def _written_at(top: int, limit_y: int | None) -> int:
    """Above the bar, and above the line too where that would cross it."""
    is_crossed = limit_y is not None and top - _LETTERS < limit_y <= top
    return (limit_y if is_crossed and limit_y is not None else top) - _GAP
