"""What the back office calls kinds, fields and their values."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from babel.numbers import format_decimal

from engine.domain.parsing import LANGUAGES
from engine.services.row_mistakes import Mistake
from notifiers.wording import babel_locale
from web.rendering import short_day
from web.visits import Visit


def _(text: str) -> str:
    """Mark a sentence for translation."""
    return text


#: In the order of the tabs.
KINDS: Final[Mapping[str, str]] = {
    "customers": _("Customers"),
    "people": _("People"),
    "contracts": _("Contracts"),
    "partners": _("Partners"),
    "sites": _("Sites"),
    "usage": _("Usage"),
}
ADD: Final[Mapping[str, str]] = {
    "customers": _("Add a customer"),
    "people": _("Add a person"),
    "contracts": _("Add a contract"),
    "partners": _("Add a partner"),
    "sites": _("Add a site"),
    "usage": _("Add a month of usage"),
}
TITLES: Final[Mapping[str, str]] = {
    "code": _("Code"),
    "name": _("Name"),
    "owns_conversations": _("Owns every conversation"),
    "point_of_contact": _("Point of contact"),
    "domain": _("Website"),
    "hub_id": _("Hub ID"),
    "time_zone": _("Time zone"),
    "language": _("Language"),
    "partner": _("Partner"),
    "communication_owner": _("Communication owner"),
    "primary_contact": _("Primary contact"),
    "email": _("Mail address"),
    "slack_user": _("Slack member ID"),
    "channel": _("Reached by"),
    "customer": _("Customer"),
    "roles": _("Roles"),
    "product": _("Product"),
    "started_on": _("First day"),
    "commitment_months": _("Commitment, in months"),
    "automatic_renewal": _("Automatic renewal"),
    "billing_months": _("Months between bills"),
    "starter": _("Starter edition"),
    "contact_limit": _("Contact limit"),
    "currency": _("Currency"),
    "mrr": _("Current MRR"),
    "new_mrr": _("Estimated new MRR"),
    "ended_on": _("Ends on"),
    "contract": _("Contract"),
    "month": _("Month"),
    "contacts": _("Contacts"),
    "emails_sent": _("Emails sent"),
}
HINTS: Final[Mapping[str, str]] = {
    "code": _("Letters, digits and . _ : @ + -. It stays as it is once it is saved."),
    "owns_conversations": _("Yes: the partner tells its customers, not the vendor."),
    "point_of_contact": _("One of the partner’s own people; gets what it is told."),
    "domain": _("Such as acme.example."),
    "hub_id": _("The account’s number in the product."),
    "time_zone": _("Such as Europe/Paris. Left empty, it is the vendor’s."),
    "partner": _("The partner’s code."),
    "primary_contact": _("One of the customer’s own people; gets what it is told."),
    "slack_user": _("Such as U024BE7LH."),
    "customer": _("The customer’s code."),
    "started_on": _("Every anniversary follows from it."),
    "contact_limit": _("Left empty, there is none."),
    "currency": _("Three capital letters, such as EUR."),
    "mrr": _("Such as 1200.50."),
    "new_mrr": _("Such as 1200.50."),
    "ended_on": _("The first day without the contract. Left empty, it goes on."),
    "contract": _("The contract’s code."),
    "month": _("Such as 2026-10."),
    "contacts": _("At their highest in that month."),
    "roles": _("A role counts in the person’s own organisation only."),
}
YES_OR_NO: Final = ("yes", "no")
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "language": LANGUAGES,
    "channel": ("email", "slack", "both"),
    "communication_owner": ("default", "vendor", "partner"),
    "owns_conversations": YES_OR_NO,
    "automatic_renewal": YES_OR_NO,
    "starter": YES_OR_NO,
}
VALUES: Final[Mapping[str, str]] = {
    "yes": _("yes"),
    "no": _("no"),
    "en": _("English"),
    "fr": _("French"),
    "email": _("email"),
    "slack": "Slack",
    "both": _("email and Slack"),
    "default": _("as the partner chose"),
    "vendor": _("the vendor"),
    "partner": _("the partner"),
}
#: Whole numbers that are written with separators.
COUNTS: Final = frozenset({"contact_limit", "contacts", "emails_sent"})
#: A side of an organisation, as it stands beside a role.
SIDES: Final[Mapping[str, str]] = {
    "vendor": _("at the vendor"),
    "partner": _("at a partner"),
    "customer": _("at a customer"),
}
_REASONS: Final[Mapping[str, str]] = {
    "missing": _("Fill this in: every row needs it."),
    "taken": _(
        "There is “%(code)s” already, perhaps in other letters: choose another."
    ),
    "unknown": _("There is no “%(code)s” that you may see."),
    "not_theirs": _("“%(code)s” is not one of their own people."),
    "is_contact": _("This person is the contact there: choose another contact first."),
    "nobodys": _("Say whose this is."),
    "not_yours": _("You may not put anything there."),
    "role_unknown": _("There is no role “%(role)s” for people of this organisation."),
    "role_not_yours": _("You may not give or take the role “%(role)s”."),
    "own_rights": _(
        "You would lose your own right to edit people: have somebody else do it."
    ),
    "stronger": _("This person may do more than you: have somebody else change it."),
}
#: What the readers of texts say, after the text itself.
_UNREADABLE: Final[Mapping[str, str]] = {
    "is longer than 200 characters": _("This is longer than 200 characters."),
    "is not an identifier: letters, digits and . _ : @ + - only": _(
        "Use letters, digits and . _ : @ + - only, at most 64, and a letter or digit first."
    ),
    "is not a plain mail address such as ana@example.com": _(
        "Write a plain mail address, such as ana@example.com."
    ),
    "is not a date written YYYY-MM-DD": _("Write a day as 2026-10-31."),
    "is a day that the calendar does not have": _("The calendar has no such day."),
    "is not in a year from 1970 to 2199": _("Choose a year from 1970 to 2199."),
    "is not a month written YYYY-MM": _("Write a month as 2026-10."),
    "is not a whole number without signs or separators": _(
        "Write a whole number, without signs or separators."
    ),
    "is not a whole number from 1 to 1200": _("Write a whole number from 1 to 1200."),
    "is not an amount such as 1200 or 1200.50": _(
        "Write an amount such as 1200 or 1200.50, with a point."
    ),
    "is not a currency code of three capital letters": _(
        "Write three capital letters, such as EUR."
    ),
    "is not a time zone name such as Europe/Paris": _(
        "Write the name of a time zone, such as Europe/Paris."
    ),
}
_ANY_OTHER: Final = _("Choose one of those that are offered.")


def mistake_text(
    visit: Visit, mistake: Mistake, word: Callable[[str, str], str]
) -> str:
    """What is wrong with a field, in the visitor's language."""
    if mistake.reason == "unreadable":
        return visit.say(_UNREADABLE.get(mistake.values["said"], _ANY_OTHER))
    values = dict(mistake.values)
    if "role" in values:
        values["role"] = word("role_names", values["role"])
    return visit.say(_REASONS[mistake.reason], **values)


def value_text(
    visit: Visit, name: str, text: str, word: Callable[[str, str], str]
) -> str:
    """A field's text as a table shows it."""
    if name == "roles":
        named = [word("role_names", role) for role in text.split("|") if role]
        return ", ".join(named)
    if name in CHOICES:
        return visit.say(VALUES[text]) if text in VALUES else text
    if name in ("started_on", "ended_on") and text:
        return short_day(date.fromisoformat(text), visit.language)
    if name in COUNTS and text:
        return str(format_decimal(int(text), locale=babel_locale(visit.language)))
    return text
