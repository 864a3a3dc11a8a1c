"""Why an edit cannot be made, in the reader's language."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from engine.services.edit_book import EditError
from notifiers.wording import long_date
from web.visits import Visit


def _(text: str) -> str:
    """Mark a sentence for translation."""
    return text


_SENTENCES: Final[Mapping[str, str]] = {
    "no_default": _("A partner’s standing choice is either the vendor or the partner."),
    "no_user": _("%(person)s is not among the users of %(customer)s’s account."),
    "no_partner": _("%(name)s: no partner is associated that could own it."),
    "before_contract": _("%(contract)s began only on %(day)s."),
    "beyond_term": _("%(day)s is not before the renewal after it, on %(following)s."),
    "closed": _("%(change)s was closed on %(day)s."),
}


def edit_refusal(visit: Visit, error: EditError) -> str:
    """The sentence of an edit that cannot be made."""
    values = {
        name: long_date(value, visit.language) if isinstance(value, date) else value
        for name, value in error.values.items()
    }
    return visit.say(_SENTENCES[error.reason], **values)
