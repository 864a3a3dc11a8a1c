"""Checks the audit trail: every chain and every seal holds."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from engine.domain import audit
from engine.domain.audit import Entry, Flaw
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.records import ChangeRow

_KINDS: Final[Mapping[str, str]] = {
    "customer": "customers",
    "partner": "partners",
    "person": "people",
    "contract": "contracts",
    "site": "sites",
}


def seal(store: Storage, now: datetime) -> int:
    """Seal all heads as they are; how many subjects that covers."""
    with store.begin() as unit:
        unit.audit.hold()
        seals = unit.audit.seals()
        upto = unit.audit.last_id()
        if seals and seals[-1].upto == upto:
            return 0
        previous = seals[-1].hash if seals else ""
        subjects, hash_ = _seal_hash(previous, unit.audit.heads(upto))
        unit.audit.add_seal(now, upto, subjects, hash_)
        unit.book.beat("seal", now)
        unit.commit()
    return subjects


def verify(store: Storage) -> tuple[int, list[Flaw]]:
    """How many entries were read, and every place where a chain or a seal breaks."""
    with store.begin(read_only=True) as unit:
        counted, flaws = 0, list[Flaw]()
        for kind in (audit.CHANGE, *_KINDS):
            names = _names(unit, kind)
            heads = _heads(unit) if kind == audit.CHANGE else {}
            for id_, entries in unit.audit.chains(kind):
                counted += len(entries)
                flaws += _chain_flaws(
                    kind, names.get(id_), entries, heads.pop(id_, None)
                )
            flaws += [
                Flaw(f"change {row.code}", "its trail is gone")
                for row in heads.values()
            ]
        flaws += _seal_flaws(unit)
    return counted, flaws


def _names(unit: UnitOfWork, kind: str) -> dict[int, str]:
    if kind == audit.CHANGE:
        return {id_: row.code for id_, row in _heads(unit).items()}
    return {id_: code for code, id_ in unit.book.ids(_KINDS[kind]).items()}


def _heads(unit: UnitOfWork) -> dict[int, ChangeRow]:
    rows: dict[int, ChangeRow] = {}
    last = 0
    while page := unit.changes.all(after=last):
        rows.update((row.id, row) for row in page)
        last = page[-1].id
    return rows


def _chain_flaws(
    kind: str, name: str | None, entries: list[Entry], row: ChangeRow | None
) -> Iterator[Flaw]:
    if name is None:
        yield Flaw(f"{kind} ?", "entries of a subject that is not there")
        return
    broken = audit.broken_at(kind, name, entries)
    if broken is not None:
        yield Flaw(f"{kind} {name}", f"the chain breaks at entry {broken}")
    elif row is not None and (row.version, row.head) != (
        entries[-1].seq,
        entries[-1].hash,
    ):
        yield Flaw(f"{kind} {name}", "the last entries are missing")


def _seal_flaws(unit: UnitOfWork) -> Iterator[Flaw]:
    previous = ""
    for one in unit.audit.seals():
        subjects, hash_ = _seal_hash(previous, unit.audit.heads(one.upto))
        if (subjects, hash_) != (one.subjects, one.hash):
            yield Flaw(f"seal {one.id}", f"what was sealed at {one.at} has changed")
        previous = one.hash


def _seal_hash(previous: str, heads: Iterable[tuple[str, int, str]]) -> tuple[int, str]:
    digest, subjects = hashlib.sha256(previous.encode()), 0
    for kind, id_, head in heads:
        digest.update(f"\n{kind}:{id_}:{head}".encode())
        subjects += 1
    return subjects, digest.hexdigest()
