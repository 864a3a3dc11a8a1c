"""Who tells the customer: the most specific choice wins."""

from typing import Final

VENDOR: Final = "vendor"
PARTNER: Final = "partner"
DEFAULT: Final = "default"


def communication_owner(
    *,
    change_choice: str | None,
    customer_choice: str,
    partner_owns: bool | None,
) -> str:
    """`vendor` or `partner`.

    `partner_owns` is the partner's standing choice; None where no partner is
    associated, in which case nobody but the vendor can own the conversation.
    """
    if partner_owns is None:
        return VENDOR
    if change_choice is not None:
        return change_choice
    if customer_choice != DEFAULT:
        return customer_choice
    return PARTNER if partner_owns else VENDOR


def deciding_choice(
    *, change_choice: str | None, customer_choice: str, partner_owns: bool | None
) -> str:
    """Whose choice makes the owner what it is: the most specific that there is.

    `nobody` where no partner is associated, so that there is nothing to choose.
    """
    if partner_owns is None:
        return "nobody"
    if change_choice is not None:
        return "change"
    return "customer" if customer_choice != DEFAULT else "partner"
