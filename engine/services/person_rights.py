"""Rights over people: nobody gives more than they may, or loses their own unawares."""

from dataclasses import replace
from functools import partial
from typing import Any, Final

from engine.domain.access import Action, Actor, Policy, Side, actor_of
from engine.domain.place import Place
from engine.domain.records import Person
from engine.services.new_rows import NewRow
from engine.services.read_rows import places_of
from engine.services.row_mistakes import Mistakes

#: What somebody is signed in by: whoever sets it could become them.
_REACHED_BY: Final = frozenset({"email", "slack_user"})
_OWNERS: Final = ("customer", "partner")


def check_rights(new: NewRow, policy: Policy, mistakes: Mistakes) -> None:
    """Roles are given and taken by those who may, and no right is gained on the way."""
    if any(mistakes.has(name) for name in (*_OWNERS, "roles")):
        return
    before = _held(new)
    after = _person(new, before)
    _check_roles(new, policy, before, after, mistakes)
    if before is None:
        return
    _check_contact(new, policy, before, after, mistakes)


def _check_contact(
    new: NewRow,
    policy: Policy,
    before: Person,
    after: Person,
    mistakes: Mistakes,
) -> None:
    """What somebody may do as they are now, a contact perhaps, is not lost or gained."""
    is_primary, is_point = new.unit.book.stands(before)
    if is_primary:
        _check_stays(before.customer_id, after.customer_id, "customer", mistakes)
    if is_point:
        _check_stays(before.partner_id, after.partner_id, "partner", mistakes)
    as_contact = partial(
        actor_of, policy, is_primary_contact=is_primary, is_point_of_contact=is_point
    )
    if before.code == new.actor.code:
        if not as_contact(after).may(Action.EDIT_PEOPLE):
            moves = _homes(before) != _homes(after)
            mistakes.add("customer" if moves else "roles", "own_rights")
    elif not _may_all_of(new.actor, as_contact(before), new):
        for name in new.values.keys() & _REACHED_BY:
            mistakes.add(name, "stronger")


def _check_stays(
    before: int | None, after: int | None, name: str, mistakes: Mistakes
) -> None:
    """A contact is one of an organisation's own people for as long as they are one."""
    if before != after:
        mistakes.add(name, "is_contact")


def _check_roles(
    new: NewRow,
    policy: Policy,
    before: Person | None,
    after: Person,
    mistakes: Mistakes,
) -> None:
    """Whoever moves takes no role along: it is taken there, and given here."""
    old = set(before.roles) if before else set()
    moves = before is None or _homes(before) != _homes(after)
    known = {role for side in _sides(after) for role in policy.given_on(side)}
    for role in after.roles:
        if role not in known:
            mistakes.add("roles", "role_unknown", role=role)
    given = set(after.roles) if moves else set(after.roles) - old
    taken = old if moves else old - set(after.roles)
    places = places_of("people", new.held) if new.held else []
    # A role that is none any more may be dropped by anybody.
    taken = {role for role in taken if role in policy.roles}
    for role in sorted(given - _grantable(new.actor, new.places())):
        mistakes.add("roles", "role_not_yours", role=role)
    for role in sorted(taken - _grantable(new.actor, places)):
        mistakes.add("roles", "role_not_yours", role=role)


def _grantable(actor: Actor, places: list[Place]) -> frozenset[str]:
    """The roles that somebody may give and take wherever a person belongs."""
    found = [actor.may_grant(place) for place in places]
    return frozenset.intersection(*found) if found else frozenset()


def _may_all_of(actor: Actor, other: Actor, new: NewRow) -> bool:
    """Whether an actor may do, give and read all that somebody else may, there."""
    assert new.held is not None  # noqa: S101 - of a row that is there
    places = places_of("people", new.held)
    return all(
        actor.may(action, place)
        for action in Action
        for place in places
        if action is not Action.OWN_ACCOUNT and other.may(action, place)
    ) and all(
        other.may_grant(place) <= actor.may_grant(place)
        and other.reads(place) <= actor.reads(place)
        for place in places
    )


def _homes(person: Person) -> tuple[int | None, int | None]:
    return person.customer_id, person.partner_id


def _sides(person: Person) -> list[Side]:
    found = []
    if person.customer_id is not None:
        found.append(Side.CUSTOMER)
    if person.partner_id is not None:
        found.append(Side.PARTNER)
    return found or [Side.VENDOR]


def _held(new: NewRow) -> Person | None:
    if new.held is None:
        return None
    id_ = new.unit.book.ids_of("people", [new.code])[new.code]
    return new.unit.book.people([id_])[id_]


def _person(new: NewRow, before: Person | None) -> Person:
    """Somebody as they will be."""
    customer, partner = new.other("customer"), new.other("partner")
    roles = new.values.get("roles", before.roles if before else ())
    assert isinstance(roles, tuple)  # noqa: S101 - parsed as such
    named: dict[str, Any] = {
        "roles": roles,
        "customer_id": customer["customer_id"] if customer else None,
        "partner_id": partner["partner_id"] if partner else None,
    }
    if before is not None:
        return replace(before, **named)
    return Person(
        id=0, code=new.code, name="", email=None, slack_user=None, language="",
        channel="", **named,
    )  # fmt: skip
