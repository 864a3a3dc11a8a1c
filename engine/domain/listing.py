"""A question to the list of upcoming changes: which of them, in what order, how many."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from engine.domain.access import Reach
from engine.domain.errors import TacitError
from engine.domain.folding import folded
from engine.domain.ownership import PARTNER, VENDOR
from engine.domain.problems import did_you_mean
from engine.domain.ruleset import Rulebook

#: The columns that the list can be sorted by; amounts only by those who see them all.
SORTS: Final = (
    "customer",
    "owner",
    "type",
    "state",
    "deadline",
    "primary_contact",
    "id",
    "renewal_start",
    "partner",
    "website",
    "hub_id",
    "contact_limit",
    "billing_months",
    "commitment_months",
    "mrr",
    "new_mrr",
    "product",
)
DEFAULT_SORT: Final = "renewal_start"
OWNERS: Final = (VENDOR, PARTNER)
LONGEST_SEARCH: Final = 200
_LARGEST: Final = 2**63 - 1


class QuestionError(TacitError):
    """Raised when a question cannot be answered; `field` says which part of it."""

    def __init__(self, field: str, said: str) -> None:
        self.field = field
        super().__init__(said)


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody wants to see of the list, on a day and seen from now.

    The answer is cut to `limit` rows: from `offset` on, or those after a cursor, which
    stays where it was while rows come and go.
    """

    on: date
    now: datetime
    search: str = ""
    states: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    owner: str | None = None
    partner: str | None = None  # its code
    customer: str | None = None  # its code
    deadline_from: date | None = None
    deadline_to: date | None = None
    needs_person: bool = False
    sort: str = DEFAULT_SORT
    descending: bool = False
    limit: int | None = None
    offset: int = 0
    after: str | None = None

    @property
    def words(self) -> list[str]:
        """The folded words that must all be found."""
        return list(dict.fromkeys(folded(self.search).split()))

    @property
    def narrows(self) -> bool:
        """Whether anything but a search leaves something out."""
        return bool(
            self.states
            or self.types
            or self.owner
            or self.partner
            or self.customer
            or self.deadline_from
            or self.deadline_to
            or self.needs_person
        )


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose changes the answer is of, by ids."""

    reach: Reach = field(default_factory=lambda: Reach(everything=True))
    partner_id: int | None = None
    customer_id: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The ids of one page in order, how many there are in all, where the next begins."""

    ids: Sequence[int]
    total: int
    next: str | None


#: How many deadlines on a day, by state; on None: where rules were not applied yet.
Deadlines = Mapping[date | None, Mapping[str, int]]


def deadlines_asked_for(question: Question, deadlines: Deadlines) -> int:
    """How many of all that the rest of a question leaves have their deadline in time."""
    first, last = question.deadline_from, question.deadline_to
    return sum(
        sum(counts.values())
        for day, counts in deadlines.items()
        if (first is None or (day is not None and first <= day))
        and (last is None or (day is not None and day <= last))
    )


def check_question(question: Question, rulebook: Rulebook) -> None:
    """QuestionError where a part is not known, and what would be."""
    states = {name for each in rulebook.machines.values() for name in each.states}
    known: dict[str, tuple[Sequence[str], set[str]]] = {
        "state": (sorted(question.states), states),
        "type": (sorted(question.types), set(rulebook.machines)),
        "owner": ([question.owner] if question.owner else [], set(OWNERS)),
        "sort": ([question.sort], set(SORTS)),
    }
    for name, (given, possible) in known.items():
        for value in given:
            if value not in possible:
                hint = did_you_mean(value, possible)
                raise QuestionError(name, f'there is no {name} "{value}" ({hint})')
    if len(question.search) > LONGEST_SEARCH:
        said = f"a search has at most {LONGEST_SEARCH} characters"
        raise QuestionError("search", said)
    _check_cut(question)


def _check_cut(question: Question) -> None:
    first, last = question.deadline_from, question.deadline_to
    if first and last and last < first:
        said = f"the deadlines end on {last}, before they begin on {first}"
        raise QuestionError("deadline_to", said)
    if question.limit is not None and question.limit < 1:
        raise QuestionError("limit", "a page has at least one row")
    if not 0 <= question.offset <= _LARGEST:
        raise QuestionError("offset", "no row is there")


def window_days(rulebook: Rulebook) -> int:
    """For how many days before its renewal start a change is listed at most."""
    return max(
        -row.first("listed").days
        for ruleset in rulebook.machines.values()
        for row in ruleset.calendar
    )


def write_cursor(question: Question, key: Sequence[Any]) -> str:
    """Where a page ended, for whoever asks for the next one."""
    place = [question.sort, question.descending, *key]
    text = json.dumps(place, default=_iso, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(question: Question, kinds: Sequence[type]) -> list[Any]:
    """The key at which the page before ended; QuestionError unless it is one."""
    try:
        text = (question.after or "").encode()
        padded = text + b"=" * (-len(text) % 4)
        sort, descending, *key = json.loads(base64.b64decode(padded, b"-_", True))
        values = [_typed(one, kind) for one, kind in zip(key, kinds, strict=True)]
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise QuestionError("after", "this is no cursor of the list") from None
    if (sort, descending) != (question.sort, question.descending):
        said = "the cursor is of a list that is sorted otherwise: begin again without"
        raise QuestionError("after", said)
    return values


def _iso(value: date) -> str:
    return value.isoformat()


def _typed(value: object, kind: type) -> Any:
    """The value where it is of this kind and any database takes it; or ValueError."""
    if kind is date:
        return date.fromisoformat(str(value))
    if kind is int and type(value) is int and abs(value) <= _LARGEST:
        return value
    if kind is str and isinstance(value, str) and "\0" not in value:
        value.encode()  # a lone surrogate is no text
        return value
    raise ValueError
