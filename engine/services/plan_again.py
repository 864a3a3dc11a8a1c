"""Plans changes again after something that their dates follow from has moved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from engine.domain import audit
from engine.domain.agenda import listed_on
from engine.domain.decide import decide
from engine.domain.interfaces import UnitOfWork
from engine.domain.records import ChangeRow
from engine.domain.ruleset import Rulebook
from engine.services.effects import carry_out
from engine.services.ledger import Ledger, make_note


@dataclass(frozen=True, slots=True)
class Moved:
    """A change as it is now, and the dates it is to have."""

    row: ChangeRow
    renewal_start: date

    @classmethod
    def in_place(cls, row: ChangeRow) -> "Moved":
        """The same dates, but what follows from them is no longer the same."""
        return cls(row, row.renewal_start)


def plan_again(
    unit: UnitOfWork,
    rulebook: Rulebook,
    moved: Sequence[Moved],
    edit: Mapping[str, object],
    by: str,
    now: datetime,
) -> None:
    """Forget what was planned and told, say so in the trail, and decide afresh.

    A reminder of the old dates that is still queued will be dropped by the relay;
    what is due under the new ones is queued at once.
    """
    ledger = Ledger(unit, now)
    for one in moved:
        row, ruleset = one.row, rulebook.machines[one.row.type]
        row = row._replace(
            renewal_start=one.renewal_start,
            plan=row.plan + 1,
            handled_until=None,
            notice_out_at=None,
            attention=None,
        )
        subject = row.subject(ruleset)
        unit.changes.plan_again(
            row.id,
            renewal_start=row.renewal_start,
            listed_on=listed_on(ruleset, subject),
        )
        said = {**edit, **_moved_date(one)}
        body = audit.body({"by": by, "set": said, "planned_again": True})
        note = make_note(now, "edited", body)
        outcome = decide(ruleset, subject, None, now)
        ledger.take(row, ruleset, outcome, before=[note])
    ledger.write()
    carry_out(unit, rulebook, ledger.effects, now)


def _moved_date(one: Moved) -> dict[str, str]:
    """What the trail needs to lead to the new date, whatever moved it."""
    if one.renewal_start == one.row.renewal_start:
        return {}
    return {"renewal_start": one.renewal_start.isoformat()}
