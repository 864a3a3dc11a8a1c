"""Takes files in as a book: read, checked as a whole, and only then written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from engine.domain.access import Policy, Side
from engine.domain.errors import ProblemsError, TacitError
from engine.domain.interfaces import Storage
from engine.domain.moments import local_day
from engine.domain.ruleset import Rulebook
from engine.services import import_book
from engine.services.imported_values import Defaults
from engine.store.book_files.loading import LoadedBook, load_book
from engine.store.book_files.mapping_files import load_mapping
from engine.store.book_files.references import check_references

Progress = Callable[[int], None]
_KINDS = ("partners", "customers", "people", "contracts")


@dataclass(frozen=True)
class Importing:
    """How a home takes files in; `mappings` is its folder of them."""

    rulebook: Rulebook
    defaults: Defaults
    mappings: Path
    policy: Policy

    def import_book(
        self,
        store: Storage,
        files: Sequence[Path],
        mapping: str | None,
        now: datetime,
        *,
        by: str,
        dry_run: bool,
    ) -> dict[str, dict[str, int]]:
        """The whole of it, in somebody's name; ProblemsError lists all that is wrong."""
        named = self.named_mapping(mapping) if mapping else None
        loaded = self.load(store, files, named, now)
        return import_book.import_book(
            store,
            self.rulebook,
            loaded.rows,
            self.defaults,
            now,
            dry_run=dry_run,
            origin=import_book.Origin(by),
        )

    def named_mapping(self, name: str) -> Path:
        """The home's mapping of this name, and no file outside its folder."""
        known = sorted(file.stem for file in self.mappings.glob("*.yaml"))
        if name not in known:
            listed = ", ".join(known) or "none"
            raise TacitError(f'there is no mapping "{name}" (known: {listed})')
        return self.mappings / f"{name}.yaml"

    def load(
        self,
        store: Storage,
        files: Sequence[Path],
        mapping: Path | None,
        now: datetime,
        progress: Progress | None = None,
    ) -> LoadedBook:
        """The files, read and checked against the book; ProblemsError if it cannot be."""
        today = local_day(now, self.defaults.time_zone)
        mapped = load_mapping(mapping, today) if mapping else None
        loaded = load_book(files, mapped, progress)
        if loaded.errors:
            raise ProblemsError(loaded.problems)
        with store.begin(read_only=True) as unit:
            known = {kind: unit.book.ids(kind) for kind in _KINDS}
            affiliations = unit.book.affiliations()
        roles = {str(side): self.policy.given_on(side) for side in Side}
        problems = check_references(loaded.rows, known, affiliations, roles)
        if problems:
            raise ProblemsError(problems)
        if not loaded.counts:
            raise TacitError("there is not one row in these files")
        return loaded
