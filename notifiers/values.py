"""The names that templates may use, what each means, and an example of each.

Checks, the preview and the manual are made from this one list.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from engine.domain.letters import Answer, Refused


@dataclass(frozen=True, slots=True)
class Name:
    """One name: what it stands for, and a value such as a template may meet."""

    help: str
    example: object


#: The caller passes every one of these; those that a change lacks are None.
NAMES: Final[Mapping[str, Name]] = {
    "change_id": Name("the change's own identifier", "K-1042.R20270301"),
    "type": Name("code of the kind of change; write it with `label`", "renewal"),
    "state": Name("code of the change's state; write it with `label`", "pending"),
    "is_held": Name(
        "true: the change waits for a person, and silence counts no more", False
    ),
    "customer_id": Name("the customer's own identifier", "marchand"),
    "customer_name": Name("the customer, as people write it", "Atelier Marchand"),
    "contact_name": Name("the customer's primary contact, if any", "Inès Marchand"),
    "contact_email": Name("that contact's address, if any", "ines@marchand.example"),
    "partner_name": Name("the associated partner, if any", "Studio Nord"),
    "vendor_name": Name("the vendor, in whose name we write", "Solaris Software"),
    "vendor_email": Name("where answers are written to", "renewals@solaris.example"),
    "recipient_name": Name("the reader", "Inès Marchand"),
    "product": Name("what the contract sells", "Marketing Pro"),
    "contract_id": Name("the contract's own identifier", "K-1042"),
    "renewal_start": Name("first day of the new conditions", date(2027, 3, 1)),
    "deadline": Name(
        "last whole day on which conditions can be changed", date(2027, 1, 15)
    ),
    "answer_by": Name(
        "last day for an answer, that day included; absent where none is possible "
        "or no day is set; after the deadline when the notice was late",
        date(2027, 1, 15),
    ),
    "automatic_renewal": Name("true: silence renews; false: silence ends it", True),
    "commitment_months": Name("length of a term, in months", 12),
    "billing_months": Name("months between bills", 3),
    "contact_limit": Name("contacts that the present tier allows", 10_000),
    "email_limit": Name("emails a month that the present tier allows", 100_000),
    "contacts": Name("contacts held, at their highest", 11_250),
    "emails_sent": Name("emails sent in the month", 118_400),
    "month": Name(
        "first day of the month whose usage it is about, if any; write it with `month`",
        date(2027, 2, 1),
    ),
    "new_contact_limit": Name("contacts that the next tier allows", 15_000),
    "mrr_minor": Name("present monthly price, in cents", 120_050),
    "new_mrr_minor": Name(
        "estimated new monthly price of a renewal, in cents; absent elsewhere", 132_000
    ),
    "currency": Name("three letters, such as EUR", "EUR"),
    "asks": Name(
        "list of the answers that the reader can still give; write each with `label`",
        (
            Answer("accept", date(2027, 1, 15)),
            Answer("request_cancellation", date(2027, 1, 15)),
        ),
    ),
    "actor_name": Name("who did what the message tells of, if a person", "Léo Nord"),
    "actor_role": Name("that person's role; write it with `label`", "partner"),
    "actor_company": Name("for whom that person speaks", "Studio Nord"),
    "reason": Name("why, in the words of whom or what gave it", "mailbox not found"),
    "reason_code": Name(
        "code of a reason that we have words for; write it with `label`",
        "no_primary_contact",
    ),
    "count": Name("in a digest: of how many changes it speaks", 3),
    "message_name": Name(
        "code of the message spoken of; write it with `label`", "renewal_notice"
    ),
    "days_left": Name("whole days until the deadline", 16),
    "tell": Name("the role that the rules tell this message to", "owner"),
    "can_reply": Name("true: an answer to this very mail is read", True),
    "reply_event": Name("what the reader has answered, if that is clear", "accept"),
    "reply_text": Name("the words of a reply", "We would like to talk first."),
    "reply_number": Name("the number of a reply in `tacit inbox`", 17),
    "refusal": Name(
        "why the reader's answer was refused; write it with `sentence`",
        Refused(
            "too_late",
            "accept",
            "renewed",
            "Inès Marchand",
            {"deadline": date(2027, 1, 15)},
        ),
    ),
    "settled_event": Name("the answer by which it was settled, if one was", "accept"),
    "settled_on": Name("the day on which it was settled", date(2027, 1, 12)),
    "terms_changed": Name("true: the terms have changed since they were asked", False),
}

#: The names that some changes or readers lack: a template asks before it writes one.
SOMETIMES: Final = frozenset(
    {
        "actor_company",
        "actor_name",
        "actor_role",
        "answer_by",
        "contact_email",
        "contact_limit",
        "contact_name",
        "contacts",
        "count",
        "currency",
        "email_limit",
        "emails_sent",
        "month",
        "mrr_minor",
        "new_contact_limit",
        "new_mrr_minor",
        "partner_name",
        "reason",
        "reason_code",
        "reply_event",
        "reply_number",
        "refusal",
        "reply_text",
        "settled_event",
        "settled_on",
    }
)

#: The only names that a template may loop over, each with its example.
LISTS: Final[Mapping[str, tuple[object, ...]]] = {
    name: known.example
    for name, known in NAMES.items()
    if isinstance(known.example, tuple)
}


def example_values(**changes: object) -> dict[str, object]:
    """A whole set of values, for previews and trials; `changes` override."""
    return {name: known.example for name, known in NAMES.items()} | changes
