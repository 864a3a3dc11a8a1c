"""The floor of a tick: the same rows, written by a few set-based statements.

Constant bytes stand where the program computes: hashes, bodies, texts and times.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    Table,
    case,
    func,
    insert,
    literal,
    select,
    update,
)

from benchmarks.tick_book import NOW
from engine.store.tables import audit, changes, contracts, outbox
from engine.store.unit_of_work import Store

_HASH: Final = "5e" * 32
_VERSION: Final = "a1b2c3d4e5f60718"
_BODY: Final = (
    '{"by":"clock","due_at":"2027-03-15T08:00:00+00:00","from":"pending",'
    '"name":"renewal_notice","rules":"a1b2c3d4e5f60718","tells":[{"asks":["accept",'
    '"request_cancellation"],"message":"renewal_notice","to":"owner"}],"to":"pending"}'
)
_OPENED: Final = (
    '{"renewal_start":"2028-03-15","rules":"a1b2c3d4e5f60718","state":"pending"}'
)
_LATER: Final = NOW + timedelta(days=60)
_AT_ONCE: Final = 10_000
_NEXT_START: Final = date(2029, 3, 15)
_DUE: Final = changes.c.next_due_at <= NOW
#: Starts are at most a day ahead of UTC; all else that is due lies days before one.
_STARTS: Final = changes.c.renewal_start <= NOW.date() + timedelta(days=1)


def write_floor(store: Store) -> None:
    """One transaction with as many rows as the tick over the same book writes."""
    with store.engine.begin() as connection:
        last_id = connection.execute(select(func.max(changes.c.id))).scalar_one()
        for statement in _statements():
            connection.execute(statement)
        starting = _starting(connection)
        connection.execute(_new_state())
        _write_openings(connection, last_id, starting)


def select_floor(store: Store) -> None:
    """What a tick with nothing to do cannot do without: one look at the index."""
    with store.engine.connect() as connection:
        cursor: Any = connection.connection.cursor()
        mark = "?" if store.engine.dialect.name == "sqlite" else "%s"
        cursor.execute(
            f"SELECT id FROM changes WHERE next_due_at <= {mark} LIMIT 1",  # noqa: S608 - a mark
            (f"{NOW - timedelta(days=1000):%Y-%m-%d %H:%M:%S.%f}",),
        )
        cursor.fetchall()
        cursor.close()


def _statements() -> list[Executable]:
    ends = (_DUE, changes.c.state == "pending", _STARTS)
    ending = select(changes.c.contract_id).where(*ends)
    contract = {"subject_kind": "contract", "subject_id": changes.c.contract_id}
    ended = {**_entry("edited", _BODY, literal(1)), **contract}
    return [
        _insert(audit, ended, *ends),
        _insert(audit, _entry("reminder", _BODY, changes.c.version + 1), _DUE),
        _insert(outbox, _message(), _DUE, changes.c.state != "renewed"),
        update(contracts).where(contracts.c.id.in_(ending)).values(ended_on=NOW.date()),
    ]


def _starting(connection: Connection) -> Sequence[int]:
    """The changes whose term starts: their contracts' next renewals open."""
    ids = select(changes.c.id).where(_DUE, changes.c.state == "renewed")
    return connection.execute(ids).scalars().all()


def _write_openings(
    connection: Connection, last_id: int, starting: Sequence[int]
) -> None:
    """The next renewals of those that start, each with its first entry."""
    c = changes.c
    opened: Mapping[str, Any] = {
        "code": c.code + ".R20290315", "contract_id": c.contract_id, "type": c.type,
        "period_on": _NEXT_START, "renewal_start": _NEXT_START, "state": "pending",
        "opened_at": NOW, "listed_on": _NEXT_START, "deadline_on": _NEXT_START,
        "customer_id": c.customer_id, "plan": 0, "version": 1,
        "head": _HASH, "rules_version": _VERSION, "handled_until": NOW,
        "next_due_at": _LATER,
    }  # fmt: skip
    for start in range(0, len(starting), _AT_ONCE):
        those = c.id.in_(starting[start : start + _AT_ONCE])
        connection.execute(_insert(changes, opened, those))
    entry = _entry("opened", _OPENED, literal(1))
    connection.execute(_insert(audit, entry, c.id > last_id))


def _new_state() -> Executable:
    return (
        update(changes)
        .where(_DUE)
        .values(
            version=changes.c.version + 1,
            state="renewed",
            handled_until=NOW,
            notice_out_at=changes.c.notice_out_at,
            next_due_at=_LATER,
            attention=None,
            closed_at=case((changes.c.state == "renewed", NOW), else_=None),
            rules_version=_VERSION,
            head=_HASH,
        )
    )


def _entry(kind: str, body: str, seq: ColumnElement[int]) -> Mapping[str, Any]:
    return {
        "subject_kind": "change", "subject_id": changes.c.id, "seq": seq, "at": NOW,
        "kind": kind, "body": body, "hash": _HASH,
    }  # fmt: skip


def _message() -> Mapping[str, Any]:
    c = changes.c
    return {
        "change_id": c.id, "seq": c.version + 1, "position": 0,
        "message": "renewal_notice", "role": "owner",
        "asks": "accept|request_cancellation", "urgent": False, "is_notice": True,
        "while_state": c.state, "is_reminder": True, "plan": c.plan, "status": "queued", "queued_at": NOW,
        "next_try_at": NOW, "attempts": 0,
    }  # fmt: skip


def _insert(
    table: Table, values: Mapping[str, Any], *conditions: ColumnElement[bool]
) -> Executable:
    chosen = [
        value
        if isinstance(value, ColumnElement)
        else literal(value, table.c[name].type)
        for name, value in values.items()
    ]
    return insert(table).from_select(
        list(values), select(*chosen).where(*conditions), include_defaults=False
    )
