from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect

from engine.store import database
from engine.store.database import DatabaseError
from engine.store.unit_of_work import Store
from tests.support.books import at


def _downgrade(store: Store) -> None:
    config = database._config()
    with store.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")


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
