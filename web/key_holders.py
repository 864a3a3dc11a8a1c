"""Whoever calls with an API key; a bad one counts as a failed attempt to sign in."""

from engine.domain.api_keys import KeyHolder
from engine.services.api_keys import caller_of_key
from engine.services.sign_in_limits import count_attempt, for_client
from web.visits import Visit


def key_holder(visit: Visit, secret: str) -> KeyHolder | None:
    """Whose key it is, None for a bad one; TooManyAttemptsError after too many of those.

    A secret of 256 random bits is not guessed, so no good key is kept from working by
    the bad ones that come from the same machine. They are counted so that somebody
    sees them, and so that a program that goes on and on is told to wait.
    """
    site = visit.site
    holder = caller_of_key(site.store, site.policy, secret.strip(), visit.now)
    if holder is None:
        counted_for = [for_client("key", visit.client)]
        count_attempt(site.store, counted_for, site.settings.sign_in_limits, visit.now)
    return holder
