import pytest

from engine.domain.guards import compile_guard, unreadable
from engine.domain.vocabulary import DECISION_FACTS, NUMBERS, OPENING_FACTS
from engine.domain.worlds import Worlds, worlds_of

FACTS = {**DECISION_FACTS, **OPENING_FACTS}


def worlds_told_apart_by(*texts: str) -> Worlds:
    return worlds_of([compile_guard(text, FACTS) for text in texts])


def never_holds(text: str) -> bool:
    guard = compile_guard(text, FACTS)
    return worlds_of([guard]).never(guard.holds)


def always_holds(text: str) -> bool:
    guard = compile_guard(text, FACTS)
    return worlds_of([guard]).always(guard.holds)


@pytest.mark.req("RULE-2")
@pytest.mark.parametrize(
    "text",
    [
        "starter and not starter",
        "commitment_months < 1",
        "commitment_months > 1200",
        "commitment_months > 3 and commitment_months < 4",
        "commitment_months * 2 == 7",
        "3 * commitment_months - 1 == 4 + commitment_months - 2",
        "-commitment_months > 0",
        "contact_limit < 0",
        "(starter ? commitment_months < 3 : commitment_months > 6)"
        " and commitment_months == 4",
    ],
)
def test_a_condition_that_no_contract_meets_is_known(text: str) -> None:
    assert never_holds(text)


@pytest.mark.req("RULE-2")
@pytest.mark.parametrize(
    "text",
    [
        "starter",
        "starter == has_partner",
        "commitment_months == 7",
        "commitment_months * 2 - 3 >= 24.5",
        "contact_limit == 123456",
        "contacts > contact_limit",
        "contacts * billing_months == 77",
        "(starter ? 3 : 5) < commitment_months and commitment_months == 4",
    ],
)
def test_a_condition_that_some_contract_meets_is_not_called_vain(text: str) -> None:
    assert not never_holds(text)


@pytest.mark.req("RULE-2")
@pytest.mark.parametrize(
    ("text", "always"),
    [
        ("starter or not starter", True),
        ("commitment_months >= 1", True),
        ("commitment_months != 5 or commitment_months == 5", True),
        ("commitment_months != 5", False),
        ("contact_limit >= 0", False),  # it may be unknown
    ],
)
def test_a_condition_that_every_contract_meets_is_known(
    text: str, always: bool
) -> None:
    assert always_holds(text) is always


@pytest.mark.req("RULE-2")
def test_the_contracts_that_are_meant_are_told_by_what_they_have_in_common() -> None:
    found = worlds_told_apart_by("starter", "has_partner", "contact_limit > 5")

    chosen = found.where(lambda world: not world["starter"])
    unknown = found.where(
        lambda world: world["contact_limit"] is None and bool(world["has_partner"])
    )

    assert found.words(chosen) == "starter is false"
    assert found.words(unknown) == "contact_limit is not known and has_partner is true"
    assert found.words(found.samples) == ""


@pytest.mark.req("RULE-2")
def test_nothing_is_claimed_of_conditions_that_cannot_all_be_tried() -> None:
    many = worlds_told_apart_by(
        *(f"{fact} > {n} " for fact in NUMBERS for n in (7, 70, 700))
    )
    unread = worlds_of([unreadable("?")])

    for found in (many, unread):
        assert not found.never(lambda _: False)
        assert not found.always(lambda _: True)
        assert not found.where(lambda _: True)


def test_every_number_that_a_condition_can_read_has_its_bounds() -> None:
    assert {name for name, kind in FACTS.items() if kind is int} == NUMBERS.keys()
