"""The fields of a row's form: how each is asked for, and what may be chosen."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from zoneinfo import available_timezones

from engine.domain import parsing
from engine.domain.access import Action
from engine.domain.book import KINDS, Field
from engine.services.read_rows import (
    SEES,
    ShownRow,
    list_rows,
    people_to_choose,
)
from engine.services.row_mistakes import Mistake
from web.back_office.words import (
    CHOICES,
    HINTS,
    SIDES,
    TITLES,
    VALUES,
    mistake_text,
)
from web.forms import choices_of, text_of
from web.rendering import words_of
from web.visits import Form, Visit

#: More than these are not offered in a list: a code is typed.
MOST_OFFERED: Final = 200
#: Whoever is written to is one of the row's own people: there are none before it is.
OWN_PEOPLE: Final = frozenset({"primary_contact", "point_of_contact"})
#: Beside the boxes of roles: without it, none ticked would look like none asked for.
_ROLES_ASKED: Final = "roles_asked"


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that may be chosen; `note` says more of it."""

    value: str
    label: str
    note: str = ""
    is_chosen: bool = False
    is_fixed: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """One field as a form asks for it."""

    name: str
    title: str
    widget: str  # text, email, day, number, choice, one of many (lookup) or roles
    value: str
    hint: str
    required: bool
    wrong: str
    options: Sequence[Option] = ()


def fields_of(
    visit: Visit,
    kind: str,
    row: ShownRow | None,
    values: Mapping[str, str],
    mistakes: Mapping[str, Mistake],
) -> list[Asked]:
    """The form of a row, or of a new one, with what is wrong beside its fields."""
    word = words_of(visit.site.words[visit.language])
    found = []
    for each in asked_for(visit, kind, row):
        name, value = each.name, values.get(each.name, "")
        wrong = mistakes.get(name)
        hint = HINTS.get(name)
        found.append(
            Asked(
                name,
                visit.say(TITLES[name]),
                _widget(each),
                value,
                visit.say(hint) if hint else "",
                each.required,
                mistake_text(visit, wrong, word) if wrong else "",
                _options(visit, each, row, value),
            )
        )
    return found


def asked_for(visit: Visit, kind: str, row: ShownRow | None) -> list[Field]:
    """The fields that can be filled in: not what a row is called by, once it is there."""
    if row is None:
        sees = visit.actor.may(Action.SEE_AMOUNTS)
        return [
            each
            for each in KINDS[kind].fields
            if each.name not in OWN_PEOPLE and (sees or not each.is_money)
        ]
    key = KINDS[kind].key
    return [
        each
        for each in KINDS[kind].fields
        if each.name not in key and each.name in row.values
    ]


def values_given(
    visit: Visit, kind: str, row: ShownRow | None, form: Form
) -> dict[str, str]:
    """What was filled in, as texts by field; what was not asked for is not there."""
    given = {
        each.name: text_of(form, each.name)
        for each in asked_for(visit, kind, row)
        if each.name in form and each.name != "roles"
    }
    if kind == "people" and _ROLES_ASKED in form:
        given["roles"] = "|".join(_roles_given(visit, row, form))
    return given


def _roles_given(visit: Visit, row: ShownRow | None, form: Form) -> list[str]:
    """Those that were ticked, and those held that the visitor could not have taken."""
    grantable = visit.actor.grants_anywhere()
    ticked = choices_of(form, "roles")
    held = row.values["roles"].split("|") if row else []
    kept = [role for role in held if role in visit.site.policy.roles]
    kept = [role for role in kept if role not in grantable]
    return [*dict.fromkeys(role for role in (*ticked, *kept) if role)]


def _widget(field: Field) -> str:
    if field.name == "roles":
        return "roles"
    if field.name in CHOICES or field.name in OWN_PEOPLE:
        return "choice"
    if field.refers_to or field.name == "time_zone":
        return "lookup"
    return _WIDGETS.get(field.parse, "text")


_WIDGETS: Final[Mapping[Any, str]] = {
    parsing.day: "day",
    parsing.email: "email",
    parsing.whole: "number",
    parsing.positive: "number",
}


def _options(
    visit: Visit, field: Field, row: ShownRow | None, value: str
) -> list[Option]:
    name = field.name
    if name == "roles":
        return list(_roles(visit, value))
    if name in CHOICES:
        found = [Option(each, visit.say(VALUES[each])) for each in CHOICES[name]]
        return found if value else [Option("", ""), *found]
    if name in OWN_PEOPLE and row is not None:
        people = people_to_choose(visit.site.store, visit.actor, row, MOST_OFFERED)
        found = [Option(one["code"], one["values"]["name"]) for one in people]
        return [Option("", visit.say("nobody")), *found]
    if name == "time_zone":
        return [Option(zone, "") for zone in _zones()]
    return list(_codes(visit, field.refers_to)) if field.refers_to else []


def _codes(visit: Visit, kind: str) -> Iterator[Option]:
    """The codes of rows that can be referred to, where they are few."""
    if not visit.actor.may(SEES[kind]):
        return
    store = visit.site.store
    found = list_rows(store, visit.actor, kind, "", offset=0, limit=MOST_OFFERED)
    if found.count > MOST_OFFERED:
        return
    for one in found.rows:
        values = one["values"]
        yield Option(one["code"], values.get("name") or values.get("product", ""))


def _roles(visit: Visit, value: str) -> Iterator[Option]:
    """The roles that the visitor may give, and those that are held."""
    held = [role for role in value.split("|") if role]
    grantable = visit.actor.grants_anywhere()
    word = words_of(visit.site.words[visit.language])
    for role in visit.site.policy.roles.values():
        if role.name in grantable or role.name in held:
            sides = [visit.say(SIDES[side]) for side in SIDES if side in role.sides]
            yield Option(
                role.name,
                word("role_names", role.name),
                ", ".join(sides),
                role.name in held,
                role.name not in grantable,
            )


@cache
def _zones() -> list[str]:
    """Names of time zones as people know them: of a continent and a city."""
    return sorted(
        zone
        for zone in available_timezones()
        if "/" in zone and not zone.startswith(("Etc/", "SystemV/", "US/", "posix"))
    )
