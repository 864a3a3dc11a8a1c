"""Messages wait for the hours that their readers chose, unless they cannot."""

from datetime import timedelta

import pytest

from engine.domain.wishes import DELIVERY
from tests.support.books import a_person, a_small_book, at, with_rows
from tests.support.installation import Installation, Told

CUSTOMER, PARTNER = "acme.contact", "nord.poc"
NIGHT = '{"zone": "Europe/Paris", "quiet_from": "19:00", "quiet_until": "10:00"}'
DAILY = '{"zone": "Europe/Paris", "digest_at": "11:00"}'
LISTED = at("2026-11-01T08:00")  # 09:00 in Paris


@pytest.fixture
def tacit(tacit: Installation) -> Installation:
    tacit.imports(a_small_book(), at("2026-06-01"))
    return tacit


def wants(tacit: Installation, person: str, wishes: str) -> None:
    with tacit.store.begin() as unit:
        unit.accounts.prefer(unit.book.person(person).id, DELIVERY, wishes)
        unit.commit()


@pytest.mark.req("BOT-7")
def test_who_wants_quiet_is_written_to_when_it_is_over_and_others_at_once(
    tacit: Installation,
) -> None:
    wants(tacit, CUSTOMER, NIGHT)

    tacit.passes(LISTED)
    early = tacit.told()
    tacit.runs(LISTED, at("2026-11-02T00:00"))

    assert early == [Told("renewal_notice", PARTNER, "email")]
    assert tacit.told()[1:] == [Told("renewal_notice", CUSTOMER, "email")]
    assert tacit.change().notice_out_at == at("2026-11-01T09:00")
    assert tacit.flaws() == []


@pytest.mark.req("BOT-7")
def test_what_waits_is_shown_as_waiting(tacit: Installation) -> None:
    wants(tacit, CUSTOMER, NIGHT)
    wants(tacit, PARTNER, DAILY)

    tacit.passes(LISTED)

    [message] = tacit.messages()
    assert message["status"] == "queued"
    assert [copy["status"] for copy in message["copies"]] == ["waiting", "waiting"]
    assert tacit.next_time(LISTED) == at("2026-11-01T09:00")


@pytest.mark.req("BOT-7")
def test_what_is_urgent_waits_for_nobody(tacit: Installation) -> None:
    tacit.runs(LISTED, at("2027-01-09"))
    wants(tacit, CUSTOMER, NIGHT)

    tacit.runs(at("2027-01-09"), at("2027-01-10T08:30"))

    assert tacit.told_to(CUSTOMER)[-1] == "last_call"


@pytest.mark.req("BOT-7", "REN-6")
def test_what_could_not_be_answered_any_more_comes_at_once(
    tacit: Installation,
) -> None:
    wants(tacit, CUSTOMER, NIGHT)
    evening = at("2027-01-15T19:00")  # four hours before the deadline is over
    tacit.fire("accept", CUSTOMER, at("2027-01-14T12:00"))
    tacit.relay(at("2027-01-14T12:00"))

    tacit.fire("take_back", CUSTOMER, evening)
    tacit.relay(evening)

    assert "acceptance_taken_back" in tacit.told_to(CUSTOMER)


@pytest.mark.req("BOT-7", "REN-10")
def test_what_waited_is_told_to_who_is_its_reader_by_then(tacit: Installation) -> None:
    rows = with_rows(a_small_book(), a_person("acme.new", customer="acme"))
    tacit.imports(rows, at("2026-06-02"))
    wants(tacit, CUSTOMER, NIGHT)
    tacit.passes(LISTED)

    tacit.edit(LISTED + timedelta(minutes=10)).contact("acme", "acme.new")
    tacit.runs(LISTED + timedelta(minutes=11), at("2026-11-02T00:00"))

    assert tacit.told_to(CUSTOMER) == []
    assert tacit.told_to("acme.new") == ["renewal_notice"]


@pytest.mark.req("BOT-7")
def test_what_waited_and_is_answered_meanwhile_is_not_told(tacit: Installation) -> None:
    wants(tacit, CUSTOMER, NIGHT)
    tacit.passes(LISTED)

    tacit.fire("accept", "ops", LISTED + timedelta(minutes=10))
    tacit.runs(LISTED + timedelta(minutes=11), at("2026-11-02T00:00"))

    assert tacit.told_to(CUSTOMER) == ["renewal_done"]
