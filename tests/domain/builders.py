"""What tests of the domain start from, every argument defaulted."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from engine.domain.openings import ContractTerms, MonthOfUsage
from engine.domain.outcome import Subject
from engine.domain.records import ChangeRow, Claimed, Person
from engine.domain.rule_compiler import compile_kept
from engine.domain.ruleset import Rulebook, Ruleset, Telling
from engine.domain.yaml_text import Source, read

PARIS: Final = "Europe/Paris"
#: Its reminders: 1 November, 1 and 31 December, 10 and 14 January; its deadline is
#: 15 January, and silence acts at the start of the 16th.
START: Final = date(2027, 3, 1)


def at(text: str, zone: str = PARIS) -> datetime:
    """The UTC instant of a local time written 2027-01-16 or 2027-01-16T09:00."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def a_renewal(
    state: str = "pending",
    renewal_start: date = START,
    zone: str = PARIS,
    automatic_renewal: bool = True,
    commitment_months: int = 12,
    handled_until: datetime | None = None,
    notice_out_at: datetime | None = None,
    attention: str | None = None,
    closed: bool = False,
) -> Subject:
    facts = (
        ("automatic_renewal", automatic_renewal),
        ("commitment_months", commitment_months),
    )
    return Subject(
        state,
        renewal_start,
        zone,
        facts,
        handled_until,
        notice_out_at,
        attention,
        closed,
    )


def a_told_renewal(state: str = "pending", **values: Any) -> Subject:
    """A renewal whose first notice went out in time, and which is up to date then."""
    told_at = at("2026-11-01T09:01")
    told = {"notice_out_at": told_at, "handled_until": told_at}
    return a_renewal(state, **{**told, **values})


def a_usage_change(
    state: str = "pending",
    renewal_start: date = START,
    zone: str = PARIS,
    handled_until: datetime | None = None,
    attention: str | None = None,
) -> Subject:
    """A contact tier upgrade or an email overage: their guards read no facts."""
    return Subject(
        state, renewal_start, zone, handled_until=handled_until, attention=attention
    )


def some_terms(
    code: str = "K-1",
    started_on: date = date(2026, 3, 1),
    commitment_months: int = 12,
    billing_months: int = 1,
    starter: bool = False,
    contact_limit: int | None = 1000,
) -> ContractTerms:
    return ContractTerms(
        id=1,
        code=code,
        started_on=started_on,
        commitment_months=commitment_months,
        billing_months=billing_months,
        automatic_renewal=True,
        starter=starter,
        contact_limit=contact_limit,
        zone=PARIS,
        has_partner=False,
    )


def some_usage(
    month: str = "2026-11",
    contacts: int | None = None,
    emails_sent: int | None = None,
) -> MonthOfUsage:
    return MonthOfUsage(month, contacts, emails_sent)


def a_person(
    id_: int = 1,
    name: str = "Inès Marchand",
    email: str | None = "ines@marchand.example",
    slack_user: str | None = None,
    channel: str = "email",
    customer_id: int | None = None,
    partner_id: int | None = None,
) -> Person:
    return Person(
        id=id_,
        code=f"p{id_}",
        name=name,
        email=email,
        slack_user=slack_user,
        language="en",
        channel=channel,
        customer_id=customer_id,
        partner_id=partner_id,
        roles=(),
    )


def a_change(
    type_: str = "renewal",
    state: str = "pending",
    renewal_start: date = START,
    period_on: date | None = None,
    notice_out_at: datetime | None = None,
    attention: str | None = None,
    closed_at: datetime | None = None,
    owner_choice: str | None = None,
    new_contact_limit: int | None = None,
    automatic_renewal: bool = True,
    starter: bool = False,
    contact_limit: int | None = 1000,
    customer_id: int = 10,
    partner_id: int | None = 20,
) -> ChangeRow:
    return ChangeRow(
        id=1,
        code="K-1.R20270301",
        type=type_,
        state=state,
        version=1,
        plan=0,
        head="",
        period_on=period_on or renewal_start,
        renewal_start=renewal_start,
        handled_until=None,
        notice_out_at=notice_out_at,
        next_due_at=None,
        attention=attention,
        closed_at=closed_at,
        owner_choice=owner_choice,
        new_contact_limit=new_contact_limit,
        contract_id=1,
        contract_code="K-1",
        started_on=date(2026, 3, 1),
        commitment_months=12,
        billing_months=1,
        automatic_renewal=automatic_renewal,
        starter=starter,
        contact_limit=contact_limit,
        ended_on=None,
        customer_id=customer_id,
        zone=PARIS,
        partner_id=partner_id,
    )


def a_message(
    change: ChangeRow | None = None,
    message: str = "renewal_notice",
    role: str = "owner",
    asks: tuple[str, ...] = ("accept", "request_cancellation"),
    channel: str | None = None,
    is_notice: bool = False,
    about: str | None = None,
    primary_contact_id: int | None = 1,
    customer_choice: str = "default",
    partner_owns: bool | None = False,
    point_of_contact_id: int | None = 2,
) -> Claimed:
    return Claimed(
        outbox_id=7,
        seq=2,
        position=0,
        message=message,
        role=role,
        asks=asks,
        channel=channel,
        is_notice=is_notice,
        while_state=None,
        is_reminder=False,
        plan=0,
        about=about,
        attempts=0,
        queued_at=at("2026-11-01T09:00"),
        change=change or a_change(),
        product="Suite",
        currency="EUR",
        mrr=120_050,
        new_mrr=None,
        contacts=900,
        emails_sent=None,
        customer_code="marchand",
        customer_name="Atelier Marchand",
        primary_contact_id=primary_contact_id,
        customer_choice=customer_choice,
        partner_name="Studio Nord",
        partner_owns=partner_owns,
        point_of_contact_id=point_of_contact_id,
    )


_MACHINE: Final = """
machine: renewal
drives: contract_change
why: Made for a test.
opens:
  effective: next term
calendar:
  - listed: 120 days before renewal_start
    notice: 90 and 60 days before renewal_start at 09:00
    deadline: end of 45 days before renewal_start
    start: renewal_start
"""


def a_machine(states: str, calendar: str = "") -> Ruleset:
    """A ruleset made of `states:` as YAML, and more moments if need be.

    What it is for need not make sense as a policy.
    """
    text = f"{_MACHINE}{calendar}states:\n{states}"
    source = Source("renewal.yaml", text)
    ruleset = compile_kept(source, read(source))
    assert ruleset is not None
    return ruleset


def edited(rules: Rulebook, name: str, *changes: tuple[str, str]) -> Ruleset:
    """A shipped ruleset with parts of its text replaced."""
    text = rules.files[f"{name}.yaml"]
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    source = Source(f"{name}.yaml", text)
    ruleset = compile_kept(source, read(source))
    assert ruleset is not None
    return ruleset


def told(tells: Sequence[Telling]) -> list[tuple[str, str]]:
    """Which message goes to which role."""
    return [(telling.message, telling.to) for telling in tells]
