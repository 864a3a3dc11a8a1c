"""Which copies go together: several reminders for one reader at one time are one letter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.domain.recipients import Recipient
from engine.domain.records import Claimed, Delivery


@dataclass(frozen=True, slots=True)
class Trying:
    """A copy that is about to be tried, and what is known of its earlier tries."""

    claimed: Claimed
    recipient: Recipient
    before: Delivery | None
    failed_beside: str | None
    others_wait_until: datetime | None

    @property
    def is_new(self) -> bool:
        """Whether it never left: it may still go together with others."""
        return self.before is None or self.before.attempts == 0


def can_go_together(claimed: Claimed) -> bool:
    """Whether a message may be told among others: what is urgent comes alone."""
    return claimed.is_reminder and not claimed.urgent


def digest_keys(trying: Sequence[Trying], least: int | None) -> list[str | None]:
    """For each copy the letter that it goes with; None for one that goes alone.

    What went together before does so again, and nothing joins it: a letter that may
    have arrived must not come back with more in it. `least` is how many make a digest;
    None where the rules want none.
    """
    groups: dict[tuple[int, str, str], list[int]] = {}
    keys = [one.before.digest if one.before else None for one in trying]
    for place, one in enumerate(trying):
        if one.is_new and can_go_together(one.claimed):
            keys[place] = None
            reader = one.recipient
            whose = (reader.person.id, reader.channel.value, reader.audience.value)
            groups.setdefault(whose, []).append(place)
    for places in groups.values():
        if least is not None and len(places) >= least:
            first = trying[places[0]]
            code = first.recipient.person.code
            key = f"digest/{first.claimed.key}/{code}/{first.recipient.channel}"
            for place in places:
                keys[place] = key
    return keys
