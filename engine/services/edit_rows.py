"""Rows of the book, added and changed one at a time by whoever may."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from engine.domain.access import Actor, Policy
from engine.domain.book import KINDS, Field, Row, Value
from engine.domain.errors import StaleError
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.ruleset import Rulebook
from engine.services.import_book import BookImport, Origin
from engine.services.imported_values import Defaults
from engine.services.new_rows import NewRow, check_places, check_references
from engine.services.person_rights import check_rights
from engine.services.read_rows import EDITS, NAMES, places_of, tag_of, visible_row
from engine.services.row_mistakes import Mistakes, RowRefusedError

#: Fields that an empty text does not clear: there is always a zone and a language.
_DEFAULTED: Final = frozenset({"time_zone", "language"})
Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Edited:
    """What became of an edit: the row's code, whether it is another, what followed."""

    code: str
    is_changed: bool
    followed: Mapping[str, int]


@dataclass(frozen=True)
class RowEditor:
    """Adds and changes rows, each in one transaction that its actor may make.

    Values are texts by field, as a file has them; a field that is not among them
    stays. RowRefusedError says everything that is wrong with them, by field.
    """

    store: Storage
    rulebook: Rulebook
    policy: Policy
    defaults: Defaults
    actor: Actor
    now: datetime

    def add(self, kind: str, values: Values) -> Edited:
        """Add a row."""
        self.actor.must_somewhere(EDITS[kind])
        mistakes = Mistakes()
        read = self._read(KINDS[kind].fields, values, mistakes)
        for each in KINDS[kind].fields:
            if each.required and each.name not in values:
                mistakes.add(each.name, "missing")
        with self.store.begin() as unit:
            new = NewRow(unit, self.actor, kind, None, read)
            if "code" in read:
                _check_code(unit, kind, str(read["code"]), mistakes)
            return self._write(unit, new, mistakes)

    def change(
        self, kind: str, code: str, values: Values, seen: str | None = None
    ) -> Edited:
        """Change a row; StaleError if it is no longer as its tag `seen` says."""
        mistakes = Mistakes()
        key = KINDS[kind].key
        fields = [each for each in KINDS[kind].fields if each.name not in key]
        read = self._read(tuple(fields), values, mistakes)
        with self.store.begin() as unit:
            held = visible_row(unit, self.actor, kind, code)
            for place in places_of(kind, held):
                self.actor.must(EDITS[kind], place, NAMES[kind], code)
            if seen is not None and seen != tag_of(held):
                raise StaleError(code)
            changed = {
                name: value
                for name, value in read.items()
                if value != _held_value(held, name)
            }
            return self._write(
                unit, NewRow(unit, self.actor, kind, held, changed), mistakes
            )

    def _read(
        self, fields: tuple[Field, ...], values: Values, mistakes: Mistakes
    ) -> dict[str, Value]:
        read: dict[str, Value] = {}
        for each in fields:
            if each.name not in values:
                continue
            text = values[each.name].strip()
            if not text and each.name in _DEFAULTED:
                text = getattr(self.defaults, each.name)
            if not text and each.required:
                mistakes.add(each.name, "missing")
                continue
            try:
                read[each.name] = each.parse(text) if text else each.default
            except ValueError as reason:
                mistakes.add(each.name, "unreadable", said=str(reason))
        return read

    def _write(self, unit: UnitOfWork, new: NewRow, mistakes: Mistakes) -> Edited:
        check_references(new, mistakes)
        check_places(new, mistakes)
        if new.kind == "people":
            check_rights(new, self.policy, mistakes)
        if new.held is None:
            _check_month(new, mistakes)
        if mistakes.found:
            raise RowRefusedError(mistakes.found)
        code = new.code
        if new.held is not None and not new.values:
            return Edited(code, False, {})
        row = Row(new.kind, new.with_key, "", 0)
        origin = Origin(self.actor.code, by_hand=True)
        importing = BookImport(unit, self.rulebook, self.defaults, self.now, origin)
        counts = importing.take_in([row])
        unit.commit()
        return Edited(code, True, counts["changes"])


def _held_value(held: Mapping[str, Any], name: str) -> Value:
    value: Value = held[name]
    if name == "roles":
        return tuple(role for role in str(value).split("|") if role)
    return value


def _check_code(unit: UnitOfWork, kind: str, code: str, mistakes: Mistakes) -> None:
    """A code is one row's, and codes that differ in capitals only are one, misspelt."""
    if unit.directory.spelt(kind, code) is not None:
        mistakes.add("code", "taken", code=code)


def _check_month(new: NewRow, mistakes: Mistakes) -> None:
    """A month of usage is there once."""
    key = KINDS[new.kind].key
    if key == KINDS["usage"].key and all(name in new.values for name in key):
        if mistakes.has("contract"):
            return
        if new.unit.directory.one(new.kind, new.code) is not None:
            mistakes.add("month", "taken", code=new.code)
