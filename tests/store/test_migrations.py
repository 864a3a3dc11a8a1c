from datetime import date
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect, text

from engine.domain.errors import ConflictError
from engine.domain.openings import NewChange
from engine.domain.records import Dates
from engine.domain.ruleset import Rulebook
from engine.services.advance_clock import advance_clock
from engine.store import database
from engine.store.database import DatabaseError
from engine.store.unit_of_work import Store
from tests.support.books import a_small_book, at, imported


def _downgrade(store: Store, revision: str = "base") -> None:
    config = database._config()
    with database._altering(store.engine) as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def test_the_migrations_lead_to_the_tables_that_the_program_uses(store: Store) -> None:
    assert database.schema_differences(store.engine) == []
    present, wanted = database.schema_versions(store.engine)
    assert present == wanted


def test_the_migrations_go_down_and_up_again(store: Store) -> None:
    _downgrade(store)
    left = inspect(store.engine).get_table_names()

    database.migrate(store.engine)

    assert left == ["alembic_version"]
    assert database.schema_differences(store.engine) == []


def test_a_book_of_the_first_schema_is_kept(store: Store, rulebook: Rulebook) -> None:
    imported(store, rulebook, a_small_book(), at("2026-06-01"))
    advance_clock(store, rulebook, at("2026-11-01T08:00"))
    _downgrade(store, "0001")

    database.migrate(store.engine)

    with store.engine.connect() as connection:
        limits = "SELECT contact_limit, filed_limit FROM contracts"
        assert connection.execute(text(limits)).all() == [(1_000, 1_000)]
        told = "SELECT message FROM outbox JOIN changes ON changes.id = change_id"
        assert connection.execute(text(told)).all() == [("renewal_notice",)]
    assert database.schema_differences(store.engine) == []


def test_a_contract_never_has_two_open_renewals(
    store: Store, rulebook: Rulebook
) -> None:
    imported(store, rulebook, a_small_book(), at("2026-06-01"))
    day = date(2028, 3, 1)
    second = NewChange("K-1.R20280301", 1, "renewal", day, day)
    dates = Dates(day, day)

    with pytest.raises(ConflictError), store.begin() as unit:
        unit.changes.insert([(second, "pending", "rules", dates)], at("2026-06-02"))


def test_migrating_the_newest_schema_keeps_what_is_there(store: Store) -> None:
    with store.begin() as unit:
        unit.book.beat("clock", at("2026-11-01"))
        unit.commit()

    database.migrate(store.engine)

    with store.begin(read_only=True) as unit:
        assert unit.book.heartbeats() == {"clock": at("2026-11-01")}


URLS = {
    "no URL at all": ("hello", "is not a database URL"),
    "an unknown database": ("mysql://somewhere/x", "mysql is not supported"),
    "PostgreSQL by its other name": ("postgres://u@h/x", "write .* postgresql://user"),
    "a port that is none": ("postgresql://u:pw@h:port/x", "^(?!.*pw).* database URL"),
    "a folder that is not there": ("sqlite:////no/such/folder/t.db", "unable to open"),
    "a server that is not there": (
        "postgresql://nobody@127.0.0.1:1/x",
        "connection failed|refused",
    ),
}


@pytest.mark.parametrize(("url", "sentence"), URLS.values(), ids=list(URLS))
def test_a_database_that_cannot_be_opened_is_named(url: str, sentence: str) -> None:
    with pytest.raises(DatabaseError, match=sentence):
        Store.open(url)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear customer, your contract renews." * 100)

    with pytest.raises(DatabaseError, match="not a database"):
        Store.open(f"sqlite:///{file}")
