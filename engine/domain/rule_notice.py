"""Proves that silence never acts before its notice can have been out for its time."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from engine.domain.complaints import Complaints
from engine.domain.moments import Offset
from engine.domain.rule_timing import first, instant, offsets
from engine.domain.ruleset import CalendarRow, Notice, Reminder, Ruleset, State
from engine.domain.worlds import World, holds, taken, worlds
from engine.domain.yaml_text import Path

_DAY: Final = timedelta(days=1)


def check(ruleset: Ruleset, complaints: Complaints) -> None:
    """Check every silence in every row of the calendar."""
    notice = ruleset.notice
    if notice is None or complaints.doubtful(("notice",)):
        return
    if notice.out_for <= timedelta(0):
        message = "a notice that is out for no time can have been read by nobody"
        complaints.at(("notice", "out_for"), message, 'such as "7 days"')
    _check_kept_open(ruleset, notice, complaints)
    for state, moment, index in _silences(ruleset):
        if complaints.doubtful(("states", state.name, "remind")):
            continue
        silence = _Silence(ruleset, notice, state, moment, index)
        _check_carried(silence, complaints)
        for place, row in enumerate(ruleset.calendar):
            path: Path = ("calendar", place, moment)
            _check_open(silence, row, path, complaints)
            _check_gap(silence, row, path, complaints)
            _check_out(silence, row, path, complaints)


def _check_kept_open(ruleset: Ruleset, notice: Notice, complaints: Complaints) -> None:
    """Who is told late should still be able to answer: that is what it is for."""
    untils = {
        branch.until
        for state, _, _ in _silences(ruleset)
        for branches in state.on.values()
        for branch in branches
        if branch.until
    }
    if untils and notice.keeps_open not in untils:
        complaints.at(
            ("notice", "keeps_open"),
            f'no answer is open until "{notice.keeps_open}"',
            f'write "{min(untils)}", as the answers do',
        )


def _silences(ruleset: Ruleset) -> Iterator[tuple[State, str, int]]:
    for state in ruleset.states.values():
        for moment, branches in state.at.items():
            for index, branch in enumerate(branches):
                if branch.after_notice:
                    yield state, moment, index


class _Silence:
    """One branch that waits for the notice, and the contracts that it is taken for."""

    def __init__(
        self, ruleset: Ruleset, notice: Notice, state: State, moment: str, index: int
    ) -> None:
        self.notice, self.state, self.moment = notice, state, moment
        branches = state.at[moment]
        self.path: Path = ("states", state.name, "at", moment, index, "after_notice")
        self._rows = ruleset.calendar
        self._notices = [one for one in state.remind if one.telling.is_notice]
        # A change that opens in its initial state does not enter it.
        told = state.enter if state.name != ruleset.initial else ()
        self._told_on_entry = any(telling.is_notice for telling in told)
        self._worlds = worlds(branches, self._rows, self._notices, also=["notice_out"])
        self._taken = self._worlds.where(
            lambda world: (
                bool(world["notice_out"]) and taken(branches, world) is branches[index]
            )
        )

    def untold(self) -> str | None:
        """For which contracts nothing carries the notice, in words; None: for none."""
        if self._told_on_entry:
            return None
        if not self._notices:
            return ""
        untold = [world for world in self._taken if not self._carriers(world)]
        return self._words(untold) if untold else None

    def last_told(self, row: CalendarRow) -> tuple[Offset, str] | None:
        """When the contracts of a row that are told last are told, and which they are.

        None where that is not known.
        """
        if not all(offsets(row, m) for one in self._notices for m in one.moments):
            return None
        told = [
            (_first_of(carriers, row), world)
            for world in self._taken
            if taken(self._rows, world) is row and (carriers := self._carriers(world))
        ]
        if not told:
            return (_first_of(self._notices, row), "") if self._notices else None
        last = max((at for at, _ in told), key=instant)
        late = [world for at, world in told if at == last]
        return last, "" if len(late) == len(told) else self._words(late)

    def _words(self, some: Sequence[World]) -> str:
        """Which contracts are meant, whether their notice is out or not."""
        return self._worlds.words(
            [{**world, "notice_out": out} for world in some for out in (True, False)]
        )

    def _carriers(self, world: World) -> list[Reminder]:
        """The reminders that carry a notice while none is out yet."""
        before = {**world, "notice_out": False}
        return [one for one in self._notices if holds(one.guard, before)]


def _first_of(carriers: Sequence[Reminder], row: CalendarRow) -> Offset:
    moments = (moment for one in carriers for moment in one.moments)
    return min((at for one in moments for at in offsets(row, one)), key=instant)


def _check_carried(silence: _Silence, complaints: Complaints) -> None:
    where = silence.untold()
    if where is not None:
        condition = f"where {where}, " if where else ""
        complaints.at(
            silence.path,
            f'{condition}nothing that "{silence.state.name}" sends is a notice',
            "let a reminder to the owner carry one of the notice's messages",
        )


def _check_open(
    silence: _Silence, row: CalendarRow, path: Path, complaints: Complaints
) -> None:
    """Silence should not speak while people are told that they can still answer."""
    acts = first(row, silence.moment)
    for moment, what, hint in _ends_of_answers(silence):
        closes = first(row, moment)
        if acts and closes and instant(closes) > instant(acts):
            complaints.at(
                path,
                f"{silence.moment} ({acts.describe()}) comes before "
                f"{moment} ({closes.describe()}){what}",
                hint,
            )


def _check_gap(
    silence: _Silence, row: CalendarRow, path: Path, complaints: Complaints
) -> None:
    acts, closes = first(row, silence.moment), offsets(row, "deadline")
    if complaints.doubtful((*path[:2], "deadline")):
        return
    if acts and closes and instant(closes[0]) < instant(acts):
        deadline = closes[0].describe()
        hint = "let the one follow the other"
        if not closes[0].end_of_day:
            hint = f'is "end of" missing before "{deadline}"?'
        complaints.warn(
            path,
            f"nothing happens between the deadline ({deadline}) and "
            f"{silence.moment} ({acts.describe()})",
            hint,
        )


def _ends_of_answers(silence: _Silence) -> Iterator[tuple[str, str, str]]:
    """The moments until which people can answer, what they are, and a remedy."""
    yield "deadline", "", "let deadline end first"
    for event, branches in sorted(silence.state.on.items()):
        for branch in branches:
            if branch.until:
                what = f', until which "{event}" is open'
                yield branch.until, what, f'let "{event}" be open until deadline'


def _check_out(
    silence: _Silence, row: CalendarRow, path: Path, complaints: Complaints
) -> None:
    """The notice's time is rounded up to the end of a day, as `decide` does it."""
    acts, told = first(row, silence.moment), silence.last_told(row)
    if acts is None or told is None:
        return
    notice, (notice_at, where) = silence.notice, told
    condition = f"where {where}, " if where else ""
    counts_at = ((instant(notice_at) + notice.out_for) // _DAY + 1) * _DAY
    if counts_at > instant(acts):
        complaints.at(
            path,
            f"{silence.moment} ({acts.describe()}) comes before the notice can be out "
            f"for {_words(notice.out_for)}: {condition}the first reminder that carries "
            f"it is {notice_at.describe()}",
            _remedy(notice, notice_at, acts),
        )


def _remedy(notice: Notice, notice_at: Offset, silence: Offset) -> str:
    time_of_day = instant(notice_at) % _DAY
    days = instant(silence) // _DAY - 1 - (time_of_day + notice.out_for) // _DAY
    latest = Offset(days, notice_at.date_name).describe()
    return f"send it {latest} or earlier, or lower out_for"


def _words(length: timedelta) -> str:
    whole = length % _DAY == timedelta(0)
    count = length // _DAY if whole else length // timedelta(hours=1)
    unit = "day" if whole else "hour"
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
