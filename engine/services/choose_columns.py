"""The columns of the list that somebody chose, in their order; kept per person."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from engine.domain.interfaces import Storage
from engine.services.list_changes import AMOUNTS, COLUMNS, LOCKED, chosen_columns

PREFERENCE: Final = "columns"
LOCKED_COLUMNS: Final = tuple(column.name for column in COLUMNS[:LOCKED])
#: A currency stands beside its amount, and what is overdue beside its status.
_BESIDE: Final = frozenset({"currency", "overdue"})
CHOOSABLE: Final = tuple(
    column.name for column in COLUMNS[LOCKED:] if column.name not in _BESIDE
)
USUAL: Final = ("primary_contact", "renewal_start", "id")
MOVES: Final = ("add", "remove", "up", "down")


def columns_of(
    preferences: Mapping[str, str], *, with_amounts: bool
) -> tuple[str, ...]:
    """The locked columns, then those that a person prefers, or else the usual ones."""
    chosen = _chosen(preferences)
    hidden = frozenset() if with_amounts else AMOUNTS
    return (*LOCKED_COLUMNS, *(name for name in chosen if name not in hidden))


def move_column(store: Storage, person_id: int, move: str, name: str) -> None:
    """Add a column at the end, remove it, or move it by one; TacitError if unknown."""
    chosen_columns([name])  # refuses what is no column
    with store.begin() as unit:
        before = _chosen(unit.accounts.preferences(person_id))
        after = _moved(before, move, name) if name in CHOOSABLE else before
        if after != before:
            unit.accounts.prefer(person_id, PREFERENCE, json.dumps(after))
            unit.commit()


def usual_columns(store: Storage, person_id: int) -> None:
    """Forget what somebody chose."""
    with store.begin() as unit:
        unit.accounts.prefer(person_id, PREFERENCE, None)
        unit.commit()


def _chosen(preferences: Mapping[str, str]) -> list[str]:
    """What is kept, without columns that an earlier version had."""
    kept = preferences.get(PREFERENCE)
    names = USUAL if kept is None else json.loads(kept)
    return [name for name in names if name in CHOOSABLE]


def _moved(names: Sequence[str], move: str, name: str) -> list[str]:
    left = [one for one in names if one != name]
    if move == "remove" or (name not in names and move != "add"):
        return left
    if name not in names:
        return [*left, name]
    place = names.index(name) + {"up": -1, "down": 1}.get(move, 0)
    place = max(0, place)
    return [*left[:place], name, *left[place:]]
