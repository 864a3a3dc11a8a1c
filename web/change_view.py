"""What the page of a change shows, besides the document that the API gives too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from babel.dates import format_date

from engine.services.explain_change import Mark, Story
from notifiers.wording import babel_locale
from web import diagram
from web.diagram import END, Diagram, Way
from web.visits import Visit

_STRIP_WIDTH: Final = 1000
_STRIP_SIDE: Final = 40
#: Moments that the strip names; the others are days on which one is reminded.
_LEVELS, _LETTER = 3, 8
#: How wide a number of days is with the mark of today, and how high its line.
_NUMBER, _LINE = 20, 20
_NAMED: Final = ("deadline", "silence", "start", "effective")


@dataclass(frozen=True, slots=True)
class Tick:
    """One mark on the strip of time."""

    mark: Mark
    x: int
    is_past: bool
    label: str  # empty for a day on which one is only reminded
    level: int = 0  # so that labels do not overlap
    label_x: int = 0


@dataclass(frozen=True, slots=True)
class Strip:
    """The days from the listing to the renewal start, as a line."""

    ticks: Sequence[Tick]
    today_x: int | None
    today: date
    days_left: int
    #: How far below its place today stands, not to cover a number of days.
    today_drop: int
    width: int = _STRIP_WIDTH


def strip_of(visit: Visit, story: Story) -> Strip:
    """The calendar of a change on a line, with today on it."""
    days = [mark.day for mark in story.marks]
    first, last = min(days), max(days)
    span = max(1, (last - first).days)

    def place(day: date) -> int:
        inner = _STRIP_WIDTH - 2 * _STRIP_SIDE
        return _STRIP_SIDE + round(inner * (day - first).days / span)

    ticks, levels = [], [0] * _LEVELS
    for mark in story.marks:
        if mark.moment == "listed":
            continue
        tick = Tick(mark, place(mark.day), mark.day < story.today, "")
        if mark.moment in _NAMED:
            tick = _labelled(tick, _label(visit, mark), levels)
        ticks.append(tick)
    inside = first <= story.today <= last
    left = (story.row.renewal_start - story.today).days
    today_x = place(story.today) if inside else None
    drop = _drop(today_x, ticks)
    return Strip(ticks, today_x, story.today, left, drop)


def _drop(today_x: int | None, ticks: Sequence[Tick]) -> int:
    numbers = [tick.x for tick in ticks if not tick.label]
    is_covering = today_x is not None and any(
        abs(x - today_x) < _NUMBER for x in numbers
    )
    return _LINE if is_covering else 0


def _label(visit: Visit, mark: Mark) -> str:
    words = visit.site.words[visit.language].section("moments")
    name = words.get(mark.moment, mark.moment)
    locale = babel_locale(visit.language)
    day = format_date(mark.day, format="d MMM", locale=locale)
    return f"{name[:1].upper()}{name[1:]}, {day}"


def _labelled(tick: Tick, label: str, levels: list[int]) -> Tick:
    """The mark with its label on the lowest level that is free there."""
    width = _LETTER * len(label)
    # A label ends at its mark, so that the next mark does not cross it.
    left = max(0, tick.x - width)
    level = next((n for n, end in enumerate(levels) if end <= left), _LEVELS - 1)
    levels[level] = left + width
    return replace(tick, label=label, level=level, label_x=max(tick.x + 4, width))


def diagram_of(
    visit: Visit, story: Story, history: Sequence[Mapping[str, Any]]
) -> tuple[Diagram, list[tuple[Way, str]]]:
    """The states and ways as a picture, and each way with its name."""
    row, ruleset = story.row, story.ruleset
    closed = row.closed_at is not None
    instants = {mark.moment: mark.at for mark in reversed(story.marks)}
    found = diagram.ways(ruleset, row.state, history, instants, is_closed=closed)
    named = [(way, _name(visit, way)) for way in found]
    words = visit.site.words[visit.language].section("states")
    names = {name: words.get(name, name.replace("_", " ")) for name in ruleset.states}
    names[END] = visit.say("closed")
    passed = {str(e["from"]) for e in history if e["kind"] == "transition"}
    present = END if closed else row.state
    return diagram.draw(ruleset, present, passed, named, names), named


def _name(visit: Visit, way: Way) -> str:
    words = visit.site.words[visit.language]
    name = words.section(way.section).get(way.name, way.name.replace("_", " "))
    if way.do:
        effect = words.section("effects").get(way.do, way.do)
        return f"{name[:1].upper()}{name[1:]}{visit.say(': ')}{effect}"
    return f"{name[:1].upper()}{name[1:]}"
