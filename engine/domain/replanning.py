"""What becomes of an open change when the facts that its plan follows from change."""

from datetime import date

from engine.domain import agenda
from engine.domain.openings import RENEWAL, next_renewal
from engine.domain.records import ChangeRow
from engine.domain.ruleset import Ruleset
from engine.domain.vocabulary import START_NEXT_TERM


def replanned(
    ruleset: Ruleset, was: ChangeRow, row: ChangeRow, today: date
) -> ChangeRow | None:
    """The change as it has to be planned again; None where its plan still holds.

    A change whose day has come keeps its dates: a person was asked about that term.
    """
    overdue = row.renewal_start <= today
    other_side = row.customer_id != was.customer_id
    new_terms = not overdue and _terms(row) != _terms(was)
    new_silence = row.type == RENEWAL and _is_silent(row) != _is_silent(was)
    new_moments = not overdue and _moments(ruleset, row) != _moments(ruleset, was)
    if not (other_side or new_terms or new_silence or new_moments):
        return None
    if new_terms:
        start = next_renewal(row.terms(), today).renewal_start
        row = row._replace(renewal_start=start)
    if other_side:
        row = row._replace(owner_choice=None)
    if other_side or new_terms:
        row = row._replace(state=_state_of_new_terms(ruleset, row.state))
    return row._replace(attention=None)


def _terms(row: ChangeRow) -> tuple[date, int] | None:
    """What a renewal is asked about; other changes keep their own date."""
    return (row.started_on, row.commitment_months) if row.type == RENEWAL else None


def _is_silent(row: ChangeRow) -> bool:
    return row.automatic_renewal


def _moments(ruleset: Ruleset, row: ChangeRow) -> dict[str, agenda.Instants]:
    return agenda.moments_of(ruleset, row.subject(ruleset))


def _state_of_new_terms(ruleset: Ruleset, state: str) -> str:
    """Terms that were accepted, or passed over in silence, are not the new ones.

    Whoever asked to cancel wants no next term, whatever it is.
    """
    branches = [one for each in ruleset.state(state).at.values() for one in each]
    accepted = any(branch.do == START_NEXT_TERM for branch in branches)
    return ruleset.initial if accepted else state
