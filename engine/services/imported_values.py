"""Turns a file's rows into the columns that keep them; codes become ids."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.domain.book import KINDS, Row
from engine.domain.interfaces import UnitOfWork

Values = dict[str, Any]

#: Fields that name another row, and the column that keeps its id.
_REFERENCES: Final[Mapping[str, tuple[str, str]]] = {
    "partner": ("partner_id", "partners"),
    "customer": ("customer_id", "customers"),
    "contract": ("contract_id", "contracts"),
}
#: Fields that name people, who are only known once every row is in.
PEOPLE: Final[Mapping[str, Mapping[str, str]]] = {
    "partners": {"point_of_contact": "point_of_contact_id"},
    "customers": {"primary_contact": "primary_contact_id"},
}


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a row that says nothing gets: the vendor's own zone and language."""

    time_zone: str
    language: str


class ImportedValues:
    """Knows the ids of all that rows refer to, and what they leave out."""

    def __init__(self, unit: UnitOfWork, defaults: Defaults) -> None:
        self._unit = unit
        self._defaults = defaults
        self._ids: dict[str, dict[str, int]] = {}

    def id(self, kind: str, code: str) -> int:
        return self.ids(kind)[code]

    def ids(self, kind: str) -> dict[str, int]:
        """The ids of a kind by code, as they were when first asked, plus `learn`."""
        if kind not in self._ids:
            self._ids[kind] = self._unit.book.ids(kind)
        return self._ids[kind]

    def learn(self, kind: str, ids: Mapping[str, int]) -> None:
        """Take in the ids of rows that were just inserted."""
        if kind in self._ids:
            self._ids[kind].update(ids)

    def code(self, kind: str, id_: int | None) -> str | None:
        """The code of an id; for the few rows that need it."""
        found = (code for code, each in self.ids(kind).items() if each == id_)
        return next(found, None)

    def columns(self, row: Row) -> Values:
        """A row's values by the columns that keep them, without the people."""
        columns: Values = {}
        for name, value in row.values.items():
            if name in PEOPLE.get(row.kind, {}):
                continue
            if name in _REFERENCES:
                column, kind = _REFERENCES[name]
                columns[column] = self.id(kind, str(value)) if value else None
            elif name == "roles":
                columns[name] = "|".join(value) if isinstance(value, tuple) else ""
            else:
                columns[name] = value
        return columns

    def complete(self, kind: str, row: Values) -> Values:
        """Every column a value, so that a chunk is one statement."""
        full: Values = {}
        for each in KINDS[kind].fields:
            if each.name in PEOPLE.get(kind, {}):
                continue
            name = _REFERENCES.get(each.name, (each.name, ""))[0]
            default = "" if each.name == "roles" else each.default
            full[name] = row.get(name, default)
        if "time_zone" in full:
            full["time_zone"] = full["time_zone"] or self._defaults.time_zone
        if "language" in full:
            full["language"] = full["language"] or self._defaults.language
        if "contact_limit" in full:
            full["filed_limit"] = full["contact_limit"]
        return full
