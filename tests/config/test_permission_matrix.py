"""Role by action by organisation: the whole matrix, written out beside the policy.

A change of `config/permissions.yaml` that nobody meant is a difference from this page.
"""

import pytest

from config.permissions import SHIPPED, load_policy
from engine.domain.access import HELD_BY, Action, Actor, Side, actor_of
from engine.domain.place import NOBODYS, Place
from engine.domain.records import Person

OWN = Place(customer_id=1, partner_id=10)
FOREIGN = Place(customer_id=2, partner_id=20)
#: The columns: a role, and the side of whoever holds it.
COLUMNS = [
    ("operations", Side.VENDOR),
    ("finance", Side.VENDOR),
    ("colleague", Side.VENDOR),
    ("partner_administrator", Side.PARTNER),
    ("partner_member", Side.PARTNER),
    ("point_of_contact", Side.PARTNER),
    ("partner_colleague", Side.PARTNER),
    ("customer_owner", Side.CUSTOMER),
    ("billing_administrator", Side.CUSTOMER),
    ("administrator", Side.CUSTOMER),
    ("user", Side.CUSTOMER),
    ("primary_contact", Side.CUSTOMER),
    ("customer_colleague", Side.CUSTOMER),
    ("subscription_management", Side.PARTNER),
    ("subscription_management", Side.CUSTOMER),
]
# x: may do it with what is their organisation's own (the vendor's is everything).
MATRIX = """
                       vendor  partner   customer      subscriptions
own account            x x x   x x x x   x x x x x x   x x
see changes            x x .   x x x .   x x x . x .   . .
answer                 x . .   x x x .   x x . . x .   . .
choose owner           x . .   x x x .   . . . . . .   . .
move dates             x . .   . . . .   . . . . . .   . .
see amounts            x x .   x x x .   x x . . x .   . .
see customers          x x .   x x x .   x x x . x .   x x
choose contact         x . .   x x x .   x . . . . .   . .
associate              x . .   . . . .   . . . . . .   . .
end association        x . .   x . . .   . . . . . .   . .
set terms              x . .   . . . .   . . . . . .   . .
see partners           x x .   x x x .   . . . . . .   . .
choose standing owner  x . .   x . . .   . . . . . .   . .
see people             x x .   x x x .   x x x . x .   . .
edit people            x . .   x . . .   x . x . . .   . .
grant roles            x . .   x . . .   x . . . . .   . .
edit book              x . .   . . . .   . . . . . .   . .
import book            x . .   . . . .   . . . . . .   . .
export book            x x .   x . . .   . . . . . .   . .
see messages           x . .   x x x .   x x . . x .   . .
release messages       x . .   . . . .   . . . . . .   . .
see attention          x . .   . . . .   . . . . . .   . .
see rules              x . .   . . . .   . . . . . .   . .
simulate               x x .   . . . .   . . . . . .   . .
see trail              x . .   . . . .   . . . . . .   . .
run clock              x . .   . . . .   . . . . . .   . .
manage webhooks        x . .   . . . .   . . . . . .   . .
manage accounts        x . .   . . . .   . . . . . .   . .
see metrics            x . .   . . . .   . . . . . .   . .
"""
POLICY = load_policy(SHIPPED)


def rows() -> dict[str, list[bool]]:
    """By action, whether each column may do it."""
    found = {}
    for line in MATRIX.strip().splitlines()[1:]:
        found[line[:22].strip()] = [mark == "x" for mark in line[22:].split()]
    return found


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
