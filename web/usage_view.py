"""Usage against its limit, month by month, as bars."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.services.show_customer import Product

WIDTH, HEIGHT, _TOP, _SIDE = 420, 190, 26, 8
_FLOOR: Final = HEIGHT - 24
#: Room above the highest bar or the limit, so that neither touches the edge.
_HEADROOM: Final = 1.1


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

    step = (WIDTH - 2 * _SIDE) // max(6, len(values))
    bars = [
        Bar(
            month,
            value,
            _SIDE + n * step + step // 8,
            _FLOOR - height(value),
            step * 3 // 4,
            height(value),
            limit is not None and value > limit,
        )
        for n, (month, value) in enumerate(values)
    ]
    return Chart(bars, limit, None if limit is None else _FLOOR - height(limit))
