"""How often somebody may try to sign in: counted by account and by where from.

What is tried for an account and what is tried from a machine are counted apart, and
passwords apart from links. So whoever guesses at somebody's password can keep them from
using it for a while, and from nothing else: links that were mailed and single sign-on
are never counted.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from ipaddress import IPv6Address, ip_address
from math import ceil

from engine.domain.accounts import SignInLimits
from engine.domain.errors import TacitError
from engine.domain.interfaces import Storage


class TooManyAttemptsError(TacitError):
    """Raised when it was tried too often; `until` is when it may be tried again."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__(
            f"too many attempts: try again after {until:%Y-%m-%d %H:%M} UTC"
        )

    def seconds_from(self, now: datetime) -> int:
        """How long that is from now, in whole seconds."""
        return max(ceil((self.until - now).total_seconds()), 1)


def for_account(purpose: str, name: str) -> str:
    """What attempts for an account are counted by, whether there is one or not.

    It is the name as it was typed: a count that a code and an address shared would
    tell a stranger that they belong together.
    """
    folded = name.strip().casefold()
    return f"{purpose}:{hashlib.sha256(folded.encode()).hexdigest()[:40]}"


def for_client(purpose: str, host: str | None) -> str:
    """What attempts from a machine are counted by.

    Whoever has one address of IPv6 has all of its network.
    """
    try:
        address = ip_address(host or "")
    except ValueError:
        return f"{purpose} from:{(host or 'unknown')[:40]}"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        network = int(address) >> 64
        return f"{purpose} from:{IPv6Address(network << 64)}/64"
    return f"{purpose} from:{address}"


def count_attempt(
    store: Storage,
    counted_for: Sequence[str],
    limits: SignInLimits,
    now: datetime,
    at_most: int | None = None,
) -> list[int]:
    """Count an attempt before it is made; TooManyAttemptsError where none is left.

    Counted first, so that many at once cannot all find the last place free. The ids
    are for `forgive`, when it turns out to be no failure.
    """
    limit = limits.attempts if at_most is None else at_most
    with store.begin() as unit:
        for key in sorted(counted_for):
            unit.attempts.hold(key)
            latest = unit.attempts.latest(key, now - limits.window, limit)
            if len(latest) >= limit:
                raise TooManyAttemptsError(latest[-1] + limits.window)
        ids = [unit.attempts.add(key, now) for key in counted_for]
        unit.commit()
    return ids


def forgive(store: Storage, ids: Sequence[int]) -> None:
    """Count these attempts no longer: the password was right.

    Earlier failures stay: who guesses must not start anew each time the owner signs in.
    """
    with store.begin() as unit:
        unit.attempts.take_back(ids)
        unit.commit()
