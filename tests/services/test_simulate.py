from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from engine.services.seal_audit import seal
from engine.services.simulate import run_span, simulate
from tests.support.books import a_contract, a_person, a_small_book, at, some_usage
from tests.support.installation import Installation

CUSTOMER = "acme.contact"
START, END = at("2026-10-20"), at("2026-12-10")


def a_varied_book(tacit: Installation) -> None:
    """Contracts that renew, end, are cancelled, exceed their tier, or lie still."""
    rows = [
        *a_small_book(),
        a_contract("K-2", automatic_renewal=False),
        a_contract("K-3", commitment_months=1),
        a_contract("K-4"),
        some_usage(contacts=1_500),
    ]
    tacit.imports(rows, at("2026-10-10"))
    tacit.fire("request_cancellation", CUSTOMER, at("2026-10-11"), "K-4.R20270301")


@pytest.mark.req("RULE-5")
def test_a_simulation_sends_nothing_and_saves_nothing(tacit: Installation) -> None:
    a_varied_book(tacit)
    before = tacit.contents()
    recording = tacit.delivering(email=None, slack=None)

    found = list(simulate(tacit.store, tacit.rulebook, recording, START, END))

    assert len(found) > 20
    assert tacit.contents() == before
    assert tacit.letters() == []


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.req("RULE-5")
def test_a_simulation_leaves_the_file_byte_for_byte(tacit: Installation) -> None:
    file = Path(tacit.store.engine.url.database or "")
    a_varied_book(tacit)
    before = file.read_bytes()
    recording = tacit.delivering(email=None, slack=None)

    list(simulate(tacit.store, tacit.rulebook, recording, START, END))

    assert file.read_bytes() == before


@pytest.mark.req("RULE-5")
def test_what_was_simulated_is_what_then_happens(tacit: Installation) -> None:
    a_varied_book(tacit)
    recording = tacit.delivering(email=None, slack=None)

    foreseen = list(simulate(tacit.store, tacit.rulebook, recording, START, END))
    letters: list[datetime] = []
    happened = list(
        run_span(
            tacit.store, tacit.rulebook, tacit.delivering(), START, END, letters.append
        )
    )

    assert sorted(foreseen, key=str) == sorted(happened, key=str)
    sent = [each for each in foreseen if each["kind"] == "sent"]
    assert len(tacit.told()) == len(sent)


@pytest.mark.req("RULE-5", "OPS-2")
def test_a_clock_that_ticks_now_and_then_does_what_was_simulated(
    tacit: Installation,
) -> None:
    a_varied_book(tacit)
    recording = tacit.delivering(email=None, slack=None)
    now, end = at("2026-10-20"), at("2026-11-10")
    found = list(simulate(tacit.store, tacit.rulebook, recording, now, end))
    [before] = tacit.rows("SELECT MAX(id) AS id FROM audit")

    while now < end:
        tacit.passes(now)
        now += timedelta(hours=7)

    happened = tacit.rows(
        "SELECT code, kind, body FROM audit JOIN changes ON changes.id = subject_id "
        "WHERE subject_kind = 'change' AND audit.id > :id",
        **before,
    )
    foreseen = [(each["change"], each["kind"]) for each in found]
    kinds = {kind for _, kind in foreseen}
    done = [(row["code"], row["kind"]) for row in happened if row["kind"] in kinds]
    assert sorted(done) == sorted(foreseen)


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
@pytest.mark.req("RULE-5")
def test_a_simulation_of_a_book_that_is_being_written_to_is_of_one_moment(
    tacit: Installation,
) -> None:
    a_varied_book(tacit)
    ticked: list[str] = []

    @event.listens_for(tacit.store.engine, "before_cursor_execute")
    def tick_in_between(
        _connection: object, _cursor: object, statement: str, *_: object
    ) -> None:
        if "FROM changes" in statement and not ticked:
            ticked.append(statement)
            tacit.tick(at("2026-11-01T08:00"))

    copy = tacit.store.copy_in_memory()

    event.remove(tacit.store.engine, "before_cursor_execute", tick_in_between)
    copied = Installation(copy, tacit.rulebook, tacit.templates)
    assert ticked
    assert copied.flaws() == []
    copy.close()


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
@pytest.mark.req("OPS-4")
def test_verifying_a_book_that_is_being_written_to_finds_nothing_wrong(
    tacit: Installation,
) -> None:
    a_varied_book(tacit)
    seal(tacit.store, START)
    ticked: list[str] = []

    @event.listens_for(tacit.store.engine, "before_cursor_execute")
    def tick_in_between(
        _connection: object, _cursor: object, statement: str, *_: object
    ) -> None:
        if "FROM audit" in statement and not ticked:
            ticked.append(statement)
            tacit.tick(at("2026-11-01T08:00"))

    flaws = tacit.flaws()

    event.remove(tacit.store.engine, "before_cursor_execute", tick_in_between)
    assert ticked
    assert flaws == []


@pytest.mark.req("RULE-5")
def test_a_simulation_shows_who_cannot_be_reached(tacit: Installation) -> None:
    a_varied_book(tacit)
    tacit.imports([a_person(CUSTOMER, customer="acme", email=None)], START)
    recording = tacit.delivering(email=None, slack=None)

    found = list(simulate(tacit.store, tacit.rulebook, recording, START, END))

    assert "undelivered" in {each["kind"] for each in found}
