"""The one idea: rules, a subject, what happened and the time give what follows.

Pure: the same arguments give the same outcome, so equal subjects can share one.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from engine.domain import agenda, answers, machine
from engine.domain.agenda import DueReminder, Instants
from engine.domain.moments import last_whole_day
from engine.domain.outcome import (
    Event,
    Outcome,
    Refusal,
    RefusalReason,
    Step,
    StepKind,
    Subject,
    Trace,
)
from engine.domain.ruleset import EventBranch, MomentBranch, Ruleset, State, Telling
from engine.domain.vocabulary import ANSWERERS, CLOSING, HOLD

#: When to look again at what could not be decided: by then it may have been mended.
LOOK_AGAIN: Final = timedelta(hours=1)


def decide(
    ruleset: Ruleset, subject: Subject, event: Event | None, now: datetime
) -> Outcome:
    """What follows from an event, or (None) from the clock's having come to `now`.

    What fell due before an event happened before it, however late the clock is. A
    refused event changes nothing.
    """
    if event is None and subject.state not in ruleset.states:
        return hold(subject, f'the rules have no state "{subject.state}"', now)
    decision = _Decision(ruleset, subject, now)
    if event is not None:
        decision.take_due_moments()
        decision.fire(event)
    if decision.refusal is None and not decision.subject.closed:
        decision.advance()
    return decision.outcome()


def hold(subject: Subject, why: str, now: datetime) -> Outcome:
    """Leave a subject that cannot be decided to a person, and look again later."""
    step = Step(StepKind.HELD, "no decision", subject.state, subject.state, why)
    known = subject.attention == why
    held = replace(subject, attention=why)
    return Outcome(held, () if known else (step,), now + LOOK_AGAIN)


class _Decision:
    """One decision being made; `subject` is replaced as steps are taken."""

    def __init__(self, ruleset: Ruleset, subject: Subject, now: datetime) -> None:
        self._rules = ruleset
        self._now = now
        self._before = self.subject = subject
        self.refusal: Refusal | None = None
        self._steps: list[Step] = []
        self._trace: list[Trace] = []
        self._entered_now = False
        self._instants: dict[str, Instants] = agenda.moments_of(ruleset, subject)

    def outcome(self) -> Outcome:
        if self.refusal is not None:
            return Outcome(self._before, refusal=self.refusal, trace=tuple(self._trace))
        # A clock that goes back undoes nothing.
        handled = max(self._now, self.subject.handled_until or self._now)
        subject = replace(self.subject, handled_until=handled)
        due = None if subject.closed else self._next_due()
        return Outcome(subject, tuple(self._steps), due, None, tuple(self._trace))

    def fire(self, event: Event) -> None:
        if self.subject.closed:
            return self._refuse(RefusalReason.CLOSED, {"state": self.subject.state})
        state = self._state()
        branches = state.on.get(event.name)
        if branches is None:
            values = {"event": event.name, "state": state.name}
            return self._refuse(RefusalReason.NOT_POSSIBLE, values)
        permitted = [branch for branch in branches if event.role in branch.by]
        if not permitted:
            who = tuple(dict.fromkeys(role for b in branches for role in b.by))
            values = {"event": event.name, "role": event.role, "who": ", ".join(who)}
            return self._refuse(RefusalReason.NOT_PERMITTED, values)
        return self._fire_first(event, state, permitted)

    def _fire_first(
        self, event: Event, state: State, permitted: list[EventBranch]
    ) -> None:
        facts = agenda.facts_of(self.subject)
        late: datetime | None = None
        for branch in permitted:
            if branch.guard is not None and not branch.guard.holds(facts):
                self._note(f"{event.name}: if {branch.guard.text}", "does not hold")
                continue
            late = self._closed_since(branch)
            if late is None:
                return self._follow(event, state, branch)
        if late is None:
            values = {"event": event.name, "state": state.name}
            return self._refuse(RefusalReason.NOT_POSSIBLE, values)
        day = last_whole_day(late, self.subject.zone)
        return self._refuse(
            RefusalReason.TOO_LATE, {"event": event.name, "deadline": day}
        )

    def _closed_since(self, branch: EventBranch) -> datetime | None:
        if branch.until is None:
            return None
        closes = agenda.closes_at(self._rules, self.subject, branch.until, self._now)
        return closes if closes is not None and self._now >= closes else None

    def _follow(self, event: Event, state: State, branch: EventBranch) -> None:
        index = state.on[event.name].index(branch)
        target = machine.move(self._rules, state.name, "on", event.name, index)
        self._note(f"{event.name} by {event.role}", f"leads to {target}")
        self._enter(
            Step(
                StepKind.TRANSITION,
                event.name,
                state.name,
                target,
                branch.why,
                tells=branch.tells,
            )
        )

    def _refuse(self, reason: RefusalReason, values: Mapping[str, object]) -> None:
        self.refusal = Refusal(reason, values)
        self._note(str(values.get("event", "event")), f"refused: {reason}")

    def advance(self) -> None:
        """Take every dated transition that is due; then remind, if still there."""
        self.take_due_moments()
        if not self.subject.closed and not self._state().final:
            self._remind()

    def take_due_moments(self) -> None:
        """Act on due moments until none leads anywhere any more."""
        while not self.subject.closed and self._take_due_moment():
            pass

    def _take_due_moment(self) -> bool:
        """Act on the first due moment that leads somewhere; whether one did."""
        state = self._state()
        due = sorted(
            (instants[0], moment)
            for moment, instants in self._instants.items()
            if moment in state.at and instants[0] <= self._now
        )
        return any(self._act(state, moment, at) for at, moment in due)

    def _act(self, state: State, moment: str, at: datetime) -> bool:
        """Act on one due moment; whether the state was left or the subject closed."""
        facts = agenda.facts_of(self.subject)
        fresh = not self._handled(at)
        for index, branch in enumerate(state.at[moment]):
            if branch.guard is not None and not branch.guard.holds(facts):
                self._note(f"{moment}: if {branch.guard.text}", "does not hold")
                continue
            if branch.to is not None:
                return self._silence_or_move(state, moment, index, at)
            if branch.do in CLOSING:
                self._close(state, moment, branch, at)
                return True
            if fresh:
                self._effect(state, moment, branch, at)
            return False
        return False

    def _silence_or_move(
        self, state: State, moment: str, index: int, at: datetime
    ) -> bool:
        branch = state.at[moment][index]
        if branch.after_notice and self.subject.attention is not None:
            self._note(moment, "waits: the change is held for a person")
            return False
        waits_until = self._waits_until(branch)
        if branch.after_notice and (waits_until is None or waits_until > self._now):
            until = f"until {waits_until:%Y-%m-%d %H:%M}Z" if waits_until else "for it"
            self._note(moment, f"waits {until}: its notice has to be out first")
            return False
        # What an outage kept the state from saying is accounted for before it is left.
        if not self._entered_now and (unsaid := self._due_reminders()):
            self._leave_out(unsaid, StepKind.SKIPPED)
        target = machine.move(self._rules, state.name, "at", moment, index)
        self._note(moment, f"leads to {target}")
        self._enter(
            Step(
                StepKind.TRANSITION,
                moment,
                state.name,
                target,
                branch.why,
                at,
                tells=branch.tells,
            )
        )
        return True

    def _waits_until(self, branch: MomentBranch) -> datetime | None:
        notice = self._rules.notice
        if not branch.after_notice or notice is None:
            return None
        return agenda.silence_opens_at(notice, self.subject)

    def _effect(
        self, state: State, moment: str, branch: MomentBranch, at: datetime
    ) -> None:
        held = branch.do == HOLD
        kind = StepKind.HELD if held else StepKind.EFFECT
        self._steps.append(
            Step(kind, moment, state.name, state.name, branch.why, at,
                 branch.do, branch.tells)
        )  # fmt: skip
        if held:
            self.subject = replace(self.subject, attention=branch.why or moment)
        self._note(moment, branch.do or "told")

    def _close(
        self, state: State, moment: str, branch: MomentBranch, at: datetime
    ) -> None:
        self._effect(state, moment, branch, at)
        self.subject = replace(self.subject, closed=True, attention=None)

    def _enter(self, step: Step) -> None:
        """Record a transition. Every past moment of the new state is due afresh."""
        entered = self._rules.states[step.target]
        told = step.tells + entered.enter
        self._steps.append(replace(step, tells=told))
        self.subject = replace(
            self.subject,
            state=step.target,
            handled_until=None,
            attention=None,
            closed=entered.final,
        )
        self._entered_now = True

    def _remind(self) -> None:
        """Send the last due reminder that is in time; account for the others.

        Nothing is said of what is held for a person: what a reminder says of silence
        is not so any more.
        """
        if self.subject.attention is not None:
            return
        due = [one for one in self._due_reminders() if self._is_to_be_said(one)]
        in_time = [n for n, one in enumerate(due) if not self._too_late(one)]
        last = max(in_time, default=-1)
        later = due[last + 1 :]
        if any(one.reminder.hold_when_later for one in later):
            self._leave_out(due, StepKind.HELD)
            return
        if in_time:
            self._send(due[last], due[:last])
        if later:
            self._leave_out(later, StepKind.SKIPPED)

    def _due_reminders(self) -> list[DueReminder]:
        """What the present state was to say by now and has not."""
        return [
            one
            for one in agenda.reminders_of(self._state(), self._instants)
            if one.at <= self._now and not self._handled(one.at) and self._wanted(one)
        ]

    def _is_to_be_said(self, due: DueReminder) -> bool:
        """What fell due before a state was entered is not the state's to say.

        But a notice that is owed is: silence would wait for it in vain.
        """
        owed = due.reminder.telling.is_notice and self.subject.notice_out_at is None
        return owed or not self._entered_now

    def _wanted(self, due: DueReminder) -> bool:
        guard = due.reminder.guard
        if guard is None or guard.holds(agenda.facts_of(self.subject)):
            return True
        message = due.reminder.telling.message
        self._note(f"{message}: if {guard.text}", "does not hold")
        return False

    def _too_late(self, due: DueReminder) -> bool:
        within = due.reminder.send_within
        if within is not None and self._now > due.at + within:
            # The clock cannot be late for a plan or a state that did not exist before:
            # its reader still has to be told, unless that is soon done anyway.
            new = self._entered_now or self._before.handled_until is None
            if not new or self._reminds_before(self._now + within):
                return True
        telling = due.reminder.telling
        return bool(telling.asks) and not self._can_be_answered(telling)

    def _reminds_before(self, end: datetime) -> bool:
        """Whether another reminder of the present state falls due by then."""
        coming = agenda.reminders_of(self._state(), self._instants)
        return any(self._now < one.at <= end for one in coming)

    def _can_be_answered(self, telling: Telling) -> bool:
        """Whether its readers may still answer any of what it asks."""
        readers = ANSWERERS[telling.to]
        return bool(
            answers.open_answers(
                self._rules, self.subject, telling.asks, readers, self._now
            )
        )

    def _send(self, due: DueReminder, others: list[DueReminder]) -> None:
        telling = due.reminder.telling
        state = self.subject.state
        self._steps.append(
            Step(
                StepKind.REMINDER,
                telling.message,
                state,
                state,
                due_at=due.at,
                tells=(telling,),
                stands_for=tuple(_named(other) for other in others),
            )
        )
        self._note(telling.message, f"queued; was due {due.at:%Y-%m-%d %H:%M}Z")

    def _leave_out(self, due: list[DueReminder], kind: StepKind) -> None:
        state, last = self.subject.state, due[-1]
        message = last.reminder.telling.message
        named = tuple(_named(one) for one in due)
        step = Step(kind, message, state, state, due_at=last.at, stands_for=named)
        self._steps.append(step)
        if kind is StepKind.HELD:
            self.subject = replace(self.subject, attention=message)
        self._note(message, f"not sent: {kind}")

    def _next_due(self) -> datetime | None:
        """The first instant after now at which there may be something to do."""
        state = self._state()
        coming = [
            reminder.at for reminder in agenda.reminders_of(state, self._instants)
        ]
        for moment in state.at:
            coming.append(self._instants[moment][0])
            if self.subject.attention is None:
                coming.extend(self._silence_due(state.at[moment]))
        return min((at for at in coming if at > self._now), default=None)

    def _silence_due(self, branches: tuple[MomentBranch, ...]) -> list[datetime]:
        waits = [self._waits_until(b) for b in branches if b.after_notice]
        return [at for at in waits if at is not None]

    def _handled(self, at: datetime) -> bool:
        until = self.subject.handled_until
        return until is not None and at <= until

    def _state(self) -> State:
        return self._rules.state(self.subject.state)

    def _note(self, considered: str, result: str) -> None:
        self._trace.append(Trace(considered, result))


def _named(due: DueReminder) -> str:
    return f"{due.reminder.telling.message} of {due.at:%Y-%m-%dT%H:%MZ}"
