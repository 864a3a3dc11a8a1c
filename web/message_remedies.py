"""What can be done about a message that is held, in a word, and where to do it."""

from typing import Final, NamedTuple

from engine.domain.recipients import reason_code
from engine.domain.records import OutboxStatus
from engine.services.read_messages import Message
from web.visits import Visit


def _(text: str) -> str:
    """Mark a sentence for translation."""
    return text


class Remedy(NamedTuple):
    """What to do, and the address where it is done."""

    words: str
    path: str


#: By why nobody could be written to.
_SENTENCES: Final = {
    "no_primary_contact": _("Choose a primary contact"),
    "primary_contact_without_address": _("Choose a primary contact"),
    "no_point_of_contact": _("Name a point of contact"),
    "point_of_contact_without_address": _("Give an address"),
}


def remedy_of(visit: Visit, row: Message) -> Remedy | None:
    """The remedy for a held message; None for one that waits for nobody."""
    if row["status"] != OutboxStatus.HELD:
        return None
    code = reason_code(row["reason"] or "")
    change = f"/changes/{row['change']}"
    if code in ("no_primary_contact", "primary_contact_without_address"):
        return Remedy(visit.say(_SENTENCES[code]), f"{change}/actions/contact")
    if code is not None:
        return Remedy(visit.say(_SENTENCES[code]), "/back-office/partners")
    return Remedy(visit.say("Queue it again"), f"/messages/{row['id']}/release")
