"""What somebody may do with the changes of a list, here and now: a menu for each row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.domain.access import Action, Actor, reach
from engine.domain.answers import open_answers
from engine.domain.records import ChangeRow, Person
from engine.domain.ruleset import Rulebook
from engine.services.fire_event import role_of


@dataclass(frozen=True, slots=True)
class RowActions:
    """The events that may be fired, and which edits may be made."""

    events: tuple[str, ...]
    owner: bool
    contact: bool
    end_association: bool

    def __bool__(self) -> bool:
        return bool(self.events or self.owner or self.contact or self.end_association)


def row_actions(
    rulebook: Rulebook,
    rows: Sequence[ChangeRow],
    actor: Actor,
    person: Person,
    now: datetime,
) -> list[RowActions]:
    """For each change, in their order; nothing is asked of the database."""
    answers = reach(actor, Action.ANSWER)
    owners = reach(actor, Action.CHOOSE_OWNER)
    contacts = reach(actor, Action.CHOOSE_CONTACT)
    ends = reach(actor, Action.END_ASSOCIATION)
    return [
        RowActions(
            _events(rulebook, row, person, now) if answers.covers(row.place) else (),
            # Without a partner there is nobody else who could own the conversation.
            row.has_partner and owners.covers(row.place),
            contacts.covers(row.place),
            row.has_partner and ends.covers(row.place),
        )
        for row in rows
    ]


def _events(
    rulebook: Rulebook, row: ChangeRow, person: Person, now: datetime
) -> tuple[str, ...]:
    role = role_of(person, row)
    if role is None:
        return ()
    ruleset = rulebook.machines[row.type]
    subject = row.subject(ruleset)
    events = ruleset.state(row.state).on
    return tuple(
        answer.event for answer in open_answers(ruleset, subject, events, [role], now)
    )
