"""The facts that templates may name, for one message and one reader."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.domain import agenda, openings
from engine.domain.letters import Audience
from engine.domain.moments import last_whole_day, local_day
from engine.domain.outcome import Subject
from engine.domain.recipients import Recipient
from engine.domain.records import Claimed
from engine.domain.ruleset import Rulebook, Ruleset


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
    """Every name that `notifiers/rendering.py` declares; None where unknown."""
    change = claimed.change
    ruleset = rulebook.machines[change.type]
    subject = change.subject(ruleset)
    copy = recipient.audience is Audience.COPY
    return {
        "change_id": change.code,
        "type": change.type,
        "state": change.state,
        "customer_name": claimed.customer_name,
        "partner_name": claimed.partner_name,
        "vendor_name": vendor.name,
        "vendor_email": vendor.email,
        "recipient_name": recipient.person.name,
        "product": claimed.product,
        "contract_id": change.contract_code,
        "renewal_start": change.renewal_start,
        **_dates(ruleset, subject, claimed.is_notice, now),
        "automatic_renewal": change.automatic_renewal,
        "commitment_months": change.commitment_months,
        "billing_months": change.billing_months,
        "contact_limit": change.contact_limit,
        "email_limit": _email_limit(rulebook, claimed),
        "contacts": claimed.contacts,
        "emails_sent": claimed.emails_sent,
        "new_contact_limit": change.new_contact_limit,
        "mrr_minor": claimed.mrr,
        "new_mrr_minor": claimed.new_mrr,
        "currency": claimed.currency,
        "asks": () if copy else claimed.asks,
        "reason": change.attention,
        "message_name": claimed.message,
        "tell": claimed.role,
        "actor_name": None,
        **(json.loads(claimed.about) if claimed.about else {}),
    }


def _dates(
    ruleset: Ruleset, subject: Subject, is_notice: bool, now: datetime
) -> dict[str, object]:
    """The deadline, and the last day on which an answer still counts.

    A notice that goes out late prolongs the time to answer by its own time, counted
    from this very sending where it is the first.
    """
    moments = agenda.moments_of(ruleset, subject)
    deadline = last_whole_day(moments["deadline"][0], subject.zone)
    told = subject.notice_out_at or (now if is_notice else None)
    from_now = agenda.with_notice(subject, told)
    closes = agenda.closes_at(ruleset, from_now, "deadline", now)
    today = local_day(now, subject.zone)
    return {
        "deadline": deadline,
        "answer_by": last_whole_day(closes, subject.zone) if closes else deadline,
        "days_left": max(0, (deadline - today).days),
    }


def _email_limit(rulebook: Rulebook, claimed: Claimed) -> int | None:
    terms = claimed.change.terms()
    limits = (
        openings.email_limit(ruleset.opening, terms)
        for ruleset in rulebook.machines.values()
    )
    return next((limit for limit in limits if limit is not None), None)
