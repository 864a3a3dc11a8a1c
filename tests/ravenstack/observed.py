"""What the run left behind, in the terms of the independent count."""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Final, TypeVar

from sqlalchemy import select

from engine.store.tables import audit, changes, deliveries, outbox
from engine.store.unit_of_work import Store
from tests.ravenstack.independent_count import Mail, Transition
from tests.ravenstack.running import Received

SHOWN: Final = 40
_STEPS: Final = ("transition", "effect", "held")

Step = TypeVar("Step", Transition, Mail)


def transitions(store: Store) -> Counter[Transition]:
    """Every step that the audit trail tells of, messages left aside."""
    query = (
        select(changes.c.code, audit.c.at, audit.c.kind, audit.c.body)
        .join(changes, changes.c.id == audit.c.subject_id)
        .where(audit.c.subject_kind == "change")
        .where(audit.c.kind.in_(("opened", "ended", *_STEPS)))
        .order_by(audit.c.subject_id, audit.c.seq)
    )
    states: dict[str, str] = {}
    with store.engine.connect() as connection:
        rows = connection.execute(query).all()
    return Counter(_step(states, *row) for row in rows)


def _step(
    states: dict[str, str], change: str, at: datetime, kind: str, body: str
) -> Transition:
    """One entry; `states` remembers where each change stood after the one before."""
    said = json.loads(body)
    before = states.get(change, "")
    after = states[change] = said.get("state") or said.get("to") or before
    if kind in _STEPS:
        before, kind = said["from"], said.get("do") or said["name"]
    return Transition(change, at.date(), before, after, kind)


def mails(store: Store, received: Iterable[Received]) -> Counter[Mail]:
    """Every mail of the wire; the deliveries say of which message it was a copy."""
    query = (
        select(deliveries.c.reference, changes.c.code, outbox.c.message)
        .join(outbox, outbox.c.id == deliveries.c.outbox_id)
        .join(changes, changes.c.id == outbox.c.change_id)
    )
    with store.engine.connect() as connection:
        known = {row.reference: row for row in connection.execute(query)}
    return Counter(
        Mail(known[mail.message_id].code, mail.taken_on,
             known[mail.message_id].message, recipient)
        for mail in received
        for recipient in mail.recipients
    )  # fmt: skip


def difference(found: Counter[Step], expected: Counter[Step]) -> list[str]:
    """The first places where the two disagree, a line each, in order of change."""
    sides = (("not counted", found - expected), ("not seen", expected - found))
    lines = [
        f"{each.change} {each.on} {side} {times}x: {tuple(each[2:])}"
        for side, counter in sides
        for each, times in counter.items()
    ]
    return sorted(lines)[:SHOWN]
