"""What months of usage bring: changes that open, are corrected, or come to nothing."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import NamedTuple

from engine.domain import audit, openings
from engine.domain.interfaces import UnitOfWork
from engine.domain.moments import local_day
from engine.domain.openings import ContractTerms, MonthOfUsage, NewChange
from engine.domain.records import ChangeRow, VoidedBy
from engine.domain.ruleset import Rulebook, Ruleset
from engine.services.close_changes import close
from engine.services.effects import carry_out
from engine.services.ledger import Ledger, make_note
from engine.services.open_changes import open_changes
from engine.services.plan_again import Moved, plan_again

#: A contract's months of usage, by contract and month.
Usage = Mapping[int, Mapping[str, MonthOfUsage]]
_Key = tuple[int, str, date | None]


class _Judged(NamedTuple):
    """A month of a contract's usage, and the change that it calls for, if any."""

    terms: ContractTerms
    usage: MonthOfUsage
    ruleset: Ruleset
    new: NewChange | None

    @property
    def key(self) -> _Key:
        return _key(self.ruleset, self.terms.id, self.usage.first_day)


def follow_usage(
    unit: UnitOfWork,
    rulebook: Rulebook,
    touched: Mapping[int, Collection[str]],
    by: str,
    now: datetime,
) -> dict[str, int]:
    """Judge the months that were touched, by contract, and the latest one in any case.

    What nobody has answered yet follows a month that is corrected: another tier is
    told of anew, and what is not called for any more is closed. An answer stands.
    """
    terms = list(unit.book.terms(touched))
    usage = unit.book.usage_of_months(touched)
    judged = list(_judge(rulebook, terms, usage, touched, now))
    open_now = {
        _key(rulebook.machines[row.type], row.contract_id, row.period_on): row
        for row in unit.changes.open_of_contracts(touched)
        if row.type != openings.RENEWAL
    }
    closed = _correct(unit, rulebook, judged, open_now, by, now)
    wanted = [
        (one.new, one.terms) for one in judged if one.new and one.key not in open_now
    ]
    ledger = open_changes(unit, rulebook, wanted, now)
    carry_out(unit, rulebook, ledger.effects, now)
    warned = _warn(unit, rulebook, terms, usage, now)
    return {"opened": ledger.counted["opened"], "ended": closed, "warned": warned}


def _judge(
    rulebook: Rulebook,
    terms: Iterable[ContractTerms],
    usage: Usage,
    touched: Mapping[int, Collection[str]],
    now: datetime,
) -> Iterator[_Judged]:
    for one in terms:
        months = usage.get(one.id, {})
        today = local_day(now, one.zone)
        for ruleset in rulebook.machines.values():
            for month in _months(ruleset, months, touched[one.id]):
                new = openings.opened_by_usage(ruleset, one, months[month], today)
                yield _Judged(one, months[month], ruleset, new)


def _months(
    ruleset: Ruleset, known: Collection[str], touched: Collection[str]
) -> list[str]:
    """Where each month is charged by itself, those that were touched; else the last."""
    if ruleset.opening.guard is None or not known:
        return []
    if ruleset.opening.is_monthly:
        return sorted(set(known) & set(touched))
    return [max(known)]


def _key(ruleset: Ruleset, contract_id: int, period_on: date) -> _Key:
    """What there is one open change for at a time."""
    return contract_id, ruleset.name, period_on if ruleset.opening.is_monthly else None


def _correct(
    unit: UnitOfWork,
    rulebook: Rulebook,
    judged: Iterable[_Judged],
    open_now: Mapping[_Key, ChangeRow],
    by: str,
    now: datetime,
) -> int:
    """Let open changes follow what their month of usage is now; how many closed."""
    uncalled, moved = list[ChangeRow](), list[Moved]()
    for one in judged:
        row = open_now.get(one.key)
        if row is None or row.state != one.ruleset.initial:
            continue
        if one.new is None:
            uncalled.append(row)
        elif one.new.new_contact_limit != row.new_contact_limit:
            limit, attention = one.new.new_contact_limit, one.new.attention
            to = row._replace(new_contact_limit=limit, attention=attention)
            moved.append(Moved(row, to))
    said = {"by": by, "usage": "does not call for it any more"}
    close(unit, rulebook, uncalled, [said] * len(uncalled), VoidedBy.USAGE, now)
    edit = {"usage": "calls for another tier"}
    carry_out(unit, rulebook, plan_again(unit, rulebook, moved, edit, by, now), now)
    return len(uncalled)


def _warn(
    unit: UnitOfWork,
    rulebook: Rulebook,
    terms: Iterable[ContractTerms],
    usage: Usage,
    now: datetime,
) -> int:
    """Tell of a latest month that comes close to a limit, once; how many were told.

    The warning stands in the trail of the contract's open renewal.
    """
    latest = {id_: months[max(months)] for id_, months in usage.items()}
    tellings = {
        one.id: [
            telling
            for ruleset in rulebook.machines.values()
            if (telling := openings.warning(ruleset, one, latest[one.id]))
            and telling.message not in latest[one.id].warned
        ]
        for one in terms
        if one.id in latest
    }
    near = {id_: found for id_, found in tellings.items() if found}
    ledger, warned = Ledger(unit, now), list[tuple[int, str]]()
    for row in unit.changes.open_of_contracts(near):
        if row.type != openings.RENEWAL:
            continue
        month = latest[row.contract_id]
        names = [telling.message for telling in near[row.contract_id]]
        bodies = [audit.body({"name": name, "month": month.month}) for name in names]
        about = _about(month)
        notes = [
            make_note(now, "warned", body, ((telling, None),), about)
            for body, telling in zip(bodies, near[row.contract_id], strict=True)
        ]
        ledger.note(row, rulebook.machines[row.type], *notes)
        warned.append((month.id, "|".join([*month.warned, *names])))
    ledger.write()
    unit.book.update_column("usage", "warned", warned)
    return sum(len(near[id_]) for id_ in near)


def _about(month: MonthOfUsage) -> str:
    """The figures of the month, which the warning names whatever is imported later."""
    return json.dumps(
        {
            "month": month.month,
            "contacts": month.contacts,
            "emails_sent": month.emails_sent,
        }
    )
