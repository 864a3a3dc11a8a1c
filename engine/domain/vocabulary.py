"""The words that rule files may use: facts, dates, roles, places and effects."""

from collections.abc import Mapping
from typing import Final

#: Facts that guards of states and calendars may read, with their types.
DECISION_FACTS: Final[Mapping[str, type]] = {
    "automatic_renewal": bool,  # silence renews the contract
    "billing_months": int,  # months between bills
    "commitment_months": int,  # length of a term
    "contact_limit": int,  # contacts the tier allows
    "has_partner": bool,  # a partner is associated with the customer
    "notice_out": bool,  # a notice of the present dates was accepted by its channel
    "starter": bool,  # a starter edition
}
#: Facts that an opening may read: the contract's, and one month's usage.
OPENING_FACTS: Final[Mapping[str, type]] = {
    "billing_months": int,
    "commitment_months": int,
    "contact_limit": int,
    "contacts": int,  # contacts held in the month, at their highest
    "email_limit": int,  # emails a month that the contact limit brings
    "emails_sent": int,  # emails sent in the month
    "starter": bool,
}
#: The types of contract change, each driven by the machine of its name.
CHANGE_TYPES: Final = ("renewal", "contact_tier_upgrade", "email_overage")
#: Dates that moments may be relative to.
DATES: Final = ("renewal_start",)
#: Moments that every calendar row has: the list of upcoming changes shows them.
REQUIRED_MOMENTS: Final = ("listed", "deadline")
#: Roles that can be told something.
ADDRESSEES: Final = ("owner", "customer_contact", "partner", "vendor_operations")
#: The audiences that a role may turn out to mean when a message is sent.
AUDIENCES: Final[Mapping[str, frozenset[str]]] = {
    "owner": frozenset({"customer", "partner", "copy"}),
    "customer_contact": frozenset({"customer"}),
    "partner": frozenset({"partner"}),
    "vendor_operations": frozenset({"operations"}),
}
#: Roles that can fire an event.
ACTORS: Final = ("customer_contact", "partner", "vendor_operations")
#: Who answers what a role is asked: all that it may turn out to mean.
ANSWERERS: Final[Mapping[str, tuple[str, ...]]] = {
    "owner": ("customer_contact", "partner"),
    "customer_contact": ("customer_contact",),
    "partner": ("partner",),
    "vendor_operations": ("vendor_operations",),
}
#: Places of the book that a route can name, besides `vendor.` and a role.
PLACES: Final = ("customer.primary_contact", "partner.point_of_contact")
VENDOR_PLACES: Final = ("vendor.operations",)
#: Effects after which nothing more happens to a change.
CLOSING: Final = frozenset(
    {"start next term", "end contract", "apply change", "drop change"}
)
HOLD: Final = "hold"
