"""The address of the messages says which are asked for: read, and written again."""

from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from engine.domain.letters import ChannelName
from engine.domain.message_question import LONGEST_SEARCH
from engine.domain.problems import did_you_mean
from engine.domain.records import OutboxStatus
from engine.services.read_messages import Wanted
from web.errors import BadRequestError
from web.visits import Visit

MESSAGES: Final = "/messages"
STATUSES: Final = tuple(one.value for one in OutboxStatus)
_CHANNELS: Final = tuple(one.value for one in ChannelName)


@dataclass(frozen=True, slots=True)
class MessagesAddress:
    """What is asked for, as it stands in the address."""

    wanted: Wanted

    def url(self, **changed: Any) -> str:
        """The address with parts changed; a page begins anew unless it is given."""
        asked = replace(self.wanted, **{"after": None, **changed})
        found = {
            "q": asked.search.strip(),
            "status": asked.status,
            "message": asked.message,
            "channel": asked.channel,
            "change": asked.change,
            "after": asked.after,
        }
        fields = {name: value for name, value in found.items() if value}
        return f"{MESSAGES}?{urlencode(fields)}" if fields else MESSAGES

    @property
    def narrows(self) -> bool:
        """Whether more is asked than the messages of a status."""
        asked = self.wanted
        return bool(
            asked.search.strip() or asked.message or asked.channel or asked.change
        )


def read_address(visit: Visit) -> MessagesAddress:
    """What a request asks for; BadRequestError where it cannot be understood."""
    given = visit.request.query_params
    search = given.get("q", "")
    if len(search) > LONGEST_SEARCH:
        raise BadRequestError(f"a search has at most {LONGEST_SEARCH} characters")
    return MessagesAddress(
        Wanted(
            limit=visit.site.settings.page_size,
            status=_one_of(given.get("status"), "status", STATUSES),
            change=given.get("change") or None,
            after=given.get("after") or None,
            message=given.get("message") or None,
            channel=_one_of(given.get("channel"), "channel", _CHANNELS),
            search=search,
        )
    )


def _one_of(value: str | None, name: str, known: tuple[str, ...]) -> str | None:
    if value and value not in known:
        hint = did_you_mean(value, known)
        raise BadRequestError(f'there is no {name} "{value[:40]}" ({hint})')
    return value or None
