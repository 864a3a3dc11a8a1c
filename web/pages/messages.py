"""*Messages*: what waits, what left, what is held and how to mend it; and releasing."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from engine.domain.access import Action
from engine.domain.letters import ChannelName
from engine.domain.records import OutboxStatus
from engine.services.read_messages import Message, count_messages, list_messages
from engine.services.release_messages import foresee_release, release_messages
from web.errors import BadRequestError
from web.forms import choices_of
from web.message_address import MESSAGES, STATUSES, MessagesAddress, read_address
from web.remedies import Remedy, remedy_for
from web.visits import Needs, Posted, Visit

router = APIRouter()
Reading = Annotated[Visit, Depends(Needs(Action.SEE_MESSAGES))]
Releasing = Annotated[Visit, Depends(Needs(Action.RELEASE_MESSAGES))]
#: Messages are counted up to this; of more it is said that there are more.
MOST_COUNTED: Final = 1_000
MOST_SHOWN: Final = 20
_MOST_CHOSEN: Final = 200
RELEASE: Final = f"{MESSAGES}/release"
_HELD: Final = f"{MESSAGES}?status={OutboxStatus.HELD}"


@router.get(MESSAGES)
def messages_page(visit: Reading) -> Response:
    """The messages that its visitor may read, as the address asks for them."""
    address = read_address(visit)
    part = "messages/shown.html" if visit.is_partial else "messages/list.html"
    response = visit.page(part, **_values(visit, address))
    if visit.is_partial:
        response.headers["HX-Push-Url"] = address.url()
    return response


def _values(visit: Visit, address: MessagesAddress) -> dict[str, Any]:
    site, wanted = visit.site, address.wanted
    page = list_messages(site.store, visit.actor, wanted)
    return {
        "address": address,
        "asked": wanted,
        "rows": [_row(visit, message) for message in page.rows],
        "following": page.next,
        "counts": count_messages(site.store, visit.actor, wanted, MOST_COUNTED + 1),
        "most": MOST_COUNTED,
        "statuses": STATUSES,
        "names": sorted(site.messages().messages()),
        "channels": [each.value for each in ChannelName],
        "zone": site.settings.time_zone,
        "may_release": visit.actor.may(Action.RELEASE_MESSAGES),
    }


def _row(visit: Visit, message: Message) -> dict[str, Any]:
    """A message with what its row shows besides."""
    actor, place = visit.actor, message["place"]
    return {
        **message,
        **waits_for(visit, message),
        "opens_customer": actor.may(Action.SEE_CUSTOMERS, place),
        "opens_change": actor.may(Action.SEE_CHANGES, place),
    }


def waits_for(visit: Visit, message: Message) -> dict[str, Any]:
    """What keeps a message from leaving, and the remedy; nothing where it is fine."""
    held = message["status"] == OutboxStatus.HELD
    errors = [copy["error"] for copy in message["copies"] if copy["error"]]
    waits = message["status"] in (OutboxStatus.QUEUED, OutboxStatus.SENDING)
    failing = waits and bool(errors)
    return {
        "is_held": held,
        "failing": errors[-1] if failing else None,
        "remedy": _remedy(visit, message) if held or failing else None,
    }


def _remedy(visit: Visit, message: Message) -> Remedy | None:
    """None for a visitor who can do nothing about it."""
    found = remedy_for(visit, message)
    may_release = visit.actor.may(Action.RELEASE_MESSAGES, message["place"])
    return found if may_release or found.links else None


@router.get(RELEASE)
def confirm_release(visit: Releasing, all: str = "") -> Response:
    """What would be queued again, and who would read it."""
    given = visit.request.query_params.getlist("id")
    if not given and all != "1":
        return _choose_first(visit)
    return _confirmation(visit, None if all == "1" else _ids(given))


def _choose_first(visit: Visit) -> Response:
    said = visit.say("Choose the messages to release, then press the button.")
    return visit.go(_HELD, said)


def _confirmation(visit: Visit, ids: list[int] | None) -> Response:
    site = visit.site
    found = foresee_release(
        site.store, site.rulebook, site.channels, visit.actor, ids, MOST_SHOWN
    )
    return visit.page(
        "messages/release.html",
        found=found,
        ids=ids,
        reads_of=visit.actor.reads,
        back=_HELD,
        path=RELEASE,
    )


@router.post(RELEASE)
def release(form: Posted, visit: Releasing) -> Response:
    """Queue them again, and say how many they were."""
    given, is_all = choices_of(form, "id"), form.get("all") == "1"
    if not given and not is_all:
        return _choose_first(visit)
    ids = None if is_all else _ids(given)
    site = visit.site
    count = release_messages(site.store, site.rulebook, visit.actor, ids, visit.now)
    if count == 1:
        done = visit.say("One message is queued again.")
    else:
        done = visit.say("%(count)s messages are queued again.", count=count)
    return visit.go(_HELD, done)


def _ids(given: Sequence[str]) -> list[int]:
    """The messages that were chosen; BadRequestError where they are none."""
    if len(given) > _MOST_CHOSEN:
        raise BadRequestError(f"choose at most {_MOST_CHOSEN} messages, or all of them")
    if not all(one.isascii() and one.isdigit() and len(one) < 19 for one in given):
        raise BadRequestError("a message to release is given by its number")
    return sorted({int(one) for one in given})
