"""Puts the questions of messages that are about to leave: one prompt a message."""

from collections.abc import Sequence
from datetime import datetime

from engine.domain.interfaces import UnitOfWork
from engine.domain.letters import Audience
from engine.domain.prompts import NewPrompt
from engine.domain.recipients import Resolved
from engine.domain.records import Claimed


def put_prompts(
    unit: UnitOfWork, leaving: Sequence[tuple[Claimed, Resolved]], now: datetime
) -> dict[int, int]:
    """The prompts of those messages that ask somebody something, by message.

    One whose first try was counted earlier has its prompt already.
    """
    asking = {
        claimed.outbox_id: claimed
        for claimed, resolved in leaving
        if claimed.asks
        and any(one.audience is not Audience.COPY for one in resolved.recipients)
    }
    known = unit.prompts.ids_of(asking.keys()) if asking else {}
    new = [
        NewPrompt(id_, claimed.change.id, claimed.change.state, claimed.plan, now)
        for id_, claimed in asking.items()
        if id_ not in known
    ]
    if not new:
        return known
    unit.prompts.add(new)
    return unit.prompts.ids_of(asking.keys())
