"""The whole book as sheets, in the form that `import` takes back."""

from collections.abc import Iterator
from typing import Any, Final

from engine.domain.book import KINDS, Cell, Field, Kind, as_cell
from engine.domain.interfaces import Storage, UnitOfWork

#: Fields that name another row, with the column of its id and the kind of that row.
_NAMES: Final = {
    "partner": ("partner_id", "partners"),
    "customer": ("customer_id", "customers"),
    "contract": ("contract_id", "contracts"),
    "point_of_contact": ("point_of_contact_id", "people"),
    "primary_contact": ("primary_contact_id", "people"),
}

Sheet = tuple[list[str], list[list[Cell]]]


def sheets(store: Storage) -> dict[str, Sheet]:
    """Every kind of row: its header and its rows."""
    with store.begin(read_only=True) as unit:
        codes = {
            kind: {id_: code for code, id_ in unit.book.ids(kind).items()}
            for kind in ("partners", "customers", "contracts", "people")
        }
        return {
            name: (list(kind.names), list(_rows(unit, kind, codes)))
            for name, kind in KINDS.items()
        }


def _rows(
    unit: UnitOfWork, kind: Kind, codes: dict[str, dict[int, str]]
) -> Iterator[list[Cell]]:
    for row in unit.book.all_rows(kind.name):
        yield [_cell(row, each, codes) for each in kind.fields]


def _cell(row: dict[str, Any], field: Field, codes: dict[str, dict[int, str]]) -> Cell:
    if field.name in _NAMES:
        column, kind = _NAMES[field.name]
        return codes[kind].get(row[column]) if row[column] is not None else None
    return as_cell(field, row[field.name])
