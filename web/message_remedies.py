"""What can be done about a message that is held: one sentence, and where to do it."""

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
    "no_primary_contact": _("Choose a primary contact: what is held is then sent."),
    "primary_contact_without_address": _(
        "Give the primary contact an address, or choose another."
    ),
    "no_point_of_contact": _("Name a point of contact at the partner."),
    "point_of_contact_without_address": _("Give the point of contact an address."),
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
    again = visit.say("See to the cause, then queue it again.")
    return Remedy(again, f"/messages/{row['id']}/release")
