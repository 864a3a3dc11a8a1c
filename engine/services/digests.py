"""Which copies go together: several reminders for one reader at one time are one letter."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.domain.recipients import Recipient
from engine.domain.records import Claimed, Delivery
from engine.domain.ruleset import Digest


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


def digest_keys(trying: Sequence[Trying], digest: Digest | None) -> list[str | None]:
    """For each copy the letter that it goes with; None for one that goes alone.

    What went together before does so again, and nothing joins it: a letter that may
    have arrived must not come back with more in it. `digest` is what the rules say of
    it; None where they want none.
    """
    groups: dict[tuple[int, str, str], list[int]] = {}
    keys = [one.before.digest if one.before else None for one in trying]
    for place, one in enumerate(trying):
        if one.is_new and can_go_together(one.claimed):
            keys[place] = None
            reader = one.recipient
            whose = (reader.person.id, reader.channel.value, reader.audience.value)
            groups.setdefault(whose, []).append(place)
    for letter in _letters(groups.values(), digest) if digest else ():
        first = trying[letter[0]]
        code = first.recipient.person.code
        key = f"digest/{first.claimed.key}/{code}/{first.recipient.channel}"
        for place in letter:
            keys[place] = key
    return keys


def _letters(
    groups: Iterable[Sequence[int]], digest: Digest
) -> Iterator[Sequence[int]]:
    """Each group as letters, none of them too long to be read."""
    for places in groups:
        for start in range(0, len(places), digest.at_most):
            letter = places[start : start + digest.at_most]
            if len(letter) >= digest.at_least:
                yield letter
