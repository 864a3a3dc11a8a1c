"""What to do about a message that is held, or cannot leave: in words, with the links."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode

from engine.domain.access import Action
from engine.domain.recipients import reason_code
from web.visits import Visit

Message = Mapping[str, Any]


class Link(NamedTuple):
    """Where something is done, and what it is called."""

    label: str
    path: str


@dataclass(frozen=True, slots=True)
class Remedy:
    """What is to be done, where, and with which command at the machine."""

    said: str
    links: Sequence[Link] = ()
    command: str | None = None


def remedy_for(visit: Visit, message: Message) -> Remedy:
    """What mends what keeps a message, for whoever visits."""
    reason = str(message["reason"] or _last_error(message) or "")
    code = reason_code(reason)
    if code is not None:
        return _REMEDIES[code](visit, message)
    return next(
        (found(visit, message) for part, found in _BY_PART if part in reason), None
    ) or _look_up(visit, message)


def _last_error(message: Message) -> str | None:
    return next((c["error"] for c in reversed(message["copies"]) if c["error"]), None)


def _contact(visit: Visit, message: Message) -> list[Link]:
    if not visit.actor.may(Action.CHOOSE_CONTACT, message["place"]):
        return []
    path = f"/customers/{quote(message['customer_code'], safe='')}/actions/contact"
    return [Link(visit.say("Choose the primary contact"), path)]


def _people(visit: Visit, message: Message, search: str) -> list[Link]:
    if not visit.actor.may(Action.EDIT_PEOPLE, message["place"]):
        return []
    path = f"/back-office/people?{urlencode({'search': search})}"
    return [Link(visit.say("Look at the people"), path)]


def _partner(visit: Visit, message: Message) -> list[Link]:
    code = message["partner_code"]
    if code is None or not visit.actor.may(Action.EDIT_BOOK, message["place"]):
        return []
    path = f"/back-office/partners/rows/{quote(code)}"
    return [Link(visit.say("Name a point of contact"), path)]


def _no_contact(visit: Visit, message: Message) -> Remedy:
    said = visit.say(
        "Choose who receives what this customer is told; what is held for it is queued "
        "again at once."
    )
    return Remedy(said, _contact(visit, message))


def _contact_without_address(visit: Visit, message: Message) -> Remedy:
    said = visit.say(
        "Choose another primary contact, or give this one an address and release the "
        "message."
    )
    links = [
        *_contact(visit, message),
        *_people(visit, message, str(message["customer"])),
    ]
    return Remedy(said, links)


def _no_point_of_contact(visit: Visit, message: Message) -> Remedy:
    said = visit.say(
        "Name the partner’s point of contact, or let the vendor tell this customer; "
        "then release the message."
    )
    links = _partner(visit, message)
    if visit.actor.may(Action.CHOOSE_OWNER, message["place"]):
        path = f"/changes/{quote(message['change'], safe='')}/actions/owner"
        links.append(Link(visit.say("Set the communication owner"), path))
    return Remedy(said, links)


def _nobody_at_the_vendor(visit: Visit, message: Message) -> Remedy:
    said = visit.say(
        "Give somebody at the vendor the role that reads it, and an address; then "
        "release the message."
    )
    return Remedy(said, _people(visit, message, ""))


def _refused_address(visit: Visit, message: Message) -> Remedy:
    said = visit.say(
        "The address was refused: correct it, or choose another reader; then release "
        "the message."
    )
    names = [copy["to"] for copy in message["copies"] if copy["error"]]
    links = [*_contact(visit, message), *_people(visit, message, *names[:1] or [""])]
    return Remedy(said, links)


def _dead_server(visit: Visit, message: Message) -> Remedy:
    said = visit.say(
        "The service cannot be reached. It is tried again by itself; at the machine, "
        "this command says which setting is wrong."
    )
    return Remedy(said, command="tacit doctor")


def _not_configured(visit: Visit, message: Message) -> Remedy:
    said = visit.say(
        "Set the channel up, or choose another one for the reader; then release the "
        "message. At the machine, this command says what is missing."
    )
    names = [copy["to"] for copy in message["copies"] if copy["error"]]
    links = _people(visit, message, *names[:1] or [""])
    return Remedy(said, links, "tacit doctor")


def _look_up(visit: Visit, message: Message) -> Remedy:
    said = visit.say(
        "Put right what the reason names, then release the message. At the machine, "
        "this command tries each channel and says what is wrong with it."
    )
    return Remedy(said, command="tacit doctor")


_Make = Callable[[Visit, Message], Remedy]
_REMEDIES: Final[Mapping[str, _Make]] = {
    "no_primary_contact": _no_contact,
    "primary_contact_without_address": _contact_without_address,
    "no_point_of_contact": _no_point_of_contact,
    "point_of_contact_without_address": _no_point_of_contact,
}
#: What the program itself says of errors that it knows no code for, by a part of it.
_BY_PART: Final[Sequence[tuple[str, _Make]]] = (
    ("there is no vendor's ", _nobody_at_the_vendor),
    ("vendor's operations has no address", _nobody_at_the_vendor),
    ("refused RCPT TO", _refused_address),
    ("the address ", _refused_address),
    ("is not configured", _not_configured),
    ("cannot connect to ", _dead_server),
    ("could not be reached", _dead_server),
)
