"""Who tells the customer: the most specific choice wins."""

import pytest

from engine.domain.ownership import communication_owner


@pytest.mark.req("REN-8")
@pytest.mark.parametrize(
    ("change", "customer", "partner_owns", "owner"),
    [
        (None, "default", False, "vendor"),
        (None, "default", True, "partner"),
        (None, "vendor", True, "vendor"),
        (None, "partner", False, "partner"),
        ("vendor", "partner", True, "vendor"),
        ("partner", "vendor", False, "partner"),
        ("vendor", "default", True, "vendor"),
        ("partner", "default", False, "partner"),
    ],
    ids=[
        "nobody chose",
        "the partner's standing choice",
        "the customer's goes before the partner's",
        "the customer's goes before the vendor's default",
        "the change's goes before all others",
        "the change's goes before the customer's",
        "the change's goes before the partner's",
        "the change's alone",
    ],
)
def test_the_most_specific_choice_wins(
    change: str | None, customer: str, partner_owns: bool, owner: str
) -> None:
    found = communication_owner(
        change_choice=change, customer_choice=customer, partner_owns=partner_owns
    )

    assert found == owner


@pytest.mark.req("REN-8", "REN-14")
@pytest.mark.parametrize("change", [None, "vendor", "partner"])
@pytest.mark.parametrize("customer", ["default", "vendor", "partner"])
def test_without_a_partner_the_vendor_owns_the_conversation(
    change: str | None, customer: str
) -> None:
    found = communication_owner(
        change_choice=change, customer_choice=customer, partner_owns=None
    )

    assert found == "vendor"
