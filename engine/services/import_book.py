"""Takes a book in: rows compared with what is held, written, and followed up.

All or nothing: one transaction holds the rows, the changes that open because of them,
and the plans that move. The same files a second time change nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby, islice
from typing import Any, Final, NamedTuple

from engine.domain.book import KINDS, Row
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.ruleset import Rulebook
from engine.services.book_notes import Edit, note_edits
from engine.services.change_association import change_association
from engine.services.follow_up import follow_up
from engine.services.imported_values import PEOPLE, Defaults, ImportedValues, Values
from engine.services.new_facts import are_read, follow_new_facts, settled_changes

CHUNK: Final = 5_000
Progress = Callable[[int], None]

_SUBJECTS: Final[Mapping[str, str]] = {
    "partners": "partner",
    "customers": "customer",
    "people": "person",
    "sites": "site",
    "contracts": "contract",
}
#: Columns that a file which leaves them empty does not clear: defaults that were filled
#: in, and the end of a contract, which another system's export may not know of yet.
_KEPT: Final = frozenset({"time_zone", "language", "ended_on"})
#: Columns that are nobody's business but the import's own.
_OWN: Final = frozenset({"filed_limit", "counted_from"})


@dataclass(frozen=True, slots=True)
class Origin:
    """Who brings rows in; what is set by hand is meant, be it that nothing is there."""

    by: str = "import"
    by_hand: bool = False

    @property
    def kept(self) -> frozenset[str]:
        """Columns that stay where a row leaves them empty."""
        return frozenset() if self.by_hand else _KEPT


FILES: Final = Origin()


class Difference(NamedTuple):
    """A row that is held, a file's row of it, and the columns to be set."""

    held: Values
    row: Values
    values: Values


@dataclass
class Changed:
    """What an import touched, for what follows from it."""

    new_contracts: list[int] = field(default_factory=list)
    ended_contracts: dict[int, date | None] = field(default_factory=dict)
    used_months: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    reachable_customers: set[int] = field(default_factory=set)
    planned_again: int = 0
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
    origin: Origin = FILES,
) -> dict[str, dict[str, int]]:
    """Import rows grouped in the order of KINDS; what was new, changed and the same.

    `dry_run` does everything and then leaves it undone.
    """
    with store.begin() as unit:
        importing = BookImport(unit, rulebook, defaults, now, origin)
        counts = importing.take_in(rows, progress)
        if not dry_run:
            unit.commit()
    return counts


class BookImport:
    """One import in its transaction."""

    def __init__(
        self,
        unit: UnitOfWork,
        rulebook: Rulebook,
        defaults: Defaults,
        now: datetime,
        origin: Origin = FILES,
    ) -> None:
        self._unit = unit
        self._rulebook = rulebook
        self._now = now
        self._origin = origin
        self._known = ImportedValues(unit, defaults)
        #: By kind and column: code of the row, and code of the person.
        self._people: dict[tuple[str, str], dict[str, str | None]] = defaultdict(dict)
        #: Codes of rows whose people are in their first entry.
        self._added: dict[str, set[str]] = defaultdict(set)
        self.changed = Changed()

    def take_in(
        self, rows: Iterable[Row], progress: Progress | None = None
    ) -> dict[str, dict[str, int]]:
        """Take rows in, grouped in the order of KINDS, and do what follows from them."""
        done = 0
        for kind, group in groupby(rows, key=lambda row: row.kind):
            for chunk in _chunks(group):
                self.take(kind, chunk)
                done += len(chunk)
                if progress:
                    progress(done)
        self.settle_people()
        followed = follow_up(
            self._unit, self._rulebook, self.changed, self._origin.by, self._now
        )
        counts = {name: dict(count) for name, count in self.changed.counts.items()}
        return {**counts, "changes": followed}

    def take(self, kind: str, rows: list[Row]) -> None:
        """Compare a chunk of one kind with what is held, and write the difference."""
        for row in rows:
            self._remember_people(row)
        values = [self._known.columns(row) for row in rows]
        held = self._held(kind, values)
        fresh = [row for row in values if _key(kind, row) not in held]
        differences = [
            Difference(known, row, _different(known, row, self._origin))
            for row in values
            if (known := held.get(_key(kind, row))) is not None
        ]
        changed = [one for one in differences if one.values]
        visible = sum(1 for one in changed if one.values.keys() - _OWN)
        counts = self.changed.counts[kind]
        counts["new"] += len(fresh)
        for name, number in {
            "same": len(differences) - visible,
            "changed": visible,
        }.items():
            if number:
                counts[name] += number
        self._add(kind, fresh)
        self._change(kind, changed)

    def settle_people(self) -> None:
        """Set the fields that name people, now that all of them are in."""
        for (kind, column), named in self._people.items():
            ids = {code: self._person_id(person) for code, person in named.items()}
            different = [
                (held, ids[code])
                for code, held in self._unit.book.by_codes(kind, list(named)).items()
                if held[column] != ids[code]
            ]
            new = [(held["id"], person_id) for held, person_id in different]
            self._unit.book.update_column(kind, column, new)
            name = column.removesuffix("_id")
            edits = [
                Edit(held["id"], held["code"], {name: named[held["code"]]})
                for held, _ in different
                if held["code"] not in self._added[kind]
            ]
            note_edits(self._unit, _SUBJECTS[kind], edits, self._origin.by, self._now)
            reached = {id_ for id_, person_id in new if person_id}
            if kind == "customers":
                self.changed.reachable_customers |= reached
            else:
                self._reached_partners(reached)

    def _remember_people(self, row: Row) -> None:
        for name, column in PEOPLE.get(row.kind, {}).items():
            if name in row.values:
                person = row.values[name]
                named = self._people[row.kind, column]
                named[str(row.values["code"])] = str(person) if person else None

    def _person_id(self, code: str | None) -> int | None:
        return self._known.id("people", code) if code else None

    def _held(self, kind: str, rows: list[Values]) -> Mapping[Any, Values]:
        if kind == "usage":
            keys = [(row["contract_id"], row["month"]) for row in rows]
            return self._unit.book.usage_of(keys)
        return self._unit.book.by_codes(kind, [row["code"] for row in rows])

    def _add(self, kind: str, rows: list[Values]) -> None:
        complete = [self._known.complete(kind, row) for row in rows]
        self._unit.book.insert(kind, complete)
        if kind == "usage":
            self._note_usage(complete)
            return
        ids = self._unit.book.ids_of(kind, [row["code"] for row in complete])
        self._known.learn(kind, ids)
        edits = [
            Edit(ids[row["code"]], row["code"], self._first_values(kind, row))
            for row in complete
        ]
        note_edits(
            self._unit, _SUBJECTS[kind], edits, self._origin.by, self._now, "added"
        )
        if kind == "contracts":
            self.changed.new_contracts += [ids[row["code"]] for row in complete]

    def _first_values(self, kind: str, row: Values) -> Values:
        """What there is of a new row, for its trail, with the people it names."""
        values = {
            name: value for name, value in _shown(row).items() if value is not None
        }
        for name, column in PEOPLE.get(kind, {}).items():
            self._added[kind].add(row["code"])
            if person := self._people[kind, column].get(row["code"]):
                values[name] = person
        return values

    def _change(self, kind: str, changed: list[Difference]) -> None:
        """Write what is different; what fell due before follows from what was."""
        ids = [
            one.held["id"]
            for one in changed
            if are_read(kind, one.values) and not _is_over(one.values, self._now)
        ]
        unit, rulebook = self._unit, self._rulebook
        before = settled_changes(unit, rulebook, kind, ids, self._now) if ids else []
        self._note_changes(kind, changed)
        if kind == "customers":
            self._associate(changed)
        self._write(kind, changed)
        if before:
            moved = follow_new_facts(
                unit, rulebook, kind, before, self._origin.by, self._now
            )
            self.changed.planned_again += moved

    def _write(self, kind: str, changed: Sequence[Difference]) -> None:
        alike: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
        for held, _, values in changed:
            alike[tuple(values)].append((held["id"], *values.values()))
        for columns, rows in alike.items():
            if columns:
                self._unit.book.update_columns(kind, columns, rows)

    def _associate(self, changed: Sequence[Difference]) -> None:
        for held, row, values in changed:
            if "partner_id" not in values:
                continue
            partner_id = values.pop("partner_id")
            partner = self._known.code("partners", partner_id) if partner_id else None
            change_association(
                self._unit, self._rulebook, held, partner_id, partner, self._origin.by,
                self._now,
            )  # fmt: skip
            # That ended the former partner's ownership; the file's word goes on.
            if "communication_owner" in row:
                values["communication_owner"] = row["communication_owner"]

    def _note_changes(self, kind: str, changed: Sequence[Difference]) -> None:
        if kind == "usage":
            self._note_usage([{**one.held, **one.values} for one in changed])
            return
        edits = [
            Edit(held["id"], held["code"], _shown(values))
            for held, _, values in changed
        ]
        edits = [edit for edit in edits if edit.values]
        note_edits(self._unit, _SUBJECTS[kind], edits, self._origin.by, self._now)
        for held, _, values in changed:
            if kind == "people" and {"email", "slack_user"} & values.keys():
                self._reached(held)
            if kind == "contracts":
                self._note_contract(held["id"], values)

    def _note_usage(self, rows: Sequence[Values]) -> None:
        """A month of usage stands in its contract's trail."""
        codes = {id_: code for code, id_ in self._known.ids("contracts").items()}
        edits = [
            Edit(row["contract_id"], codes[row["contract_id"]], {"usage": _usage(row)})
            for row in rows
        ]
        note_edits(self._unit, "contract", edits, self._origin.by, self._now)
        for row in rows:
            self.changed.used_months[row["contract_id"]].add(row["month"])

    def _note_contract(self, id_: int, values: Values) -> None:
        if "ended_on" in values:
            self.changed.ended_contracts[id_] = values["ended_on"]
        if "contact_limit" in values:
            self.changed.used_months.setdefault(id_, set())

    def _reached(self, person: Values) -> None:
        """What was held for want of this person's address may go out now."""
        if person["customer_id"] is not None:
            self.changed.reachable_customers.add(person["customer_id"])
        if person["partner_id"] is not None:
            self._reached_partners({person["partner_id"]})

    def _reached_partners(self, partner_ids: Iterable[int]) -> None:
        for partner_id in partner_ids:
            customers = self._unit.book.customers_of_partner(partner_id)
            self.changed.reachable_customers.update(customers)


def _different(held: Values, row: Values, origin: Origin) -> Values:
    """What a row says otherwise than is held, in a fixed order."""
    different = {
        name: value
        for name, value in row.items()
        if held[name] != value and not (value is None and name in origin.kept)
    }
    if "contact_limit" in row and not origin.by_hand:
        filed = row["contact_limit"]
        if filed == held["filed_limit"]:
            # An upgrade went beyond it since; the file says nothing new.
            different.pop("contact_limit", None)
        else:
            different["filed_limit"] = filed
    if "started_on" in different:
        different["counted_from"] = None
    return different


def _is_over(values: Values, now: datetime) -> bool:
    """Whether a file brings the end of a contract: nothing falls due any more."""
    ended_on = values.get("ended_on")
    return ended_on is not None and ended_on <= now.date()


def _shown(values: Values) -> Values:
    """What the trail says was set."""
    return {name: value for name, value in values.items() if name not in _OWN}


def _usage(row: Values) -> Values:
    return {name: row[name] for name in ("month", "contacts", "emails_sent")}


def _key(kind: str, row: Mapping[str, Any]) -> Any:
    return (row["contract_id"], row["month"]) if kind == "usage" else row["code"]


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    waiting = iter(rows)
    while chunk := list(islice(waiting, CHUNK)):
        yield chunk
