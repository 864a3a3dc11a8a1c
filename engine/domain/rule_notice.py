"""Proves that silence never acts before its notice can have been out for its time."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from engine.domain.complaints import Complaints
from engine.domain.moments import Offset
from engine.domain.rule_timing import first, instant, offsets
from engine.domain.ruleset import CalendarRow, Notice, Ruleset, State
from engine.domain.yaml_text import Path

_DAY: Final = timedelta(days=1)


def check(ruleset: Ruleset, complaints: Complaints) -> None:
    """Check every silence in every row of the calendar."""
    notice = ruleset.notice
    if notice is None or complaints.doubtful(("notice",)):
        return
    for state, moment, path in _silences(ruleset):
        if complaints.doubtful(("states", state.name, "remind")):
            continue
        if not _is_carried(state):
            complaints.at(
                path,
                f'nothing that "{state.name}" sends is a notice',
                "let a reminder carry one of the notice's messages",
            )
        for index, row in enumerate(ruleset.calendar):
            place: Path = ("calendar", index, moment)
            _check_open(notice, row, moment, place, complaints)
            _check_silence(state, notice, row, place, complaints)


def _silences(ruleset: Ruleset) -> Iterator[tuple[State, str, Path]]:
    for name, state in ruleset.states.items():
        for moment, branches in state.at.items():
            for index, branch in enumerate(branches):
                if branch.after_notice:
                    path = ("states", name, "at", moment, index, "after_notice")
                    yield state, moment, path


def _is_carried(state: State) -> bool:
    tellings = (*state.enter, *(reminder.telling for reminder in state.remind))
    return any(telling.is_notice for telling in tellings)


def _check_open(
    notice: Notice,
    row: CalendarRow,
    moment: str,
    place: Path,
    complaints: Complaints,
) -> None:
    silence, closes = first(row, moment), first(row, notice.keeps_open)
    if silence and closes and instant(closes) > instant(silence):
        complaints.at(
            place,
            f"{moment} ({silence.describe()}) comes before "
            f"{notice.keeps_open} ({closes.describe()})",
            f"let {notice.keeps_open} end first",
        )


def _check_silence(
    state: State,
    notice: Notice,
    row: CalendarRow,
    place: Path,
    complaints: Complaints,
) -> None:
    """The notice's time is rounded up to the end of a day, as `decide` does it."""
    silence, carried = first(row, str(place[-1])), _carried(state, row)
    if silence is None or not carried:
        return
    notice_at = min(carried, key=instant)
    counts_at = ((instant(notice_at) + notice.out_for) // _DAY + 1) * _DAY
    if counts_at > instant(silence):
        complaints.at(
            place,
            f"{place[-1]} ({silence.describe()}) comes before the notice can be out "
            f"for {_words(notice.out_for)}: the first reminder that carries it is "
            f"{notice_at.describe()}",
            _remedy(notice, notice_at, silence),
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


def _carried(state: State, row: CalendarRow) -> list[Offset]:
    """When the notices of a state go out; none if that is not known of all."""
    moments = [
        offsets(row, moment)
        for reminder in state.remind
        if reminder.telling.is_notice
        for moment in reminder.moments
    ]
    return [offset for many in moments for offset in many] if all(moments) else []
