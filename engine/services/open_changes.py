"""Opens changes of contracts: at each term, and because of usage."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from engine.domain import audit, openings
from engine.domain.agenda import deadline_on, listed_on
from engine.domain.interfaces import UnitOfWork
from engine.domain.moments import local_day
from engine.domain.openings import ContractTerms, NewChange
from engine.domain.records import ChangeRow, Dates
from engine.domain.ruleset import Rulebook, Ruleset
from engine.services.decisions import Decisions
from engine.services.ledger import Ledger, Note, held_note, make_note

Wanted = tuple[NewChange, ContractTerms]


def open_changes(
    unit: UnitOfWork, rulebook: Rulebook, wanted: Sequence[Wanted], now: datetime
) -> Ledger:
    """Open those that were not opened before, and do at once what is already due."""
    decisions = Decisions(now)
    to_insert, starts = [], []
    for new, terms in _with_own_codes(unit, _not_opened(unit, wanted)):
        ruleset = rulebook.machines[new.type]
        subject = openings.new_subject(ruleset, terms, new.renewal_start)
        subject = replace(subject, attention=new.attention)
        dates = Dates(listed_on(ruleset, subject), deadline_on(ruleset, subject))
        to_insert.append((new, subject.state, ruleset.version, dates))
        starts.append((new, terms, ruleset, decisions.of(ruleset, subject)))
    ids = unit.changes.insert(to_insert, now)
    ledger = Ledger(unit, now)
    for id_, (new, terms, ruleset, outcome) in zip(ids, starts, strict=True):
        row = _row(id_, new, terms, ruleset)
        notes = [_opened_note(new, ruleset, now)]
        if new.attention:
            notes.append(held_note(new.attention, now))
        ledger.take(row, ruleset, outcome, before=notes)
    ledger.counted["opened"] = len(ids)
    ledger.write()
    return ledger


def renewals_of(terms: Iterable[ContractTerms], now: datetime) -> list[Wanted]:
    """Each contract's next renewal, counted from its customer's today."""
    return [
        (openings.next_renewal(one, local_day(now, one.zone)), one) for one in terms
    ]


def _not_opened(unit: UnitOfWork, wanted: Sequence[Wanted]) -> list[Wanted]:
    """Those that nothing was opened for, each once, of contracts that go on."""
    opened = unit.changes.opened({new.contract_id for new, _ in wanted})
    fresh = {
        new.occasion: (new, terms)
        for new, terms in wanted
        if terms.ended_on is None or new.renewal_start < terms.ended_on
    }
    return [one for occasion, one in fresh.items() if occasion not in opened]


def _with_own_codes(unit: UnitOfWork, wanted: Sequence[Wanted]) -> list[Wanted]:
    """Each with a code of its own: an earlier change may have moved off its date."""
    waiting = {new.code: (new, terms) for new, terms in wanted}
    number = 1
    while taken := unit.changes.taken(waiting):
        number += 1
        for code in taken:
            new, terms = waiting.pop(code)
            code = f"{code.removesuffix(f'-{number - 1}')}-{number}"
            waiting[code] = replace(new, code=code), terms
    return list(waiting.values())


def following_renewals(rows: Iterable[ChangeRow]) -> list[Wanted]:
    """The renewals after those that have taken effect."""
    wanted: list[Wanted] = []
    for row in rows:
        terms = openings.counted_after(row.terms(), row.renewal_start)
        wanted.append((openings.next_renewal(terms, row.renewal_start), terms))
    return wanted


def _row(id_: int, new: NewChange, terms: ContractTerms, ruleset: Ruleset) -> ChangeRow:
    """The row of a change that was just inserted."""
    return ChangeRow(
        id=id_,
        code=new.code,
        type=new.type,
        state=ruleset.initial,
        version=0,
        plan=0,
        head="",
        period_on=new.period_on,
        renewal_start=new.renewal_start,
        handled_until=None,
        notice_out_at=None,
        next_due_at=None,
        attention=new.attention,
        closed_at=None,
        owner_choice=None,
        new_contact_limit=new.new_contact_limit,
        contract_id=terms.id,
        contract_code=terms.code,
        started_on=terms.started_on,
        commitment_months=terms.commitment_months,
        billing_months=terms.billing_months,
        automatic_renewal=terms.automatic_renewal,
        starter=terms.starter,
        contact_limit=terms.contact_limit,
        ended_on=terms.ended_on,
        customer_id=0,
        zone=terms.zone,
        partner_id=0 if terms.has_partner else None,
    )


def _opened_note(new: NewChange, ruleset: Ruleset, now: datetime) -> Note:
    body = audit.body(
        {
            "state": ruleset.initial,
            "renewal_start": new.renewal_start.isoformat(),
            "rules": ruleset.version,
        }
    )
    return make_note(now, "opened", body)
