"""The words that rule files may use: facts, dates, roles, places and effects."""

from collections.abc import Mapping
from dataclasses import dataclass
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
#: The numbers among the facts: the least and the greatest that a book can hold.
NUMBERS: Final[Mapping[str, tuple[int, int]]] = {
    "billing_months": (1, 1_200),
    "commitment_months": (1, 1_200),
    "contact_limit": (0, 999_999_999),
    "contacts": (0, 999_999_999),
    "email_limit": (0, 999_999_999_999),
    "emails_sent": (0, 999_999_999),
}
#: Facts that may be missing in a book: a condition that reads one does not hold then.
MAY_BE_UNKNOWN: Final = frozenset(
    {"contact_limit", "contacts", "email_limit", "emails_sent"}
)


@dataclass(frozen=True, slots=True)
class ChangeType:
    """What a type of contract change demands of its rules.

    `settles` is the effect by which what was agreed comes to apply, `drops` the one
    that closes a change otherwise. A change that `needs_effect` may not just end:
    something would be left open for ever. `usage` above a `limit` opens it, which
    means nothing without the word `opens_with`.
    """

    effective: str
    settles: str
    drops: str
    needs_effect: bool
    usage: str | None = None
    limit: str | None = None
    opens_with: str | None = None


#: The types of contract change, each driven by the machine of its name.
CHANGE_TYPES: Final[Mapping[str, ChangeType]] = {
    "renewal": ChangeType(
        "next term", "start next term", "end contract", needs_effect=True
    ),
    "contact_tier_upgrade": ChangeType(
        "next billing cycle",
        "apply change",
        "drop change",
        needs_effect=False,
        usage="contacts",
        limit="contact_limit",
        opens_with="new_contact_limit",
    ),
    "email_overage": ChangeType(
        "first of next month",
        "apply change",
        "drop change",
        needs_effect=False,
        usage="emails_sent",
        limit="email_limit",
        opens_with="email_limit",
    ),
}
#: Dates that moments may be relative to.
DATES: Final = ("renewal_start",)
#: Moments that every calendar row has: the list of upcoming changes shows them.
REQUIRED_MOMENTS: Final = ("listed", "deadline")
#: Roles that can be told something.
ADDRESSEES: Final = ("owner", "customer_contact", "partner", "vendor_operations")
#: Roles that stand for the customer, or for whom speaks with the customer.
CUSTOMER_SIDE: Final = frozenset({"owner", "customer_contact"})
#: The event by which a customer says no: no date may settle a change after it.
CANCELLING: Final = "request_cancellation"
#: The audience that gets copies.
COPY: Final = "copy"
#: The audiences that a role may turn out to mean, where routing.yaml says no other.
AUDIENCES: Final[Mapping[str, frozenset[str]]] = {
    "owner": frozenset({"customer", "partner", COPY}),
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
#: The kind of reader that each place is.
AUDIENCE_OF: Final[Mapping[str, str]] = {
    "customer.primary_contact": "customer",
    "partner.point_of_contact": "partner",
    "vendor.operations": "operations",
}
#: The place that a role stands for; that of the owner by who owns the conversation.
PLACE_OF: Final[Mapping[tuple[str, ...], str]] = {
    ("owner", "vendor"): "customer.primary_contact",
    ("owner", "partner"): "partner.point_of_contact",
    ("customer_contact",): "customer.primary_contact",
    ("partner",): "partner.point_of_contact",
    ("vendor_operations",): "vendor.operations",
}
#: Effects after which nothing more happens to a change.
START_NEXT_TERM: Final = "start next term"
CLOSING: Final = frozenset(
    {START_NEXT_TERM, "end contract", "apply change", "drop change"}
)
HOLD: Final = "hold"
#: Effects that would cut short what applies until renewal start.
NOT_BEFORE: Final = frozenset({"start next term", "apply change"})


def with_article(change_type: str) -> str:
    """A type of change, as sentences name it."""
    article = "an" if change_type[0] in "aeiou" else "a"
    return f"{article} {change_type.replace('_', ' ')}"
