"""`/tacit …`: what is upcoming, one change, and the events of the rules by name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from engine.domain.access import Action, Actor, NotPermittedError
from engine.domain.answers import in_days, open_answers
from engine.domain.errors import NotFoundError
from engine.domain.inbox import Handled, InboxStatus
from engine.domain.letters import Answer
from engine.domain.listing import Question
from engine.domain.moments import local_day
from engine.domain.prompts import Answered, AnswerOutcome, NewAnswer, Via
from engine.domain.records import ChangeRow
from engine.domain.slack_heard import Commanded
from engine.services.answer_prompt import GivenAnswer, take_answer
from engine.services.fire_event import fire, role_of
from engine.services.list_changes import Listed, list_changes
from engine.services.show_change import show_change
from engine.services.show_prompt import look_at
from engine.services.sign_in import actor_for
from notifiers.slack_blocks import Block, Note
from notifiers.slack_buttons import buttons_of
from notifiers.slack_words import SlackWords, note_of
from notifiers.wording import long_date
from web.slack.turn import Turn
from web.slack.words import HELP, MINE, SHOW, Word, find_word, first_way

MOST_LISTED: Final = 10


@dataclass(frozen=True)
class Command:
    """One command of somebody known."""

    turn: Turn
    heard: Commanded

    def run(self) -> Handled:
        """Do it, or say why not."""
        turn, text = self.turn, self.heard.text
        word = find_word(text, turn.site.words.values(), self._events)
        if not text or (word is not None and word.code == HELP):
            return self._later("help", self._help)
        if word is None:
            return self._later("no such word", partial(self._unknown, text))
        if word.code == MINE:
            return self._later("what is upcoming", self._mine)
        if not word.rest:
            return self._later("no code", partial(self._which, word))
        if word.code == SHOW:
            return self._later("one change", partial(self._show, word.rest))
        return self._fire(word)

    @property
    def _events(self) -> list[str]:
        """Every event of the rules, in their order."""
        machines = self.turn.site.rulebook.machines.values()
        states = [state for one in machines for state in one.states.values()]
        return [*dict.fromkeys(event for state in states for event in state.on)]

    @property
    def _words(self) -> SlackWords:
        return self.turn.words(self.turn.site.settings.time_zone)

    def _later(self, reason: str, note: Callable[[], Note]) -> Handled:
        """Nothing follows: it is read once the item is done, and said."""
        turn, where = self.turn, self.heard.where
        return Handled(InboxStatus.DONE, reason, lambda: turn.answer(where, note()))

    def _fire(self, word: Word) -> Handled:
        """The same answer that a button gives; without a question, the same event."""
        turn = self.turn
        actor = actor_for(turn.unit, turn.site.policy, turn.person)
        row = self._find(word.rest, actor)
        if row is None:
            return self._later("no such change", partial(self._absent, word.rest))
        if word.code not in self._events_of(row):
            return self._later("no such event", partial(self._unknown, word.code))
        said = self._answer(row, word.code) or self._event(row, word.code, actor)
        note = partial(self._outcome, said)
        return self._later(f"{said.event}: {said.outcome.value}", note)

    def _find(self, code: str, actor: Actor) -> ChangeRow | None:
        try:
            row = self.turn.unit.changes.by_code(code)
        except NotFoundError:
            return None
        return row if actor.may(Action.SEE_CHANGES, row.place) else None

    def _events_of(self, row: ChangeRow) -> set[str]:
        ruleset = self.turn.site.rulebook.machines[row.type]
        return {event for state in ruleset.states.values() for event in state.on}

    def _answer(self, row: ChangeRow, event: str) -> Answered | None:
        """As an answer to the latest open question of theirs; None without one."""
        turn = self.turn
        for prompt in turn.unit.prompts.of_change(row.id):
            asked = turn.unit.prompts.asked([prompt.id]).get(prompt.id, [])
            is_asked = turn.person.id in {one.person_id for one in asked}
            if prompt.ended is None and event in prompt.asks and is_asked:
                given = GivenAnswer(
                    prompt.id,
                    turn.person.id,
                    event,
                    Via.SLACK_COMMAND,
                    self.heard.text,
                    turn.item.id,
                )
                site = turn.site
                return take_answer(
                    turn.unit, site.rulebook, site.policy, given, turn.now
                )
        return None

    def _event(self, row: ChangeRow, event: str, actor: Actor) -> Answered:
        turn = self.turn
        came = fire(
            turn.unit, turn.site.rulebook, row, event, actor, turn.person, turn.now
        )
        refusal = came.refusal
        outcome = AnswerOutcome.REFUSED if refusal else AnswerOutcome.DONE
        turn.unit.prompts.record(
            NewAnswer(
                None,
                row.id,
                turn.person.id,
                turn.item.id,
                Via.SLACK_COMMAND.value,
                turn.now,
                event,
                outcome.value,
                refusal.reason.value if refusal else None,
                self.heard.text,
                None,
                None,
            )
        )
        return Answered(outcome, row.code, event, came.subject.state, refusal)

    def _outcome(self, said: Answered) -> Note:
        """What came of an event, and what can be done now."""
        turn = self.turn
        shown = show_change(
            turn.site.store, turn.site.rulebook, said.change, turn.now, self._actor()
        )
        about = f"{shown['customer']}, {shown['product']}"
        words = turn.words(shown["time_zone"])
        return words.outcome(said, about, self._open(said.change))

    def _open(self, code: str) -> tuple[Answer, ...]:
        turn = self.turn
        with turn.site.store.begin(read_only=True) as unit:
            row = unit.changes.by_code(code)
        ruleset, role = turn.site.rulebook.machines[row.type], role_of(turn.person, row)
        subject, roles = row.subject(ruleset), [role] if role else []
        events = ruleset.state(row.state).on
        return in_days(
            open_answers(ruleset, subject, events, roles, turn.now), row.zone
        )

    def _actor(self) -> Actor:
        turn = self.turn
        with turn.site.store.begin(read_only=True) as unit:
            return actor_for(unit, turn.site.policy, turn.person)

    def _mine(self) -> Note:
        words, lines = self._words, upcoming(self.turn, self._actor())
        return note_of(lines or [words.tell("nothing_listed")])

    def _show(self, code: str) -> Note:
        turn = self.turn
        site = turn.site
        try:
            shown = show_change(
                site.store, site.rulebook, code, turn.now, self._actor()
            )
        except (NotFoundError, NotPermittedError):
            return self._absent(code)
        words = turn.words(shown["time_zone"])
        still = self._open(shown["id"])
        can = words.still(still, "answers_title") or [words.tell("nothing_open")]
        lines = [line_of(words, shown), f"{shown['product']}", *can]
        return note_of(lines, self._buttons(shown["id"]))

    def _buttons(self, code: str) -> Sequence[Block]:
        """Those of the latest question about it that is open to them."""
        turn = self.turn
        with turn.site.store.begin(read_only=True) as unit:
            row = unit.changes.by_code(code)
            for id_ in unit.prompts.open_of(turn.person.id):
                prompt = unit.prompts.one(id_)
                if prompt is not None and prompt.change_id == row.id:
                    return question_of(turn, id_)[1:]
        return ()

    def _absent(self, code: str) -> Note:
        return self._words.note("no_change", code=code)

    def _which(self, word: Word) -> Note:
        wording = self.turn.site.words[self.turn.person.language]
        return self._words.note("which_change", word=first_way(wording, word.code))

    def _unknown(self, text: str) -> Note:
        words = self._words
        lines = [words.tell("unknown_word", word=text, hint=""), *self._help_lines()]
        return note_of(lines)

    def _help(self) -> Note:
        return note_of(self._help_lines())

    def _help_lines(self) -> list[str]:
        words, wording = self._words, self._words.wording
        events = [
            wording.fill(
                "slack",
                "help_event",
                word=first_way(wording, event),
                event=words.event(event),
            )
            for event in self._events
        ]
        own = [wording.fill("slack", f"help_{name}") for name in ("mine", "show")]
        last = wording.fill("slack", "help_help")
        return [f"• {one}" for one in (*own, *events, last)]


def upcoming(turn: Turn, actor: Actor) -> list[str]:
    """The next deadlines that somebody may see, a line each."""
    site, settings = turn.site, turn.site.settings
    today = local_day(turn.now, settings.time_zone)
    question = Question(on=today, now=turn.now, sort="deadline", limit=MOST_LISTED)
    try:
        found = list_changes(site.store, site.rulebook, question, actor)
    except NotPermittedError:
        return []
    words = turn.words(settings.time_zone)
    lines = [line_of(words, row) for row in found.rows]
    more = found.total - len(lines)
    if more > 0:
        lines.append(words.tell("more", count=more, url=f"{settings.url}/changes"))
    return lines


def line_of(words: SlackWords, row: Listed) -> str:
    """One change on one line."""
    return words.tell(
        "deadline_line",
        customer=row["customer"],
        type=words.wording.section("types").get(row["type"], row["type"]),
        state=words.state(row["state"]),
        day=long_date(row["deadline"], words.wording.language),
        code=row["id"],
    )


def question_of(turn: Turn, prompt_id: int) -> tuple[Block, ...]:
    """An open question of somebody's, and its buttons; nothing if it has ended."""
    site = turn.site
    with site.store.begin(read_only=True) as unit:
        shown = look_at(
            unit, site.rulebook, site.policy, prompt_id, turn.person.id, turn.now
        )
    if not shown.open or not shown.is_theirs:
        return ()
    about = f"{shown.message.customer_name}, {shown.message.product}"
    asks = in_days(shown.open, shown.change.zone)
    words, name = turn.words(shown.change.zone), shown.prompt.message
    what = words.wording.section("messages").get(name, name.replace("_", " "))
    title = words.tell("about", about=about)
    lines = [title, what, *words.still(asks, "answers_title")]
    buttons = buttons_of(words.wording, prompt_id, about, asks)
    return (*note_of(lines).blocks, *buttons)
