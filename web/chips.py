"""Chips: what the list is narrowed by at the moment, each with a way to take it off."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.domain.listing import Question
from engine.domain.ownership import PARTNER
from web.list_address import Address
from web.rendering import short_day, words_of
from web.visits import Visit


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on, in words, and the address of the list without it."""

    said: str
    without: str


def chips(visit: Visit, address: Address) -> list[Chip]:
    """Every filter that is on."""
    return [Chip(*one) for one in _found(visit, address)]


def _found(visit: Visit, address: Address) -> Iterator[tuple[str, str]]:
    asked, url = address.question, address.url
    word = words_of(visit.site.words[visit.language])
    if asked.words:
        said = visit.say("Search: %(words)s", words=asked.search.strip())
        yield said, url(search="")
    for state in sorted(asked.states):
        yield word("states", state), url(states=asked.states - {state})
    for type_ in sorted(asked.types):
        yield word("types", type_), url(types=asked.types - {type_})
    if asked.owner:
        yield _owner(visit, asked.owner), url(owner=None)
    if asked.deadline_from or asked.deadline_to:
        yield _window(visit, asked), url(deadline_from=None, deadline_to=None)
    if asked.partner:
        said = visit.say("Partner: %(code)s", code=asked.partner)
        yield said, url(partner=None)
    if asked.needs_person:
        yield visit.say("Needs a person"), url(needs_person=False)


def _owner(visit: Visit, owner: str) -> str:
    if owner == PARTNER:
        return visit.say("Told by the partner")
    return visit.say("Told by the vendor")


def _window(visit: Visit, asked: Question) -> str:
    first, last = (
        day and short_day(day, visit.language)
        for day in (asked.deadline_from, asked.deadline_to)
    )
    if first == last:
        return visit.say("Deadline on %(day)s", day=first)
    if last is None:
        return visit.say("Deadline from %(day)s", day=first)
    if first is None:
        return visit.say("Deadline until %(day)s", day=last)
    return visit.say("Deadline from %(first)s to %(last)s", first=first, last=last)
