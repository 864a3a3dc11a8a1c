"""The rows of the list as their template writes them: every cell a text, in one language.

A page has hundreds of cells: what a template would look up and call for each of them is
done here once for all that are alike.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from engine.domain.access import Action, reach
from engine.domain.moments import local_day
from engine.domain.ownership import PARTNER, VENDOR
from engine.domain.records import ChangeRow
from engine.services.list_changes import AMOUNTS, Listed, Listing
from engine.services.row_actions import RowActions, row_actions
from web.columns import TITLES
from web.rendering import environment, short_day, words_of
from web.visits import Visit

#: The day of the deadline is near: said with more weight.
SOON_DAYS: Final = 7


class CellText(NamedTuple):
    """One cell: its column, the column's title, and what it says."""

    column: str
    title: str
    said: str


@dataclass(frozen=True, slots=True)
class ListRow:
    """One change as the template writes it."""

    cells: Sequence[CellText]
    customer: str
    customer_path: str | None
    path: str
    state: str
    mark: str | None  # beside the status: why somebody should look
    reason: str
    left: str
    is_soon: bool
    menu: Sequence[tuple[str, str]]  # address and words


def list_rows(visit: Visit, listing: Listing, columns: Sequence[str]) -> list[ListRow]:
    """Each change of a page with what its reader may do."""
    assert visit.signed_in is not None  # noqa: S101 - whoever sees the list is
    person = visit.signed_in.person
    rulebook, actor = visit.site.rulebook, visit.actor
    actions = row_actions(rulebook, listing.changes, actor, person, visit.now)
    writing = _Writing(visit, columns)
    return [
        writing.row(*each)
        for each in zip(listing.rows, listing.changes, actions, strict=True)
    ]


class _Writing:
    """Writes rows in one visitor's language."""

    def __init__(self, visit: Visit, columns: Sequence[str]) -> None:
        self._visit = visit
        say, language = visit.say, visit.language
        self._titles = [(column, say(TITLES[column])) for column in columns]
        self._word = words_of(visit.site.words[language])
        self._customers = reach(visit.actor, Action.SEE_CUSTOMERS)
        self._left = lru_cache(lambda days: _left(visit, days))
        filters = environment(language).filters
        self._money: Callable[[Any, Any], str] = lru_cache(filters["money"])
        self._writers = self._of_columns()
        self._needs, self._overdue = say("needs a person"), say("overdue")
        self._edits = {
            "owner": say("Set the communication owner"),
            "contact": say("Choose the primary contact"),
            "end": say("End the association"),
            "open": say("Open the change"),
        }

    def _of_columns(self) -> dict[str, Callable[[Any], str]]:
        """How the values of those columns are written that are no plain text."""
        visit, language = self._visit, self._visit.language
        number = lru_cache(environment(language).filters["number"])
        owners = {VENDOR: visit.say("Vendor"), PARTNER: visit.say("Partner")}
        return {
            "type": lambda code: self._word("types", code),
            "state": lambda code: self._word("states", code),
            "owner": owners.__getitem__,
            "deadline": lambda day: short_day(day, language),
            "renewal_start": lambda day: short_day(day, language),
            "contact_limit": number,
            "email_limit": number,
            "billing_months": lru_cache(lambda months: _billing(visit, months)),
            "commitment_months": lru_cache(
                lambda months: visit.count("1 month", "%(count)s months", months)
            ),
        }

    def row(self, row: Listed, change: ChangeRow, actions: RowActions) -> ListRow:
        path = f"/changes/{quote(row['id'], safe='')}"
        customer = f"/customers/{quote(row['customer_id'], safe='')}"
        days = (row["deadline"] - local_day(self._visit.now, change.zone)).days
        mark = self._overdue if row["overdue"] else None
        return ListRow(
            [CellText(*each, self._said(each[0], row)) for each in self._titles],
            row["customer"],
            customer if self._customers.covers(change.place) else None,
            path,
            row["state"],
            self._needs if row["attention"] else mark,
            row["attention"] or "",
            self._left(days),
            0 <= days <= SOON_DAYS,
            [*self._menu(path, customer, actions)],
        )

    def _said(self, column: str, row: Listed) -> str:
        value = row[column]
        if value is None:
            return ""
        if column in AMOUNTS:
            return self._money(value, row["currency"])
        write = self._writers.get(column)
        return write(value) if write else str(value)

    def _menu(
        self, path: str, customer: str, actions: RowActions
    ) -> Iterator[tuple[str, str]]:
        for event in actions.events:
            yield f"{path}/events/{quote(event, safe='')}", self._word("events", event)
        if actions.owner:
            yield f"{path}/actions/owner", self._edits["owner"]
        if actions.contact:
            yield f"{path}/actions/contact", self._edits["contact"]
        if actions.end_association:
            yield f"{customer}/end-association", self._edits["end"]
        yield path, self._edits["open"]


def _left(visit: Visit, days: int) -> str:
    """How long there is to answer, in words."""
    if days > 0:
        return visit.count("tomorrow", "in %(count)s days", days)
    return visit.say("today") if days == 0 else visit.say("passed")


def _billing(visit: Visit, months: int) -> str:
    """How often a bill comes."""
    match months:
        case 1:
            return visit.say("monthly")
        case 3:
            return visit.say("quarterly")
        case 6:
            return visit.say("half-yearly")
        case 12:
            return visit.say("yearly")
        case _:
            return visit.say("every %(count)s months", count=months)
