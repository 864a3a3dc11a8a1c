"""When contract changes come into being: at each term, or because of usage."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from engine.domain.anniversaries import first_of_next_month, next_after
from engine.domain.guards import Fact
from engine.domain.outcome import Subject
from engine.domain.ruleset import Opening, Ruleset, Telling

RENEWAL: Final = "renewal"
EMAIL_OVERAGE: Final = "email_overage"
_LETTERS: Final = {"renewal": "R", "contact_tier_upgrade": "T", "email_overage": "E"}


#: What a change is opened for: contract, type, and the period, if that matters.
Occasion = tuple[int, str, date | None]


@dataclass(frozen=True, slots=True)
class ContractTerms:
    """What opening a change needs to know of a contract.

    Terms are counted from `started_on`, or from the last renewal start that was moved
    by hand and has taken effect, which then stands here.
    """

    id: int
    code: str
    started_on: date
    commitment_months: int
    billing_months: int
    automatic_renewal: bool
    starter: bool
    contact_limit: int | None
    zone: str
    has_partner: bool
    ended_on: date | None = None


@dataclass(frozen=True, slots=True)
class MonthOfUsage:
    """One contract's usage in one calendar month."""

    month: str
    contacts: int | None
    emails_sent: int | None
    id: int = 0
    warned: tuple[str, ...] = ()  #: messages that were told because of it

    @property
    def first_day(self) -> date:
        return date.fromisoformat(f"{self.month}-01")


@dataclass(frozen=True, slots=True)
class NewChange:
    """A change to be opened; what it is opened for needs no second one."""

    code: str
    contract_id: int
    type: str
    period_on: date
    renewal_start: date
    new_contact_limit: int | None = None
    attention: str | None = (
        None  #: why a person has to see to it before anybody is told
    )

    @property
    def occasion(self) -> Occasion:
        return occasion(self.contract_id, self.type, self.period_on)


def occasion(contract_id: int, kind: str, period_on: date) -> Occasion:
    """A contract renews once at a time; usage of each period may open a change."""
    return (contract_id, kind, None if kind == RENEWAL else period_on)


def subject_facts(
    ruleset: Ruleset, terms: ContractTerms
) -> tuple[tuple[str, Fact], ...]:
    """The facts that the ruleset's guards read, sorted by name."""
    return tuple((name, getattr(terms, name)) for name in ruleset.fact_names)


def new_subject(ruleset: Ruleset, terms: ContractTerms, renewal_start: date) -> Subject:
    """A subject as it is before anything happened to it."""
    facts = subject_facts(ruleset, terms)
    return Subject(ruleset.initial, renewal_start, terms.zone, facts)


def next_renewal(terms: ContractTerms, after: date) -> NewChange:
    """The contract's first renewal after a day, counted from its original start."""
    start = next_after(terms.started_on, terms.commitment_months, after)
    return _change(terms, RENEWAL, start, start)


def counted_after(terms: ContractTerms, started: date) -> ContractTerms:
    """The terms once a renewal took effect on a day.

    A day that is no anniversary was chosen by hand: the terms are counted from it.
    """
    return (
        terms if is_anniversary(terms, started) else replace(terms, started_on=started)
    )


def is_anniversary(terms: ContractTerms, day: date) -> bool:
    """Whether a term of the contract begins on the day, counted as they are."""
    day_before = day - timedelta(days=1)
    return next_after(terms.started_on, terms.commitment_months, day_before) == day


def email_limit(opening: Opening, terms: ContractTerms) -> int | None:
    """The emails a month that the contract's contact limit brings."""
    if opening.email_limit is None or terms.contact_limit is None:
        return None
    starter, otherwise = opening.email_limit
    return terms.contact_limit * (starter if terms.starter else otherwise)


def usage_facts(
    opening: Opening, terms: ContractTerms, usage: MonthOfUsage
) -> dict[str, Fact]:
    """The facts that an opening's conditions read."""
    return {
        "billing_months": terms.billing_months,
        "commitment_months": terms.commitment_months,
        "contact_limit": terms.contact_limit,
        "starter": terms.starter,
        "contacts": usage.contacts,
        "emails_sent": usage.emails_sent,
        "email_limit": email_limit(opening, terms),
    }


def opened_by_usage(
    ruleset: Ruleset, terms: ContractTerms, usage: MonthOfUsage, today: date
) -> NewChange | None:
    """The change that a month of usage opens, if it does."""
    opening = ruleset.opening
    facts = usage_facts(opening, terms, usage)
    if opening.guard is None or not opening.guard.holds(facts):
        return None
    month = usage.first_day
    if opening.is_monthly:
        start = first_of_next_month(max(month, today))
        return _change(terms, ruleset.name, month, start)
    start = next_after(terms.started_on, terms.billing_months, today)
    contacts = usage.contacts or 0
    limit = next_tier(opening, contacts)
    new = _change(terms, ruleset.name, start, start, limit)
    if limit is None and opening.new_contact_limits:
        return replace(new, attention=f"no tier allows {contacts} contacts")
    return new


def warning(
    ruleset: Ruleset, terms: ContractTerms, usage: MonthOfUsage
) -> Telling | None:
    """What is told when usage is close to opening a change, without opening one."""
    opening = ruleset.opening
    facts = usage_facts(opening, terms, usage)
    opens = opening.guard is not None and opening.guard.holds(facts)
    near = opening.warn is not None and opening.warn.guard.holds(facts)
    return opening.warn.telling if opening.warn and near and not opens else None


def next_tier(opening: Opening, contacts: int) -> int | None:
    """The smallest tier that holds so many contacts; None above the largest."""
    fitting = (limit for limit in opening.new_contact_limits if limit >= contacts)
    return next(fitting, None)


def _change(
    terms: ContractTerms,
    kind: str,
    period_on: date,
    renewal_start: date,
    limit: int | None = None,
) -> NewChange:
    code = f"{terms.code}.{_LETTERS[kind]}{period_on:%Y%m%d}"
    return NewChange(code, terms.id, kind, period_on, renewal_start, limit)
