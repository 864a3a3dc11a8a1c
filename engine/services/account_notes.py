"""What happens to somebody's account, in the trail of that person: what, how, by whom."""

from datetime import datetime

from engine.domain.interfaces import UnitOfWork
from engine.services.book_notes import Edit, note_edits


def note_account(
    unit: UnitOfWork, person_id: int, said: str, by: str, now: datetime, **more: str
) -> None:
    """Say what was done with an account; tokens and secrets never get here.

    Holds the person: two browsers that sign in at once would write the same entry.
    """
    unit.accounts.hold(person_id)
    code = unit.book.people([person_id])[person_id].code
    edit = Edit(person_id, code, {"account": said, **more})
    note_edits(unit, "person", [edit], by, now, "account")
