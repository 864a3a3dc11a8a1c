"""Deletes what is over: sessions, links, counted attempts, old secrets, kept answers."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.domain.accounts import SessionLimits
from engine.domain.interfaces import Storage


@dataclass(frozen=True, slots=True)
class Kept:
    """How long each is of use."""

    sessions: SessionLimits
    attempts: timedelta
    answers: timedelta


def tidy_up(store: Storage, kept: Kept, now: datetime) -> dict[str, int]:
    """Delete what nothing will read again; how much of each."""
    with store.begin() as unit:
        done = {
            "sessions": unit.accounts.forget_sessions(kept.sessions, now),
            "links": unit.accounts.forget_links(now),
            "attempts": unit.attempts.forget(now - kept.attempts),
            "secrets": unit.webhooks.forget_secrets(now),
            "answers": unit.accounts.forget_answers(now - kept.answers),
        }
        unit.commit()
    return done
