"""Prompts, those they were put to, and the answers that came."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, insert, select, update

from engine.domain.letters import Audience
from engine.domain.prompts import (
    AnswerOutcome,
    AnswerRow,
    Asked,
    Copy,
    NewAnswer,
    NewPrompt,
    PromptEnd,
    PromptRow,
    Via,
)
from engine.domain.records import DeliveryStatus
from engine.store.bulk import chunks, insert_rows, update_rows
from engine.store.prompt_tables import answers, prompts
from engine.store.tables import UNSETTLED, deliveries, outbox, people

_p: Final = prompts.c
_PROMPT: Final = select(
    _p.id, _p.outbox_id, _p.change_id, _p.state, _p.plan, _p.asked_at,
    _p.ended_at, _p.ended, _p.ended_seq, outbox.c.message, outbox.c.asks,
).join(outbox, outbox.c.id == _p.outbox_id)  # fmt: skip


class PromptRows:
    """Prompts and answers, within one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, prompts_: Sequence[NewPrompt]) -> None:
        insert_rows(self._connection, prompts, NewPrompt._fields, prompts_)

    def one(self, id_: int) -> PromptRow | None:
        found = self._read(_PROMPT.where(_p.id == id_))
        return found[0] if found else None

    def ids_of(self, outbox_ids: Collection[int]) -> dict[int, int]:
        """The prompt of each of these messages that has put one."""
        found: dict[int, int] = {}
        for chunk in chunks(outbox_ids):
            query = select(_p.outbox_id, _p.id).where(_p.outbox_id.in_(chunk))
            found |= {row[0]: row[1] for row in self._connection.execute(query)}
        return found

    def of_change(self, change_id: int) -> list[PromptRow]:
        """All that was asked about a change, the latest first."""
        query = _PROMPT.where(_p.change_id == change_id).order_by(_p.id.desc())
        return self._read(query)

    def asked(self, prompt_ids: Collection[int]) -> dict[int, list[Asked]]:
        """By prompt, those who may answer it: not who had a copy for information."""
        d = deliveries.c
        query = (
            select(
                _p.id, d.person_id, d.channel, d.audience, d.status, d.sent_at,
                d.reference,
            )
            .join(deliveries, d.outbox_id == _p.outbox_id)
            .where(
                _p.id.in_(prompt_ids),
                d.audience != Audience.COPY,
                d.status != DeliveryStatus.DROPPED,
            )
            .order_by(_p.id, d.id)
        )  # fmt: skip
        found: dict[int, list[Asked]] = {}
        for id_, *row in self._connection.execute(query):
            found.setdefault(id_, []).append(Asked(*row))
        return found

    def end(self, ids: Iterable[int], how: PromptEnd, seq: int, at: datetime) -> None:
        """End these, unless they have ended."""
        open_ = update(prompts).where(_p.id.in_([*ids]), _p.ended_at.is_(None))
        ended = {"ended_at": at, "ended": how.value, "ended_seq": seq}
        self._connection.execute(open_.values(ended))

    def end_of_changes(
        self, ended: Sequence[tuple[int, int]], how: PromptEnd, at: datetime
    ) -> None:
        """End what is open of these changes, each by its audit entry of this number."""
        seqs = dict(ended)
        rows: list[tuple[object, ...]] = []
        for chunk in chunks(seqs):
            open_ = select(_p.id, _p.change_id).where(
                _p.change_id.in_(chunk), _p.ended_at.is_(None)
            )
            for id_, change_id in self._connection.execute(open_):
                rows.append((id_, at, how.value, seqs[change_id]))
        columns = ("ended_at", "ended", "ended_seq")
        update_rows(self._connection, prompts, ("id",), columns, rows)

    def end_for_partner(self, ended: Sequence[tuple[int, int]], at: datetime) -> None:
        """The same of those that were put to a partner."""
        theirs = select(deliveries.c.outbox_id).where(
            deliveries.c.outbox_id == _p.outbox_id,
            deliveries.c.audience == Audience.PARTNER,
        )
        for change_id, seq in ended:
            open_ = update(prompts).where(
                _p.change_id == change_id, _p.ended_at.is_(None), theirs.exists()
            )
            how = PromptEnd.WITHDRAWN.value
            values = {"ended_at": at, "ended": how, "ended_seq": seq}
            self._connection.execute(open_.values(values))

    def unsettled(self, channel: str, but: Collection[int], limit: int) -> list[Copy]:
        """Copies of prompts that have ended, the first ended first, `but` for these."""
        d = deliveries.c
        query = (
            select(
                d.id, _p.id, d.outbox_id, d.person_id, d.address, d.audience,
                d.reference, d.sent_at,
            )
            .join_from(deliveries, prompts, _p.outbox_id == d.outbox_id)
            .where(
                d.channel == channel,
                UNSETTLED,
                _p.ended_at.is_not(None),
                d.id.not_in(but),
            )
            .order_by(_p.ended_at, d.id)
            .limit(limit)
        )  # fmt: skip
        return [Copy(*row) for row in self._connection.execute(query)]

    def settle(self, delivery_ids: Collection[int], at: datetime) -> None:
        """These copies show how their prompt ended, or never will."""
        shown = update(deliveries).where(deliveries.c.id.in_(delivery_ids))
        self._connection.execute(shown.values(settled_at=at))

    def open_of(self, person_id: int) -> list[int]:
        """The prompts that this person may answer and that are open, the latest first."""
        d = deliveries.c
        query = (
            select(_p.id)
            .distinct()
            .join_from(prompts, deliveries, _p.outbox_id == d.outbox_id)
            .where(
                d.person_id == person_id,
                d.audience != Audience.COPY,
                d.status != DeliveryStatus.DROPPED,
                _p.ended_at.is_(None),
            )
            .order_by(_p.id.desc())
        )
        return [*self._connection.execute(query).scalars()]

    def record(self, answer: NewAnswer) -> None:
        """Keep an answer; one that was kept already fails the unit of work."""
        self._connection.execute(insert(answers).values(answer._asdict()))

    def answers(self, change_id: int) -> list[AnswerRow]:
        """What was answered about a change, the latest first."""
        a = answers.c
        query = (
            select(
                a.prompt_id, people.c.code, people.c.name, a.via, a.at, a.event,
                a.outcome, a.reason, a.text,
            )
            .outerjoin(people, people.c.id == a.person_id)
            .where(a.change_id == change_id)
            .order_by(a.id.desc())
        )  # fmt: skip
        return [
            AnswerRow(*row[:3], Via(row[3]), *row[4:6], AnswerOutcome(row[6]), *row[7:])
            for row in self._connection.execute(query)
        ]

    def _read(self, query: Select[Any]) -> list[PromptRow]:
        rows = self._connection.execute(query)
        return [_prompt(*row) for row in rows]


def _prompt(*row: Any) -> PromptRow:
    *first, ended, ended_seq, message, asks = row
    how = PromptEnd(ended) if ended else None
    return PromptRow._make([*first, how, ended_seq, message, tuple(asks.split("|"))])
