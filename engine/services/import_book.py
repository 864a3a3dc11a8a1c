"""Takes a book in: rows compared with what is held, written, and followed up.

All or nothing: one transaction holds the rows, the changes that open because of them,
and the plans that move. The same files a second time change nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby, islice
from typing import Any, Final

from engine.domain.book import KINDS, Row
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.ruleset import Rulebook
from engine.services.edit_book import change_association, note_edit
from engine.services.follow_up import follow_up

CHUNK: Final = 5_000
Progress = Callable[[int], None]

#: Fields that name another row, and the column that keeps its id.
_REFERENCES: Final[Mapping[str, tuple[str, str]]] = {
    "partner": ("partner_id", "partners"),
    "customer": ("customer_id", "customers"),
    "contract": ("contract_id", "contracts"),
}
#: Fields that name people, who are only known once every row is in.
_PEOPLE: Final[Mapping[str, Mapping[str, str]]] = {
    "partners": {"point_of_contact": "point_of_contact_id"},
    "customers": {"primary_contact": "primary_contact_id"},
}
_SUBJECTS: Final[Mapping[str, str]] = {
    "partners": "partner",
    "customers": "customer",
    "people": "person",
    "sites": "site",
    "contracts": "contract",
}


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a row that says nothing gets: the vendor's own zone and language."""

    time_zone: str
    language: str


@dataclass
class Changed:
    """What an import touched, for what follows from it."""

    new_contracts: list[int] = field(default_factory=list)
    moved_contracts: set[int] = field(default_factory=set)
    ended_contracts: dict[int, date] = field(default_factory=dict)
    moved_customers: set[int] = field(default_factory=set)
    used_contracts: set[int] = field(default_factory=set)
    reachable_customers: set[int] = field(default_factory=set)
    counts: dict[str, Counter[str]] = field(
        default_factory=lambda: {name: Counter() for name in KINDS}
    )


def import_book(  # noqa: PLR0913 - the rows, where to, by which rules, when, and how
    store: Storage,
    rulebook: Rulebook,
    rows: Iterable[Row],
    defaults: Defaults,
    now: datetime,
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> dict[str, dict[str, int]]:
    """Import rows grouped in the order of KINDS; what was new, changed and the same.

    `dry_run` does everything and then leaves it undone.
    """
    with store.begin() as unit:
        importing = _Import(unit, rulebook, defaults, now)
        done = 0
        for kind, group in groupby(rows, key=lambda row: row.kind):
            for chunk in _chunks(group):
                importing.take(kind, chunk)
                done += len(chunk)
                if progress:
                    progress(done)
        importing.settle_people()
        followed = follow_up(unit, rulebook, importing.changed, now)
        if not dry_run:
            unit.commit()
    counts = {name: dict(count) for name, count in importing.changed.counts.items()}
    return {**counts, "changes": followed}


class _Import:
    """One import in its transaction."""

    def __init__(
        self, unit: UnitOfWork, rulebook: Rulebook, defaults: Defaults, now: datetime
    ) -> None:
        self._unit = unit
        self._rulebook = rulebook
        self._defaults = defaults
        self._now = now
        self._ids: dict[str, dict[str, int]] = {}
        self._people: list[tuple[str, str, str, str | None]] = []
        self.changed = Changed()

    def take(self, kind: str, rows: list[Row]) -> None:
        """Compare a chunk of one kind with what is held, and write the difference."""
        values = [self._columns(row) for row in rows]
        held = self._held(kind, values)
        fresh: list[dict[str, Any]] = []
        for row in values:
            known = held.get(_key(kind, row))
            if known is None:
                fresh.append(self._with_defaults(kind, row))
            else:
                self._compare(kind, known, row)
        self._unit.book.insert(kind, fresh)
        self.changed.counts[kind]["new"] += len(fresh)
        self._ids.pop(kind, None)
        self._note_new(kind, fresh)

    def settle_people(self) -> None:
        """Set the fields that name people, now that all of them are in."""
        for kind, columns in _PEOPLE.items():
            named = [one[1:] for one in self._people if one[0] == kind]
            held = self._unit.book.by_codes(kind, [code for code, _, _ in named])
            for column in columns.values():
                different = [
                    (held[code]["id"], wanted)
                    for code, its, person in named
                    if its == column
                    and held[code][column] != (wanted := self._person_id(person))
                ]
                self._unit.book.update_column(kind, column, different)
                if kind == "customers":
                    reachable = {id_ for id_, wanted in different if wanted}
                    self.changed.reachable_customers |= reachable
                else:
                    for id_, wanted in different:
                        self._reached_partner(id_ if wanted else None)

    def _columns(self, row: Row) -> dict[str, Any]:
        """A row's values by the columns that keep them."""
        columns: dict[str, Any] = {}
        people = _PEOPLE.get(row.kind, {})
        for name, value in row.values.items():
            if name in people:
                code = str(row.values["code"])
                person = str(value) if value else None
                self._people.append((row.kind, code, people[name], person))
            elif name in _REFERENCES:
                column, kind = _REFERENCES[name]
                columns[column] = self._id(kind, str(value)) if value else None
            elif name == "roles":
                columns[name] = "|".join(value) if isinstance(value, tuple) else ""
            else:
                columns[name] = value
        return columns

    def _held(
        self, kind: str, rows: list[dict[str, Any]]
    ) -> Mapping[Any, dict[str, Any]]:
        if kind == "usage":
            keys = [(row["contract_id"], row["month"]) for row in rows]
            return self._unit.book.usage_of(keys)
        return self._unit.book.by_codes(kind, [row["code"] for row in rows])

    def _with_defaults(self, kind: str, row: dict[str, Any]) -> dict[str, Any]:
        """Every column a value, so that a chunk is one statement."""
        full: dict[str, Any] = {}
        for each in KINDS[kind].fields:
            if each.name in _PEOPLE.get(kind, {}):
                continue
            name = _REFERENCES.get(each.name, (each.name, ""))[0]
            default = "" if each.name == "roles" else each.default
            full[name] = row.get(name, default)
        if "time_zone" in full:
            full["time_zone"] = full["time_zone"] or self._defaults.time_zone
        if "language" in full:
            full["language"] = full["language"] or self._defaults.language
        return full

    def _compare(
        self, kind: str, held: Mapping[str, Any], row: Mapping[str, Any]
    ) -> None:
        different = {
            name: value
            for name, value in row.items()
            if held[name] != value and not (value is None and name in _KEPT)
        }
        counts = self.changed.counts[kind]
        if not different:
            counts["same"] += 1
            return
        counts["changed"] += 1
        self._note_change(kind, held, different)
        if kind == "customers" and "partner_id" in different:
            self._associate(held, different.pop("partner_id"))
            # That ended the former partner's ownership; the file's word goes on.
            if "communication_owner" in row:
                different["communication_owner"] = row["communication_owner"]
        if "started_on" in different:
            different["counted_from"] = None
        if different:
            self._unit.book.update(kind, held["id"], different)

    def _associate(self, held: Mapping[str, Any], partner_id: int | None) -> None:
        names = {id_: code for code, id_ in self._all_ids("partners").items()}
        partner = names.get(partner_id) if partner_id else None
        change_association(
            self._unit, self._rulebook, held, partner_id, partner, "import", self._now
        )

    def _note_new(self, kind: str, rows: list[dict[str, Any]]) -> None:
        if kind == "contracts":
            for row in rows:
                if row["ended_on"] is None:
                    self.changed.new_contracts.append(self._id(kind, row["code"]))
        if kind == "usage":
            self.changed.used_contracts |= {row["contract_id"] for row in rows}

    def _note_change(
        self, kind: str, held: Mapping[str, Any], different: Mapping[str, Any]
    ) -> None:
        if kind == "usage":
            self.changed.used_contracts.add(held["contract_id"])
            return
        subject = (_SUBJECTS[kind], held["id"], held["code"])
        note_edit(self._unit, subject, dict(different), "import", self._now)
        if kind == "customers" and "time_zone" in different:
            self.changed.moved_customers.add(held["id"])
        if kind == "people" and {"email", "slack_user"} & set(different):
            if held["customer_id"] is not None:
                self.changed.reachable_customers.add(held["customer_id"])
            self._reached_partner(held["partner_id"])
        if kind == "contracts":
            self._note_contract(held, different)

    def _reached_partner(self, partner_id: int | None) -> None:
        """What was held for want of a partner's address may go to its customers."""
        if partner_id is not None:
            customers = self._unit.book.customers_of_partner(partner_id)
            self.changed.reachable_customers.update(customers)

    def _note_contract(
        self, held: Mapping[str, Any], different: Mapping[str, Any]
    ) -> None:
        if different.get("ended_on") is not None:
            self.changed.ended_contracts[held["id"]] = different["ended_on"]
        elif {"started_on", "commitment_months", "automatic_renewal"} & set(different):
            self.changed.moved_contracts.add(held["id"])
        if "contact_limit" in different:
            self.changed.used_contracts.add(held["id"])

    def _person_id(self, code: str | None) -> int | None:
        return self._id("people", code) if code else None

    def _id(self, kind: str, code: str) -> int:
        return self._all_ids(kind)[code]

    def _all_ids(self, kind: str) -> dict[str, int]:
        if kind not in self._ids:
            self._ids[kind] = self._unit.book.ids(kind)
        return self._ids[kind]


#: Columns that a file which leaves them empty does not clear: defaults that were filled
#: in, and the end of a contract, which another system's export may not know of yet.
_KEPT: Final = frozenset({"time_zone", "language", "ended_on"})


def _key(kind: str, row: Mapping[str, Any]) -> Any:
    return (row["contract_id"], row["month"]) if kind == "usage" else row["code"]


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    waiting = iter(rows)
    while chunk := list(islice(waiting, CHUNK)):
        yield chunk
