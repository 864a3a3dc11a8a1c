"""Databases that are locked, full, or gone: a clear error, nothing half done."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event

from engine.domain.access import operator
from engine.domain.listing import Question
from engine.domain.records import NewEntry
from engine.domain.ruleset import Rulebook
from engine.services.list_changes import list_changes
from engine.store.database import DatabaseError
from engine.store.unit_of_work import Store
from notifiers.rendering import Templates
from tests.faults.conftest import NewBook
from tests.support.books import a_contract, a_small_book, at
from tests.support.channels import Meddling
from tests.support.installation import Installation
from tests.support.invariants import Ledger, broken_invariants

JUNE, LISTED, LATER = at("2026-06-01"), at("2026-11-01T08:00"), at("2026-11-01T09:00")


def opened(file: Path, *pragmas: str) -> Store:
    """A store on a file, whose connections are set up further."""
    store = Store.open(f"sqlite:///{file}")

    @event.listens_for(store.engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    store.engine.dispose()
    return store


@pytest.fixture
def file(empty_sqlite: Path, tmp_path: Path) -> Path:
    made = tmp_path / "tacit.db"
    made.write_bytes(empty_sqlite.read_bytes())
    return made


@pytest.fixture
def impatient(
    file: Path, rulebook: Rulebook, templates: Templates
) -> Iterator[Installation]:
    """An installation that does not wait for a lock."""
    store = opened(file, "busy_timeout = 50")
    yield Installation(store, rulebook, templates)
    store.close()


@pytest.fixture
def other(file: Path) -> Iterator[Store]:
    """Another process's way to the same file."""
    store = opened(file)
    yield store
    store.close()


def sound(tacit: Installation, now: datetime) -> bool:
    ledger = Ledger(keys=[letter.key for letter in tacit.letters()])
    assert broken_invariants(tacit.store.engine, now, ledger) == []
    assert tacit.flaws() == []
    return True


@pytest.mark.req("BOT-2", "OPS-3")
def test_a_locked_database_is_an_error_and_nothing_is_half_done(
    impatient: Installation, other: Store
) -> None:
    impatient.imports(a_small_book(), JUNE)
    before = impatient.contents()

    with other.begin(), pytest.raises(DatabaseError, match="database is locked"):
        impatient.tick(LISTED)

    assert impatient.contents() == before
    impatient.passes(LISTED)
    assert len(impatient.told()) == 2
    assert sound(impatient, LISTED)


@pytest.mark.req("OPS-3")
def test_a_commit_that_a_reader_holds_up_leaves_no_lock_behind(
    impatient: Installation, other: Store, file: Path
) -> None:
    impatient.imports(a_small_book(), JUNE)

    with other.begin(read_only=True) as reading:
        reading.audit.last_id()
        with pytest.raises(DatabaseError, match="database is locked"):
            impatient.tick(LISTED)

    third = Installation(
        opened(file, "busy_timeout = 50"), impatient.rulebook, impatient.templates
    )
    third.tick(LISTED)
    third.store.close()
    impatient.relay(LISTED)
    assert len(impatient.told()) == 2
    assert sound(impatient, LISTED)


@pytest.mark.req("OPS-3")
def test_the_list_can_be_read_while_somebody_writes(
    impatient: Installation, other: Store, file: Path
) -> None:
    impatient.imports(a_small_book(), JUNE)

    with other.begin() as unit:
        unit.book.beat("clock", LISTED)
        fresh = opened(file, "busy_timeout = 50")
        question = Question(LISTED.date(), LISTED)
        listed = list_changes(fresh, impatient.rulebook, question, operator()).rows
        fresh.close()

    assert [row["id"] for row in listed] == ["K-1.R20270301"]


@pytest.mark.req("BOT-2")
def test_what_went_out_is_recorded_once_the_lock_is_gone(
    impatient: Installation, other: Store
) -> None:
    impatient.imports([*a_small_book(), a_contract("K-2")], JUNE)
    impatient.tick(LISTED)
    held: list[object] = []

    with ExitStack() as locks:

        def lock_out(_: object) -> None:
            if not held:
                held.append(locks.enter_context(other.begin()))

        email = Meddling(lock_out)
        with pytest.raises(DatabaseError, match="locked"):
            impatient.relay(LISTED, email=email, workers=1)
    impatient.relay(LATER)

    impatient.email.letters.extend(email.letters)
    assert sound(impatient, LATER)


@pytest.mark.req("BOT-2")
def test_a_full_disk_is_an_error_and_nothing_is_half_done(
    file: Path, rulebook: Rulebook, templates: Templates
) -> None:
    rows = [*a_small_book(), *(a_contract(f"C-{n}") for n in range(200))]
    roomy = Installation(opened(file), rulebook, templates)
    roomy.imports(rows, JUNE)
    [pages] = roomy.rows("SELECT page_count AS number FROM pragma_page_count()")
    before = roomy.contents()
    roomy.store.close()
    full = Installation(
        opened(file, f"max_page_count = {pages['number'] + 4}"), rulebook, templates
    )

    with pytest.raises(DatabaseError, match="full"):
        full.tick(LISTED)
    after = full.contents()
    full.store.close()

    assert after == before
    roomy = Installation(opened(file), rulebook, templates)
    roomy.passes(LISTED)
    assert len(roomy.told()) == 2 * 201
    assert sound(roomy, LISTED)
    roomy.store.close()


@pytest.mark.req("BOT-2")
def test_a_server_that_hangs_up_is_an_error_and_nothing_is_half_done(
    postgresql_book: NewBook, rulebook: Rulebook, templates: Templates
) -> None:
    url = postgresql_book()
    tacit = Installation(Store.open(url), rulebook, templates)
    before = tacit.contents()

    def write_while_the_server_stops() -> None:
        with tacit.store.begin() as unit:
            unit.book.beat("clock", LISTED)
            hang_up(url)
            unit.audit.append([NewEntry("site", 1, 1, LISTED, "edited", "{}", "hash")])

    with pytest.raises(DatabaseError, match=r"terminat|clos|lost"):
        write_while_the_server_stops()

    assert tacit.contents() == before
    tacit.passes(LISTED)
    assert tacit.told()
    assert sound(tacit, LISTED)
    tacit.store.close()


@pytest.mark.req("BOT-2", "OPS-3")
def test_a_table_that_is_locked_for_long_is_an_error_and_nothing_is_half_done(
    postgresql_book: NewBook, rulebook: Rulebook, templates: Templates
) -> None:
    url = postgresql_book()
    impatient = Store.open(f"{url}?options=-c%20lock_timeout%3D50ms")
    tacit, other = Installation(impatient, rulebook, templates), Store.open(url)
    before = tacit.contents()

    with other.begin() as unit:
        unit.audit.hold()
        with pytest.raises(DatabaseError, match="lock timeout"):
            tacit.tick(LISTED)

    assert tacit.contents() == before
    tacit.passes(LISTED)
    assert sound(tacit, LISTED)
    impatient.close()
    other.close()


def hang_up(url: str) -> None:
    """End every connection to a database but our own."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
