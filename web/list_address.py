"""The list's address says what is asked of it: read into a question, and written again."""

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from engine.domain.listing import DEFAULT_SORT, Question
from engine.domain.moments import local_day
from engine.domain.parsing import day as parse_day
from web.errors import BadRequestError
from web.visits import Visit

LIST: Final = "/changes"
_LAST_PAGE: Final = 1_000_000


@dataclass(frozen=True)
class Address:
    """A question as it stands in the address, with the page that is looked at."""

    question: Question
    page: int = 1

    def fields(self) -> list[tuple[str, str]]:
        """The question as the names and values of a form."""
        asked = self.question
        found: list[tuple[str, Any]] = [
            ("q", asked.search.strip()),
            *(("state", one) for one in sorted(asked.states)),
            *(("type", one) for one in sorted(asked.types)),
            ("owner", asked.owner),
            ("partner", asked.partner),
            ("from", asked.deadline_from),
            ("to", asked.deadline_to),
            ("person", "1" if asked.needs_person else None),
            ("sort", asked.sort if asked.sort != DEFAULT_SORT else None),
            ("order", "desc" if asked.descending else None),
        ]
        return [(name, str(value)) for name, value in found if value]

    def url(self, *, path: str = LIST, page: int = 1, **changed: Any) -> str:
        """The address of the list with parts of the question changed."""
        other = Address(replace(self.question, **changed))
        fields = other.fields()
        if page > 1:
            fields.append(("page", str(page)))
        return f"{path}?{urlencode(fields)}" if fields else path

    def sorted_by(self, column: str) -> str:
        """The address sorted by a column; the other way round where it is already."""
        is_now = self.question.sort == column
        turned = is_now and not self.question.descending
        return self.url(sort=column, descending=turned)

    @cached_property
    def of_any_day(self) -> str:
        """The address with any deadline, to which a day's can be added."""
        found = self.url(deadline_from=None, deadline_to=None)
        return f"{found}{'&' if '?' in found else '?'}"

    def on_day(self, day: date) -> str:
        """The address narrowed to the deadlines of one day."""
        return f"{self.of_any_day}from={day}&to={day}"


def read_address(visit: Visit) -> Address:
    """The question that a request's address holds; BadRequestError where it is none."""
    given, site = visit.request.query_params, visit.site.settings
    size, page = site.page_size, _page(given.get("page"))
    question = Question(
        on=local_day(visit.now, site.time_zone),
        now=visit.now,
        search=given.get("q", ""),
        states=_several(given, "state"),
        types=_several(given, "type"),
        owner=given.get("owner") or None,
        partner=given.get("partner") or None,
        deadline_from=_day(given, "from"),
        deadline_to=_day(given, "to"),
        needs_person=given.get("person") == "1",
        sort=given.get("sort") or DEFAULT_SORT,
        descending=given.get("order") == "desc",
        limit=size,
        offset=(page - 1) * size,
    )
    return Address(question, page)


def _several(given: QueryParams, name: str) -> frozenset[str]:
    return frozenset(one for one in given.getlist(name) if one)


def _day(given: QueryParams, name: str) -> date | None:
    text = given.get(name)
    if not text:
        return None
    try:
        return parse_day(text)
    except ValueError as error:
        raise BadRequestError(f'"{text[:40]}" in {name} {error}') from None


def _page(text: str | None) -> int:
    if not text:
        return 1
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:8]) <= _LAST_PAGE:
        raise BadRequestError(
            f'"{text[:20]}" is no page of the list: write a number from 1 to '
            f"{_LAST_PAGE:,}"
        )
    return int(text[:8])
