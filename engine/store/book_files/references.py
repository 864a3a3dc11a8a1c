"""Checks that what the rows of a book refer to is there, in the book or held already."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from engine.domain.book import KINDS, Kind, Row
from engine.domain.problems import Problem, did_you_mean
from engine.store.book_files.complaints import Complaints
from engine.store.book_files.tables import cell_problem

#: Whom a row may name for itself: somebody whose own field names that row.
OWN_PEOPLE: Final[Mapping[str, tuple[str, str]]] = {
    "customers": ("primary_contact", "customer"),
    "partners": ("point_of_contact", "partner"),
}

Affiliations = Mapping[str, Mapping[str, str | None]]
#: The roles that people can be given, by the side that they are of.
Roles = Mapping[str, Collection[str]]


def check_references(
    rows: Iterable[Row],
    known: Mapping[str, Collection[str]],
    affiliations: Affiliations | None = None,
    roles: Roles | None = None,
) -> tuple[Problem, ...]:
    """What is wrong between the rows; they are read twice.

    Args:
        rows: Rows that can be iterated again, such as those of a LoadedBook.
        known: The codes that are held already, by kind.
        affiliations: Whose the people held already are: under "customer" and
            "partner", a code for each person's code.
        roles: The roles that there are for people of each side; None: any.
    """
    present = _Present(known, affiliations or {}, roles)
    for row in rows:
        present.add(row)
    complaints = Complaints()
    for row in rows:
        for problem in _problems(row, present):
            complaints.add(problem)
    return complaints.all()


@dataclass(slots=True)
class _Present:
    """All that a row may refer to: what is held already, and what the rows bring."""

    known: Mapping[str, Collection[str]]
    affiliations: Affiliations
    roles: Roles | None = None
    codes: dict[str, set[str]] = field(
        default_factory=lambda: {name: set() for name in _referred_kinds()}
    )
    people: dict[tuple[str, str], object] = field(default_factory=dict)
    #: By kind and small letters: how a code was first spelt.
    spellings: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for kind, codes in self.known.items():
            for code in codes:
                self.spellings[kind, code.casefold()] = code

    def add(self, row: Row) -> None:
        if row.kind not in self.codes:
            return
        code = str(row.values["code"])
        self.codes[row.kind].add(code)
        self.spellings.setdefault((row.kind, code.casefold()), code)
        if row.kind == "people":
            for _, whose in OWN_PEOPLE.values():
                if whose in row.values:
                    self.people[whose, code] = row.values[whose]

    def has(self, kind: str, code: str) -> bool:
        return code in self.codes[kind] or code in self.known.get(kind, ())

    def affiliation(self, whose: str, person: str) -> object:
        """The new word on whose a person is, else what is held already."""
        held = self.affiliations.get(whose, {}).get(person)
        return self.people.get((whose, person), held)

    def sides(self, person: str) -> list[str]:
        """Of which organisations somebody is; who is of no other is the vendor's."""
        whose = (each for _, each in OWN_PEOPLE.values())
        return [one for one in whose if self.affiliation(one, person)] or ["vendor"]


def _referred_kinds() -> set[str]:
    fields = (each for kind in KINDS.values() for each in kind.fields)
    return {each.refers_to for each in fields if each.refers_to}


def _problems(row: Row, present: _Present) -> Iterator[Problem]:
    kind = KINDS[row.kind]
    yield from _unknown(row, kind, present)
    yield from _spelt_otherwise(row, present)
    yield from _unknown_roles(row, present)
    field_name, whose = OWN_PEOPLE.get(kind.name, ("", ""))
    person = row.values.get(field_name)
    if not isinstance(person, str) or not present.has("people", person):
        return
    if present.affiliation(whose, person) != row.values["code"]:
        message = (
            f'{field_name} "{person}" is not one of the people of '
            f'{whose} "{row.values["code"]}"'
        )
        hint = f'the person\'s {whose} should be "{row.values["code"]}"'
        yield _problem(row, field_name, message, hint)


def _spelt_otherwise(row: Row, present: _Present) -> Iterator[Problem]:
    """Two codes that differ in small and capital letters only are one, misspelt."""
    code = str(row.values.get("code", ""))
    first = present.spellings.get((row.kind, code.casefold()), code)
    held = code in present.known.get(row.kind, ())
    if first != code and not held:
        message = f'code "{code}" is "{first}" in other letters'
        yield _problem(row, "code", message, f'write "{first}", or choose another code')


def _unknown_roles(row: Row, present: _Present) -> Iterator[Problem]:
    """Roles that nobody of this person's organisation can be given."""
    given = row.values.get("roles")
    if row.kind != "people" or present.roles is None or not isinstance(given, tuple):
        return
    sides = present.sides(str(row.values["code"]))
    known = [role for side in sides for role in present.roles.get(side, ())]
    for role in given:
        if role not in known:
            whose = " or ".join(f"the {side}'s" for side in sides)
            message = f'role "{role}" is not one that {whose} people can be given'
            yield _problem(row, "roles", message, did_you_mean(role, known))


def _unknown(row: Row, kind: Kind, present: _Present) -> Iterator[Problem]:
    for each in kind.fields:
        code = row.values.get(each.name)
        if each.refers_to is None or not isinstance(code, str):
            continue
        if not present.has(each.refers_to, code):
            message = f'{each.name} "{code}" is not among the {each.refers_to}'
            hint = "neither in these files nor in the book"
            yield _problem(row, each.name, message, hint)


def _problem(row: Row, name: str, message: str, hint: str) -> Problem:
    return cell_problem(
        row.file,
        row.line,
        row.columns.get(name, 1),
        message=message,
        hint=hint,
        sheet=row.sheet,
    )
