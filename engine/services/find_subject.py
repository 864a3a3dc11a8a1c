"""What an action is about: whose it is, how it stands, and what can be chosen for it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from engine.domain.access import Action, Actor
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.ownership import DEFAULT, PARTNER, VENDOR
from engine.domain.place import Place
from engine.domain.records import ChangeRow, Person

#: Of a partner's customers, those whose changes are looked at before a choice.
MOST_CUSTOMERS: Final = 50


@dataclass(frozen=True)
class Subject:
    """A change, customer, contract or partner that something is to be done with."""

    kind: str
    code: str
    name: str  # the customer's, or the partner's
    place: Place
    customer: str | None = None
    partner: str | None = None  # its name
    customer_ids: Sequence[int] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    change: ChangeRow | None = None
    people: Sequence[Person] = ()
    partners: Mapping[str, str] = field(default_factory=dict)  # names by code


def find_subject(
    store: Storage, actor: Actor, action: Action, kind: str, code: str
) -> Subject:
    """The subject of an action; refused as the action itself would be."""
    with store.begin(read_only=True) as unit:
        found = _FINDERS[kind](unit, code)
        actor.must(action, found.place, kind, code)
        if action is not Action.ASSOCIATE:
            return found
        partners = unit.book.all_rows("partners")
        return replace(found, partners={row["code"]: row["name"] for row in partners})


def _change(unit: UnitOfWork, code: str) -> Subject:
    row = unit.changes.by_code(code)
    values = {"owner": row.owner_choice or DEFAULT, "renewal_start": row.renewal_start}
    return _of_customer(unit, row.customer_id, "change", row.code, values, row)


def _customer(unit: UnitOfWork, code: str) -> Subject:
    row = unit.book.one("customers", code)
    values = {"owner": row["communication_owner"]}
    return _of_customer(unit, row["id"], "customer", row["code"], values)


def _contract(unit: UnitOfWork, code: str) -> Subject:
    row = unit.book.one("contracts", code)
    names = ("product", "automatic_renewal", "ended_on")
    values = {name: row[name] for name in names}
    return _of_customer(unit, row["customer_id"], "contract", row["code"], values)


def _of_customer(
    unit: UnitOfWork,
    id_: int,
    kind: str,
    code: str,
    values: Mapping[str, Any],
    change: ChangeRow | None = None,
) -> Subject:
    view = unit.book.customer_views([id_])[id_]
    contact = {"contact_id": view["primary_contact_id"], "partner": view["partner"]}
    return Subject(
        kind,
        code,
        view["name"],
        Place(id_, view["partner_id"]),
        view["code"],
        view["partner_name"],
        (id_,),
        {**contact, **values},
        change,
        unit.book.people_of(id_),
    )


def _partner(unit: UnitOfWork, code: str) -> Subject:
    row = unit.book.one("partners", code)
    ids = unit.book.customers_of_partner(row["id"])
    owner = PARTNER if row["owns_conversations"] else VENDOR
    return Subject(
        "partner",
        row["code"],
        row["name"],
        Place(partner_id=row["id"]),
        partner=row["name"],
        customer_ids=ids[:MOST_CUSTOMERS],
        values={"owner": owner, "customers": len(ids)},
    )


_FINDERS: Final[Mapping[str, Callable[[UnitOfWork, str], Subject]]] = {
    "change": _change,
    "customer": _customer,
    "contract": _contract,
    "partner": _partner,
}
