"""The facts that templates may name, for one message and one reader."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from engine.domain import agenda, openings
from engine.domain.answers import in_days, open_answers
from engine.domain.letters import Answer, Audience, Refused
from engine.domain.moments import last_whole_day, local_day
from engine.domain.outcome import Subject
from engine.domain.recipients import Recipient, reason_code
from engine.domain.records import ChangeRow, Claimed
from engine.domain.ruleset import Rulebook, Ruleset

#: In which role each reader would answer; who reads a copy sees the customer's time.
ROLES: Final[Mapping[Audience, str]] = {
    Audience.CUSTOMER: "customer_contact",
    Audience.PARTNER: "partner",
    Audience.COPY: "customer_contact",
    Audience.OPERATIONS: "vendor_operations",
}


@dataclass(frozen=True, slots=True)
class Vendor:
    """The vendor as its customers know it."""

    name: str
    email: str


def letter_values(
    rulebook: Rulebook,
    vendor: Vendor,
    claimed: Claimed,
    recipient: Recipient,
    now: datetime,
) -> Mapping[str, object]:
    """Every name that `notifiers/values.py` declares; None where unknown."""
    about = json.loads(claimed.about) if claimed.about else {}
    ruleset = rulebook.machines[claimed.change.type]
    return {
        **_parties(vendor, claimed, recipient),
        **_contract(claimed),
        **_usage(rulebook, claimed),
        **_dates(ruleset, claimed, recipient.audience, now),
        "count": None,  # a digest's own
        "message_name": claimed.message,
        "tell": claimed.role,
        "reason": claimed.change.attention,
        "actor_name": None,
        "actor_role": None,
        **_NO_REPLY,
        **about,
        **_reply(about),
        "actor_company": _company(vendor, claimed, about.get("actor_role")),
        "reason_code": reason_code(about.get("reason", "")),
        "month": _month(claimed.change, about),
    }


#: What a message that answers nobody's reply says of one.
_NO_REPLY: Final[Mapping[str, object]] = {
    "can_reply": False,
    "reply_event": None,
    "refusal": None,
    "reply_number": None,
    "reply_text": None,
    "settled_event": None,
    "settled_on": None,
    "terms_changed": False,
}


def _reply(about: Mapping[str, Any]) -> dict[str, object]:
    """What of a reply is more than text: a day, and why an answer was refused."""
    found: dict[str, object] = {}
    if settled_on := about.get("settled_on"):
        found["settled_on"] = date.fromisoformat(settled_on)
    if refusal := about.get("refusal"):
        values = {
            name: date.fromisoformat(value) if name in _DAYS else value
            for name, value in refusal["values"].items()
        }
        found["refusal"] = Refused(
            refusal["reason"],
            refusal["event"],
            refusal["state"],
            refusal["who"],
            values,
        )
    return found


#: The values of a refusal that are days.
_DAYS: Final = frozenset({"deadline", "closed_on"})


def _parties(
    vendor: Vendor, claimed: Claimed, recipient: Recipient
) -> dict[str, object]:
    contact = recipient.contact
    return {
        "customer_id": claimed.customer_code,
        "customer_name": claimed.customer_name,
        "contact_name": contact.name if contact else None,
        "contact_email": contact.email if contact else None,
        "partner_name": claimed.partner_name,
        "vendor_name": vendor.name,
        "vendor_email": vendor.email,
        "recipient_name": recipient.person.name,
    }


def _contract(claimed: Claimed) -> dict[str, object]:
    change = claimed.change
    # The estimate is the renewal's; what a larger tier or an overage costs is not known.
    new_mrr = claimed.new_mrr if change.type == openings.RENEWAL else None
    return {
        "change_id": change.code,
        "type": change.type,
        "state": change.state,
        "is_held": change.attention is not None,
        "contract_id": change.contract_code,
        "product": claimed.product,
        "renewal_start": change.renewal_start,
        "automatic_renewal": change.automatic_renewal,
        "commitment_months": change.commitment_months,
        "billing_months": change.billing_months,
        "mrr_minor": claimed.mrr,
        "new_mrr_minor": new_mrr,
        "currency": claimed.currency,
    }


def _usage(rulebook: Rulebook, claimed: Claimed) -> dict[str, object]:
    change = claimed.change
    return {
        "contact_limit": change.contact_limit,
        "email_limit": _email_limit(rulebook, claimed),
        "contacts": claimed.contacts,
        "emails_sent": claimed.emails_sent,
        "new_contact_limit": change.new_contact_limit,
    }


def _email_limit(rulebook: Rulebook, claimed: Claimed) -> int | None:
    terms = claimed.change.terms()
    limits = (
        openings.email_limit(ruleset.opening, terms)
        for ruleset in rulebook.machines.values()
    )
    return next((limit for limit in limits if limit is not None), None)


def _month(change: ChangeRow, about: Mapping[str, Any]) -> date | None:
    """The first day of the month whose usage the message is about."""
    if "month" in about:
        return date.fromisoformat(f"{about['month']}-01")
    return change.period_on if change.type == openings.EMAIL_OVERAGE else None


def _company(vendor: Vendor, claimed: Claimed, role: str | None) -> str | None:
    """For whom the person who did it speaks."""
    companies = {
        "customer_contact": claimed.customer_name,
        "partner": claimed.partner_name,
        "vendor_operations": vendor.name,
    }
    return companies.get(role) if role else None


def _dates(
    ruleset: Ruleset, claimed: Claimed, audience: Audience, now: datetime
) -> dict[str, object]:
    """The deadline, what can still be answered, and until when.

    A notice that goes out late prolongs the time to answer by its own time, counted
    from this very sending where it is the first.
    """
    subject = claimed.change.subject(ruleset)
    if claimed.is_notice and subject.notice_out_at is None:
        subject = agenda.with_notice(subject, now)
    moments = agenda.moments_of(ruleset, subject)
    deadline = last_whole_day(moments["deadline"][0], subject.zone)
    answers = _answers(ruleset, subject, claimed.asks, audience, now)
    last_days = [one.last_day for one in answers if one.last_day is not None]
    asks_nothing = audience is Audience.COPY or not claimed.asks
    return {
        "deadline": deadline,
        "days_left": max(0, (deadline - local_day(now, subject.zone)).days),
        "asks": () if asks_nothing else tuple(answers),
        "answer_by": min(last_days, default=None),
    }


def _answers(
    ruleset: Ruleset,
    subject: Subject,
    asks: tuple[str, ...],
    audience: Audience,
    now: datetime,
) -> list[Answer]:
    """What the reader can still answer, to this message or at all, and until when."""
    events = asks or tuple(ruleset.state(subject.state).on)
    found = open_answers(ruleset, subject, events, [ROLES[audience]], now)
    return [*in_days(found, subject.zone)]
