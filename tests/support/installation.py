"""One installation in the hands of a test: what people and the clock do with it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import text

from config.permissions import SHIPPED, load_policy
from engine.domain.access import Policy, operator
from engine.domain.audit import Flaw
from engine.domain.book import Row
from engine.domain.letters import Letter
from engine.domain.prompts import Answered, PromptRow, Via
from engine.domain.records import ChangeRow, Counts
from engine.domain.ruleset import Rulebook
from engine.services.advance_clock import advance_clock
from engine.services.answer_prompt import GivenAnswer, answer_prompt
from engine.services.edit_book import Editor
from engine.services.fire_event import Fired, fire_event
from engine.services.relay_outbox import relay_outbox
from engine.services.release_messages import release_of_changes
from engine.services.replay_audit import replay_audit
from engine.services.send_messages import Delivering
from engine.services.verify_audit import verify
from engine.store.unit_of_work import Store
from notifiers.recording import RecordingChannel
from notifiers.rendering import Templates
from tests.support.books import delivering, imported, the_change

RENEWAL = "K-1.R20270301"


@cache
def shipped_policy() -> Policy:
    """Who may do what, as shipped."""
    return load_policy(SHIPPED)


class Told(NamedTuple):
    """One letter that a channel took: which message, for whom, over what."""

    message: str
    person: str
    channel: str


@dataclass
class Installation:
    """A store, the rules, and channels that record."""

    store: Store
    rulebook: Rulebook
    templates: Templates
    email: RecordingChannel = field(default_factory=RecordingChannel)
    slack: RecordingChannel = field(default_factory=RecordingChannel)

    def imports(self, rows: Sequence[Row], now: datetime) -> dict[str, dict[str, int]]:
        return imported(self.store, self.rulebook, rows, now)

    def tick(self, now: datetime, batch: int = 10_000) -> Counts:
        return advance_clock(self.store, self.rulebook, now, batch=batch)

    def relay(self, now: datetime, **values: Any) -> Counts:
        return self.relay_with(self.delivering(**values), lambda: now)

    def relay_with(self, relay: Delivering, clock: Callable[[], datetime]) -> Counts:
        return relay_outbox(self.store, self.rulebook, relay, clock)

    def delivering(self, **values: Any) -> Delivering:
        channels = {"email": self.email, "slack": self.slack}
        return delivering(self.templates, **{**channels, **values})

    def passes(self, now: datetime) -> None:
        """One tick and one relay, as the running process makes them."""
        self.tick(now)
        self.relay(now)

    def runs(self, start: datetime, end: datetime) -> None:
        """A pass at every time, from start until before end, at which one is due."""
        now: datetime | None = start
        while now is not None and now < end:
            self.passes(now)
            now = self.next_time(now)

    def next_time(self, now: datetime) -> datetime | None:
        """The next time after now at which anything is due or may be tried."""
        with self.store.begin(read_only=True) as unit:
            times = (unit.changes.next_due_at(), unit.outbox.next_try_at())
        return min((time for time in times if time and time > now), default=None)

    def edit(self, now: datetime) -> Editor:
        return Editor(self.store, self.rulebook, operator("somebody"), now)

    def releases(self, codes: Sequence[str], now: datetime) -> int:
        """Queue again what is held of these changes, or of all."""
        actor = operator("somebody")
        return release_of_changes(self.store, self.rulebook, actor, codes, now)

    def fire(
        self, event: str, person: str, now: datetime, code: str = RENEWAL
    ) -> Fired:
        actor = operator(person)
        return fire_event(self.store, self.rulebook, code, event, actor, now)

    def prompts(self, code: str = RENEWAL) -> list[PromptRow]:
        """What was asked about a change, the first first."""
        with self.store.begin(read_only=True) as unit:
            return unit.prompts.of_change(self.change(code).id)[::-1]

    def answers(
        self, prompt: PromptRow, person: str, event: str, now: datetime, **more: Any
    ) -> Answered:
        """Somebody answers a prompt, by a link unless said otherwise."""
        with self.store.begin(read_only=True) as unit:
            person_id = unit.book.person(person).id
        given = GivenAnswer(prompt.id, person_id, event, **{"via": Via.LINK, **more})
        return answer_prompt(self.store, self.rulebook, shipped_policy(), given, now)

    def change(self, code: str = RENEWAL) -> ChangeRow:
        return the_change(self.store, code)

    def told(self) -> list[Told]:
        """What both channels took, by channel and in order."""
        names = {
            f"{row['change']}/{row['seq']}/{row['position']}": row["message"]
            for row in self.rows(
                "SELECT changes.code AS change, seq, position, message "
                "FROM outbox JOIN changes ON changes.id = change_id"
            )
        }
        together = self._digests()
        return [
            told
            for letter in self.letters()
            for told in together.get(letter.key) or [_told(letter, names)]
        ]

    def _digests(self) -> dict[str, list[Told]]:
        """What each letter of several tells."""
        found: dict[str, list[Told]] = {}
        for row in self.rows(
            "SELECT digest, message, people.code AS person, deliveries.channel "
            "FROM deliveries JOIN outbox ON outbox.id = outbox_id "
            "JOIN people ON people.id = deliveries.person_id "
            "WHERE digest IS NOT NULL ORDER BY outbox.id"
        ):
            told = Told(row["message"], row["person"], row["channel"])
            found.setdefault(row["digest"], []).append(told)
        return found

    def told_to(self, person: str) -> list[str]:
        """The messages that one person was sent."""
        return [told.message for told in self.told() if told.person == person]

    def letters(self) -> list[Letter]:
        return [*self.email.letters, *self.slack.letters]

    def messages(self, status: str | None = None) -> list[dict[str, Any]]:
        """Messages in the order in which they were queued, each with its copies."""
        with self.store.begin(read_only=True) as unit:
            return unit.outbox.listing(status=status, limit=1_000)[::-1]

    def trail(self, code: str = RENEWAL) -> list[dict[str, Any]]:
        """A change's audit entries, each with its kind."""
        row = self.change(code)
        with self.store.begin(read_only=True) as unit:
            entries = unit.audit.chain("change", row.id)
        return [{"kind": entry.kind, **json.loads(entry.body)} for entry in entries]

    def kinds(self, code: str = RENEWAL) -> list[str]:
        return [entry["kind"] for entry in self.trail(code)]

    def flaws(self) -> list[Flaw]:
        """What verifying and replaying the audit trail find fault with."""
        rules = {one.version: one for one in self.rulebook.machines.values()}
        return [*verify(self.store)[1], *replay_audit(self.store, rules)[1]]

    def rows(self, query: str, **values: object) -> list[dict[str, Any]]:
        with self.store.engine.connect() as connection:
            found = connection.execute(text(query), values).mappings()
            return [dict(row) for row in found]

    def execute(self, statement: str, **values: object) -> None:
        """Change the database behind the program's back."""
        with self.store.engine.begin() as connection:
            connection.execute(text(statement), values)

    def contents(self) -> dict[str, list[dict[str, Any]]]:
        """Every row of every table."""
        return {name: self.rows(f"SELECT * FROM {name}") for name in _TABLES}  # noqa: S608 - names are ours


_TABLES = (
    "partners", "customers", "people", "sites", "contracts", "usage", "changes",
    "audit", "seals", "checkpoints", "outbox", "deliveries", "rule_texts", "heartbeats",
    "prompts", "answers", "inbox",
)  # fmt: skip


def _told(letter: Letter, names: dict[str, str]) -> Told:
    key, person, channel = letter.key.rsplit("/", 2)
    return Told(names[key], person, channel)
