"""The keys that the site signs its own tokens with, made when first needed."""

import secrets
from datetime import datetime
from typing import Final

from engine.domain.interfaces import Storage

_LENGTH: Final = 32


def signing_keys(store: Storage, now: datetime) -> list[bytes]:
    """All keys, the newest first: it signs, and every one of them is believed."""
    with store.begin(read_only=True) as unit:
        found = unit.site_keys.all()
    return found or _first(store, now)


def renew_keys(store: Storage, now: datetime) -> None:
    """Sign with a new key from now on; what was signed before is still believed."""
    with store.begin() as unit:
        unit.site_keys.add(secrets.token_bytes(_LENGTH), now)
        unit.commit()


def _first(store: Storage, now: datetime) -> list[bytes]:
    with store.begin() as unit:
        # Of two processes that start at once, both believe what either signs.
        unit.site_keys.add(secrets.token_bytes(_LENGTH), now)
        found = unit.site_keys.all()
        unit.commit()
    return found
