"""The strip of the days to come: how many deadlines on which, drawn to scale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from engine.domain.listing import Deadlines

DAY: Final = 10  # a day's width
HEIGHT: Final = 90  # of the tallest bar
_BAR: Final = 8
_LEAST: Final = 3.0  # so that one of a hundred is still seen
_TOP: Final = 14
_ROOM: Final = 80  # that the name of a month takes


@dataclass(frozen=True, slots=True)
class Block:
    """The part of a bar that is of one state."""

    state: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One day's deadlines."""

    day: date
    x: int
    total: int
    counts: Sequence[tuple[str, int]]
    blocks: Sequence[Block]
    by_state: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Tick:
    """A day that the axis names."""

    day: date
    x: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """All that the template draws."""

    bars: Sequence[Bar]
    ticks: Sequence[Tick]  # each Monday
    months: Sequence[Tick]  # where each month begins
    states: Sequence[str]
    width: int
    most: int
    total: int
    days: int
    words: Mapping[str, str]  # of each state
    band: tuple[int, int] | None  # the chosen days: where they begin, and how wide
    top: int = _TOP
    base: int = _TOP + HEIGHT
    day_width: int = DAY
    bar_width: int = _BAR


def draw(
    deadlines: Deadlines,
    states: Mapping[str, str],
    first: date,
    days: int,
    chosen: tuple[date | None, date | None] = (None, None),
) -> Drawing:
    """The strip from a day on; states, with their words, are stacked as given."""
    last = first + timedelta(days=days)
    strip = {
        day: deadlines[day]
        for day in sorted(day for day in deadlines if day is not None)
        if first <= day <= last
    }
    known = [*states, *sorted({s for each in strip.values() for s in each} - {*states})]
    most = max((sum(counts.values()) for counts in strip.values()), default=0)
    bars = [
        _bar(day, (day - first).days * DAY, counts, known, most)
        for day, counts in strip.items()
    ]
    used = [s for s in known if any(s in counts for counts in strip.values())]
    shown = [Tick(first + timedelta(days=n), n * DAY) for n in range(days + 1)]
    months = [tick for tick in shown if tick.day.day == 1]
    if not months or months[0].x > _ROOM:
        months.insert(0, shown[0])
    begins = {tick.x - near for tick in months for near in (DAY, 2 * DAY)}
    mondays = [tick for tick in shown if tick.day.weekday() == 0]
    return Drawing(
        bars,
        [tick for tick in mondays if tick.x not in begins],
        months,
        used,
        (days + 1) * DAY,
        most,
        sum(bar.total for bar in bars),
        days,
        {state: states.get(state, state) for state in used},
        _band(first, days, *chosen),
    )


def _band(
    first: date, days: int, begin: date | None, end: date | None
) -> tuple[int, int] | None:
    """The chosen days as far as the strip shows them."""
    if begin is None and end is None:
        return None
    left = max(0, (begin - first).days if begin else 0)
    right = min(days, (end - first).days if end else days)
    return (left * DAY, (right - left + 1) * DAY) if left <= right else None


def _bar(
    day: date, x: int, counts: Mapping[str, int], states: Sequence[str], most: int
) -> Bar:
    blocks, y = [], float(_TOP + HEIGHT)
    shown = [(state, counts[state]) for state in states if counts.get(state)]
    for state, count in shown:
        height = max(_LEAST, count / most * HEIGHT)
        y -= height
        blocks.append(Block(state, round(y, 1), round(height, 1)))
    by_state = {state: counts.get(state, 0) for state in states}
    return Bar(day, x, sum(counts.values()), shown, blocks, by_state)
