"""Plans changes again after something that their plan follows from has changed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from engine.domain import audit
from engine.domain.agenda import deadline_on, listed_on
from engine.domain.interfaces import UnitOfWork
from engine.domain.moments import local_day
from engine.domain.prompts import PromptEnd
from engine.domain.records import ChangeRow, Replanned
from engine.domain.replanning import replanned
from engine.domain.ruleset import Rulebook
from engine.services.decisions import Decisions
from engine.services.ledger import Effect, Ledger, held_note, make_note

#: What a change may be given when it is planned again; the trail says what was.
_GIVEN: Final = ("renewal_start", "state", "owner_choice", "new_contact_limit")

#: Roles that stand for somebody on the customer's side.
_THEIRS: Final = ("owner", "customer_contact", "partner")


class Moved(NamedTuple):
    """A change as it is now, and as it is to be planned again."""

    row: ChangeRow
    to: ChangeRow

    @classmethod
    def in_place(cls, row: ChangeRow) -> "Moved":
        """The same dates, but what follows from them is no longer the same."""
        return cls(row, row._replace(attention=None))


def plan_again(
    unit: UnitOfWork,
    rulebook: Rulebook,
    moved: Sequence[Moved],
    edit: Mapping[str, object],
    by: str,
    now: datetime,
) -> list[Effect]:
    """Forget what was planned and told, say so in the trail, and decide afresh.

    A reminder of the old plan that is still queued will be dropped by the relay; what
    is due under the new one is queued at once. Its effects are the caller's to carry
    out.
    """
    ledger, decisions = Ledger(unit, now), Decisions(now)
    planned = []
    for one in moved:
        ruleset = rulebook.machines[one.row.type]
        row = one.to._replace(
            plan=one.to.plan + 1,
            handled_until=None,
            notice_out_at=None,
        )
        subject = row.subject(ruleset)
        planned.append(
            Replanned(
                row.id,
                row.renewal_start,
                listed_on(ruleset, subject),
                deadline_on(ruleset, subject),
                row.plan,
                row.owner_choice,
                row.new_contact_limit,
            )
        )
        body = audit.body(
            {"by": by, "set": {**edit, **_given(one)}, "planned_again": True}
        )
        notes = [make_note(now, "edited", body)]
        if row.attention:
            notes.append(held_note(row.attention, now))
        ledger.take(row, ruleset, decisions.of(ruleset, subject), before=notes)
    unit.changes.plan_again(planned)
    asked = [(one.row.id, one.row.version + 1) for one in moved]
    unit.prompts.end_of_changes(asked, PromptEnd.REPLANNED, now)
    ledger.write()
    return ledger.effects


def follow_facts(
    unit: UnitOfWork,
    rulebook: Rulebook,
    before: Sequence[ChangeRow],
    edit: Mapping[str, object],
    by: str,
    now: datetime,
) -> tuple[int, list[Effect]]:
    """Plan again what no longer follows from the facts; `before` is how it stood.

    How many changes that were, and the effects to carry out.
    """
    rows = unit.changes.by_ids([row.id for row in before])
    was = {row.id: row for row in before}
    moved = []
    for row in rows:
        ruleset = rulebook.machines[row.type]
        to = replanned(ruleset, was[row.id], row, local_day(now, row.zone))
        if to is not None and row.closed_at is None:
            moved.append(Moved(row, to))
    left = [row.id for row in rows if row.customer_id != was[row.id].customer_id]
    unit.outbox.drop_waiting(left, "it is another customer's contract", roles=_THEIRS)
    return len(moved), plan_again(unit, rulebook, moved, edit, by, now)


def _given(one: Moved) -> dict[str, object]:
    """What the trail needs to lead to the change as it is to be."""
    return {
        name: getattr(one.to, name)
        for name in _GIVEN
        if getattr(one.to, name) != getattr(one.row, name)
    }
