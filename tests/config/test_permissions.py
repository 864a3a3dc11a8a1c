"""Roles are data: what the shipped file grants, and mistakes found when it is read."""

from pathlib import Path

import pytest

from config.permissions import SHIPPED, load_policy
from engine.domain.access import (
    Action,
    Actor,
    NotPermittedError,
    Side,
    actor_of,
    operator,
)
from engine.domain.errors import NotFoundError, ProblemsError
from engine.domain.place import NOBODYS, Place
from engine.domain.records import Person

OWN, OTHER = Place(1, 10), Place(2, 20)


def an_actor(
    *roles: str,
    customer: int | None = None,
    partner: int | None = None,
    primary: bool = False,
    point: bool = False,
) -> Actor:
    person = Person(
        7, "ana", "Ana", None, None, "en", "email", customer, partner, roles
    )
    return actor_of(
        load_policy(SHIPPED),
        person,
        is_primary_contact=primary,
        is_point_of_contact=point,
    )


@pytest.mark.parametrize(
    ("wrong", "instead", "said"),
    [
        ("- answer\n", "- anser\n", 'may: unknown word "anser" (did you mean "answer"?)'),
        ("of: vendor\n", "of: vender\n", 'of: unknown word "vender" (did you mean "vendor"?)'),
        ("held: everybody", "held: anybody", '(did you mean "everybody"?)'),
        ("reads: [customer]", "reads: [custom]", '(did you mean "customer"?)'),
        ("- finance\n", "- finanse\n", 'no role "finanse" that can be given (did you mean "finance"?)'),
        ("    why: Runs", "    wy: Runs", 'unknown word "wy" (did you mean "why"?)'),
        ("permissions: roles", "permissions: all", "permissions:"),
        ("    of: vendor\n", "", "of is missing"),
    ],
)  # fmt: skip
def test_a_mistake_is_found_when_the_file_is_read(
    tmp_path: Path, wrong: str, instead: str, said: str
) -> None:
    file = tmp_path / "permissions.yaml"
    text = SHIPPED.read_text()
    assert wrong in text
    file.write_text(text.replace(wrong, instead, 1))

    with pytest.raises(ProblemsError) as caught:
        load_policy(file)

    assert said in str(caught.value)
    assert str(caught.value).startswith(f"{file}:")


def test_every_action_is_granted_to_somebody() -> None:
    granted = {
        action for role in load_policy(SHIPPED).roles.values() for action in role.may
    }

    assert set(Action) - granted == set()


def test_nobody_but_the_vendor_reaches_everything() -> None:
    roles = [role.name for role in load_policy(SHIPPED).roles.values()]
    for actor in (an_actor(*roles, customer=1), an_actor(*roles, partner=10)):
        for action in Action:
            assert not actor.may(action, OTHER), action
            assert not actor.may(action, NOBODYS), action


def test_somebody_without_a_role_has_an_account_and_nothing_else() -> None:
    for actor in (an_actor(), an_actor(customer=1), an_actor(partner=10)):
        assert [action for action in Action if actor.may(action)] == [
            Action.OWN_ACCOUNT
        ]


def test_a_role_counts_only_where_people_can_hold_it() -> None:
    assert not an_actor("operations", customer=1).may(Action.SEE_CHANGES)
    assert not an_actor("customer_owner").may(Action.SEE_CHANGES)
    assert an_actor("subscription_management", customer=1).may(
        Action.SEE_CUSTOMERS, OWN
    )
    assert an_actor("subscription_management", partner=10).may(
        Action.SEE_CUSTOMERS, OWN
    )


def test_whoever_is_written_to_can_answer() -> None:
    assert an_actor(customer=1, primary=True).may(Action.ANSWER, OWN)
    assert an_actor(partner=10, point=True).may(Action.ANSWER, OWN)


def test_what_cannot_be_seen_is_not_there() -> None:
    member = an_actor("partner_member", partner=10)

    with pytest.raises(NotFoundError, match='no customer "acme"'):
        member.must(Action.CHOOSE_CONTACT, OTHER, "customer", "acme")
    with pytest.raises(NotPermittedError, match="end association"):
        member.must(Action.END_ASSOCIATION, OWN, "customer", "acme")


def test_an_api_key_does_no_more_than_it_was_made_for() -> None:
    actor = an_actor("operations")

    limited = actor.limited([Action.SEE_CHANGES, Action.RUN_CLOCK])

    assert limited.may(Action.SEE_CHANGES, OWN)
    assert not limited.may(Action.ANSWER, OWN)
    assert not an_actor(customer=1).limited([Action.ANSWER]).may(Action.ANSWER, OWN)


def test_roles_are_granted_by_those_whose_own_role_says_so() -> None:
    owner = an_actor("customer_owner", customer=1)

    assert "administrator" in owner.may_grant(OWN)
    assert "customer_owner" not in owner.may_grant(OWN)
    assert owner.may_grant(OTHER) == frozenset()
    assert an_actor("administrator", customer=1).may_grant(OWN) == frozenset()


def test_the_operator_of_the_machine_may_do_everything() -> None:
    assert all(operator().may(action, OTHER) for action in Action)


def test_each_side_can_be_given_the_roles_of_its_kind() -> None:
    policy = load_policy(SHIPPED)

    assert policy.given_on(Side.VENDOR) == ["operations", "finance"]
    assert "subscription_management" in policy.given_on(Side.PARTNER)
    assert "primary_contact" not in policy.given_on(Side.CUSTOMER)
