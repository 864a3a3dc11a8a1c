"""Checks the audit trail: the chains hold, the seals hold, replay gives the present."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from engine.domain import audit, machine
from engine.domain.audit import Entry
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.records import ChangeRow
from engine.domain.ruleset import Ruleset

_KINDS: Final[Mapping[str, str]] = {
    "customer": "customers",
    "partner": "partners",
    "person": "people",
    "contract": "contracts",
    "site": "sites",
}

RulesOf = Mapping[str, Ruleset]


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that the trail says otherwise than the database."""

    subject: str
    message: str

    def as_json(self) -> dict[str, Any]:
        return {"subject": self.subject, "message": self.message}


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


def replay(store: Storage, rules_of: RulesOf) -> tuple[int, list[Flaw]]:
    """How many changes were replayed, and where that differs from what they are.

    `rules_of` has the ruleset of each version that was ever used: each recorded
    transition must be legal under the rules that are recorded with it.
    """
    with store.begin(read_only=True) as unit:
        rows = _heads(unit)
        counted, flaws = 0, list[Flaw]()
        for id_, entries in unit.audit.chains(audit.CHANGE):
            row = rows.get(id_)
            if row is not None:
                counted += 1
                flaws += _replay_flaws(row, entries)
                flaws += _illegal(row, entries, rules_of)
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


def _replay_flaws(row: ChangeRow, entries: list[Entry]) -> Iterator[Flaw]:
    told = audit.replay(entries)
    compared = (
        ("state", told.state, row.state),
        ("renewal start", told.renewal_start, row.renewal_start.isoformat()),
        ("version", told.version, row.version),
        ("closed", told.closed, row.closed_at is not None),
        ("needs a person", told.attention, row.attention is not None),
        ("owner", told.owner_choice, row.owner_choice),
        ("notice out", told.notice_out, row.notice_out_at is not None),
        ("plan", told.plan, row.plan),
    )
    for name, replayed, present in compared:
        if replayed != present:
            message = f"{name}: the trail says {replayed}, the database {present}"
            yield Flaw(f"change {row.code}", message)


def _illegal(row: ChangeRow, entries: list[Entry], rules_of: RulesOf) -> Iterator[Flaw]:
    for step in audit.moves(entries):
        ruleset = rules_of.get(step.rules)
        if ruleset is None:
            message = f"entry {step.seq}: its rules {step.rules} are not kept"
            yield Flaw(f"change {row.code}", message)
        elif not machine.is_legal(ruleset, step.source, step.name, step.target):
            message = (
                f"entry {step.seq}: {step.name} cannot lead from {step.source} to "
                f"{step.target} under rules {step.rules}"
            )
            yield Flaw(f"change {row.code}", message)
