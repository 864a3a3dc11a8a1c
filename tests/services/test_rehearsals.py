"""A rehearsal says what a deed will do, and leaves nothing behind."""

from collections.abc import Callable
from datetime import date, datetime

import pytest

from engine.domain.access import operator
from engine.domain.interfaces import Storage
from engine.domain.letters import ChannelName
from engine.services.edit_book import Editor
from engine.services.fire_event import Fired, fire_event
from engine.services.rehearse import ChangedMeanwhileError, Stage
from tests.support.books import a_customer, a_person, a_small_book, at, with_rows
from tests.support.installation import RENEWAL, Installation

NOW = at("2026-12-20T10:00")
Edit = Callable[[Editor], str]


@pytest.fixture
def book(tacit: Installation) -> Installation:
    """A renewal that its customer was reminded of, with a last call to come."""
    second = a_person("acme.second", customer="acme")
    tacit.imports([*a_small_book(), second], at("2026-10-20"))
    tacit.runs(at("2026-10-20"), NOW)
    return tacit


def stage(book: Installation, now: datetime = NOW) -> Stage:
    return Stage(book.store, book.rulebook, frozenset(ChannelName), now)


def editing(book: Installation, edit: Edit) -> Callable[[Storage], str]:
    def deed(store: Storage) -> str:
        return edit(Editor(store, book.rulebook, operator("ops"), NOW))

    return deed


def firing(
    book: Installation, event: str, person: str = "acme.contact", now: datetime = NOW
) -> Callable[[Storage], Fired]:
    return lambda store: fire_event(
        store, book.rulebook, RENEWAL, event, operator(person), now
    )


def customer_id(book: Installation) -> int:
    return book.change().customer_id


EDITS: dict[str, Edit] = {
    "owner of a change": lambda e: e.owner_of_change(RENEWAL, "partner"),
    "owner of a customer": lambda e: e.owner_of_customer("acme", "partner"),
    "owner of a partner": lambda e: e.owner_of_partner("nord", "partner"),
    "contact": lambda e: e.contact("acme", "acme.second"),
    "renewal start": lambda e: e.renewal_start(RENEWAL, date(2027, 1, 20)),
    "automatic renewal": lambda e: e.automatic_renewal("K-1", on=False),
    "end": lambda e: e.end("K-1", date(2026, 12, 24)),
    "end of an association": lambda e: e.association("acme", None),
}


@pytest.mark.parametrize("name", EDITS)
def test_rehearsing_an_edit_leaves_nothing_behind(
    book: Installation, name: str
) -> None:
    before = book.contents()

    found = stage(book).rehearse(editing(book, EDITS[name]), [customer_id(book)])

    assert found.is_committed
    assert book.contents() == before


@pytest.mark.req("REN-6")
def test_rehearsing_a_cancellation_says_who_is_told_and_leaves_nothing_behind(
    book: Installation,
) -> None:
    before = book.contents()

    found = stage(book).rehearse(firing(book, "request_cancellation"))

    [one] = found.changes
    assert one.before is not None
    assert (one.before.state, one.after.state) == ("pending", "cancellation_requested")
    readers = {
        (told.message, reader.code, reader.audience)
        for told in one.told
        for reader in told.readers.people
    }
    assert readers == {
        ("cancellation_noted", "acme.contact", "customer"),
        ("cancellation_noted", "nord.poc", "copy"),
        ("cancellation_noted", "ops", "operations"),
    }
    assert book.contents() == before


@pytest.mark.parametrize("name", EDITS)
def test_what_was_rehearsed_is_what_happens(book: Installation, name: str) -> None:
    ids = [customer_id(book)]
    deed = editing(book, EDITS[name])
    found = stage(book).rehearse(deed, ids)

    said = stage(book).perform(deed, found.mark, ids)

    assert said == found.said
    for one in found.changes:
        row = book.change(one.after.code)
        assert row.version == one.after.version
        assert row.state == one.after.state
        assert row.renewal_start == one.after.renewal_start
    queued = {
        (message["change"], message["message"]) for message in book.messages("queued")
    }
    told = {(o.after.code, t.message) for o in found.changes for t in o.told}
    assert told <= queued
    assert book.flaws() == []


@pytest.mark.req("REN-14")
def test_a_message_that_waits_for_a_partner_is_shown_as_dropped(
    book: Installation,
) -> None:
    book.edit(NOW).owner_of_customer("acme", "partner")
    book.edit(NOW).renewal_start(RENEWAL, date(2027, 3, 2))

    found = stage(book).rehearse(
        editing(book, EDITS["end of an association"]), [customer_id(book)]
    )

    [one] = found.changes
    assert one.before is not None
    assert (one.before.owner, one.after.owner) == ("partner", "vendor")
    assert one.dropped
    assert [told.message for told in one.dropped] == [
        told.message for told in one.before.waiting
    ]


def test_a_refusal_is_rehearsed_without_a_trace(book: Installation) -> None:
    late = at("2027-01-20")
    before = book.contents()

    found = stage(book, late).rehearse(firing(book, "request_cancellation", now=late))

    assert found.said.refusal is not None
    assert book.contents() == before


def test_a_deed_is_not_done_once_it_would_do_something_else(
    book: Installation,
) -> None:
    deed = firing(book, "accept")
    shown = stage(book).rehearse(deed)
    book.fire("request_cancellation", "acme.contact", NOW)
    before = book.contents()

    with pytest.raises(ChangedMeanwhileError):
        stage(book).perform(deed, shown.mark)

    assert book.contents() == before


def test_a_deed_is_not_done_once_somebody_else_would_be_told(
    book: Installation,
) -> None:
    deed = firing(book, "accept")
    shown = stage(book).rehearse(deed)
    book.edit(NOW).contact("acme", "acme.second")

    with pytest.raises(ChangedMeanwhileError):
        stage(book).perform(deed, shown.mark)


@pytest.mark.req("REN-18")
def test_a_message_that_nobody_can_get_says_why(book: Installation) -> None:
    nobody = a_customer(partner="nord", primary_contact=None)
    book.imports(with_rows(a_small_book(), nobody), NOW)
    book.execute("UPDATE customers SET primary_contact_id = NULL")

    found = stage(book).rehearse(firing(book, "request_cancellation"))

    [one] = found.changes
    assert "there is no customer's primary contact" in [
        told.readers.nobody for told in one.told
    ]
