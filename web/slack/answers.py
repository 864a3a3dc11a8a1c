"""A prompt's contract and its open answers, as the bot speaks of them."""

from collections.abc import Iterable

from engine.domain.answers import OpenAnswer
from engine.domain.letters import Answer
from engine.domain.moments import last_whole_day
from engine.domain.records import Claimed


def about(message: Claimed) -> str:
    """Whose contract it is, and of what."""
    return f"{message.customer_name}, {message.product}"


def answers_of(found: Iterable[OpenAnswer], zone: str) -> list[Answer]:
    """The answers with the last day on which each can be given, and its effect."""
    return [
        Answer(
            one.event,
            last_whole_day(one.closes, zone) if one.closes else None,
            to=one.to,
        )
        for one in found
    ]
