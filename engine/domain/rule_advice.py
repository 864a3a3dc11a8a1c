"""Warnings: what a rule file may say, but its author hardly meant."""

from engine.domain import vocabulary, yaml_text
from engine.domain.complaints import Complaints
from engine.domain.moments import MIDNIGHT
from engine.domain.rule_checks import branches_of, tellings
from engine.domain.rule_timing import first, instant, offsets
from engine.domain.ruleset import CalendarRow, Notice, Ruleset, State
from engine.domain.yaml_text import Path


def check(ruleset: Ruleset, complaints: Complaints) -> None:
    """Note every warning."""
    for state in ruleset.states.values():
        _check_reasons(state, complaints)
        _check_returns(state, complaints)
        _check_repeated(state, complaints)
    for row in ruleset.calendar:
        _check_nights(ruleset, row, complaints)
        _check_early_holds(ruleset, row, complaints)
    _check_first_entry(ruleset, complaints)
    _check_past_the_owner(ruleset, complaints)
    _check_unused_moments(ruleset, complaints)
    if ruleset.notice and not complaints.doubtful(("states",)):
        _check_notice(ruleset, ruleset.notice, complaints)
        _check_unanswerable(ruleset, complaints)


def _check_reasons(state: State, complaints: Complaints) -> None:
    """People are shown the reason wherever they ask why something happened."""
    for path, branch in branches_of(state):
        if not branch.why:
            complaints.warn(path, '"why" is missing here', "say the reason")


def _check_returns(state: State, complaints: Complaints) -> None:
    for path, branch in branches_of(state):
        if branch.to == state.name and "on" in path:
            complaints.warn(
                (*path, "to"),
                f'this leads back to "{state.name}": its reminders fall due again',
                "let it lead to another state",
            )


def _check_repeated(state: State, complaints: Complaints) -> None:
    told = [(telling.message, telling.to) for telling in state.enter]
    for index, telling in enumerate(state.enter):
        if told[index] in told[:index]:
            message = f'"{telling.to}" is told "{telling.message}" twice'
            complaints.warn(
                ("states", state.name, "enter", index), message, "take one out"
            )


def _check_nights(ruleset: Ruleset, row: CalendarRow, complaints: Complaints) -> None:
    for state in ruleset.states.values():
        for index, reminder in enumerate(state.remind):
            for place, moment in enumerate(reminder.moments):
                if any(offset.at == MIDNIGHT for offset in offsets(row, moment)):
                    complaints.warn(
                        ("states", state.name, "remind", index, "at", place),
                        f'"{moment}" is at midnight, when nobody reads',
                        'add a time of day to it, such as "at 09:00"',
                    )


def _check_early_holds(
    ruleset: Ruleset, row: CalendarRow, complaints: Complaints
) -> None:
    """What is held for a person is not moved by silence, and listed as a trouble."""
    closes = first(row, "deadline")
    for state in ruleset.states.values():
        for moment, branches in state.at.items():
            acts = first(row, moment)
            for index, branch in enumerate(branches):
                early = acts and closes and instant(acts) < instant(closes)
                if early and branch.do == vocabulary.HOLD and state.on:
                    complaints.warn(
                        ("states", state.name, "at", moment, index, "do"),
                        "a person has to look at it though the deadline is not over",
                        "do it later",
                    )


def _check_first_entry(ruleset: Ruleset, complaints: Complaints) -> None:
    initial = ruleset.states.get(ruleset.initial)
    if initial is not None and initial.enter:
        complaints.warn_key(
            ("states", initial.name, "enter"),
            "this is not told as a change opens, only when it comes back here",
            'use "remind" for what everybody should be told',
        )


def _check_past_the_owner(ruleset: Ruleset, complaints: Complaints) -> None:
    for path, _, telling in tellings(ruleset):
        if telling.to == "customer_contact":
            word = "to" if "remind" in path else "tell"
            complaints.warn(
                (*path, word),
                "the customer hears this even where its partner owns the conversation",
                'tell "owner" instead',
            )


def _used_moments(ruleset: Ruleset) -> set[str]:
    used = set(vocabulary.REQUIRED_MOMENTS)
    if ruleset.notice:
        used.add(ruleset.notice.keeps_open)
    for state in ruleset.states.values():
        used |= set(state.at)
        used |= {moment for reminder in state.remind for moment in reminder.moments}
        for branches in state.on.values():
            used |= {branch.until for branch in branches if branch.until}
    return used


def _check_unused_moments(ruleset: Ruleset, complaints: Complaints) -> None:
    if any(complaints.doubtful((part,)) for part in ("states", "notice", "calendar")):
        return
    used = _used_moments(ruleset)
    for index, row in enumerate(ruleset.calendar):
        for name in row.moments.keys() - used:
            path: Path = ("calendar", index, name)
            message = f'nothing happens at moment "{name}"'
            complaints.warn_key(path, message, "use it or take it out")


def _check_unanswerable(ruleset: Ruleset, complaints: Complaints) -> None:
    for path, _, telling in tellings(ruleset):
        if telling.is_notice and not telling.asks:
            message = "this notice offers no answer to those who do not want silence"
            complaints.warn(path, message, 'add "asks:" with their answers')


def _check_notice(ruleset: Ruleset, notice: Notice, complaints: Complaints) -> None:
    told = {telling.message for _, _, telling in tellings(ruleset) if telling.is_notice}
    listed = yaml_text.plain(yaml_text.at(complaints.node, ("notice", "messages")))
    words = listed if isinstance(listed, tuple) else (listed,)
    for index, message in enumerate(words):
        if message in notice.messages - told:
            path: Path = ("notice", "messages", index)
            complaints.warn(path, f'nobody on the customer\'s side is told "{message}"')
    if not any(_is_silence(state) for state in ruleset.states.values()):
        hint = 'add "after_notice: true" to the silence that should wait'
        complaints.warn_key(("notice",), "nothing waits for this notice", hint)


def _is_silence(state: State) -> bool:
    return any(branch.to for branches in state.at.values() for branch in branches)
