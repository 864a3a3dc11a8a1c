"""Role by action by organisation: the policy grants what the matrix says, no more."""

import pytest

from engine.domain.access import HELD_BY, Action, Actor, Side, actor_of
from engine.domain.place import NOBODYS, Place
from engine.domain.records import Person
from tests.support.permission_matrix import COLUMNS, POLICY, rows

OWN = Place(customer_id=1, partner_id=10)
FOREIGN = Place(customer_id=2, partner_id=20)


def holder(role: str, side: Side) -> Actor:
    """Somebody of customer 1 and its partner 10, or of the vendor, with one role."""
    given = (role,) if POLICY.roles[role].held is None else ()
    person = Person(
        7, "ana", "Ana", None, None, "en", "email",
        1 if side is Side.CUSTOMER else None,
        10 if side is Side.PARTNER else None,
        given,
    )  # fmt: skip
    return actor_of(
        POLICY,
        person,
        is_primary_contact=role == "primary_contact",
        is_point_of_contact=role == "point_of_contact",
    )


def test_the_matrix_names_every_action_and_every_role() -> None:
    assert list(rows()) == [str(action) for action in Action]
    assert {role for role, _ in COLUMNS} == set(POLICY.roles)
    assert {POLICY.roles[role].held for role, _ in COLUMNS} == {None, *HELD_BY}
    for role, side in COLUMNS:
        assert side in POLICY.roles[role].sides


@pytest.mark.parametrize("action", list(Action))
def test_each_role_may_do_what_the_matrix_says(action: Action) -> None:
    wanted = rows()[action]

    found = [holder(role, side).may(action, OWN) for role, side in COLUMNS]

    assert dict(zip(COLUMNS, found, strict=True)) == dict(
        zip(COLUMNS, wanted, strict=True)
    )


@pytest.mark.parametrize("action", list(Action))
def test_nobody_but_the_vendor_touches_another_organisations(action: Action) -> None:
    for (role, side), granted in zip(COLUMNS, rows()[action], strict=True):
        vendors = granted and side is Side.VENDOR
        actor = holder(role, side)

        assert actor.may(action, FOREIGN) is vendors, role
        assert actor.may(action, NOBODYS) is vendors, role
        assert actor.may(action) is granted, role
