"""One suite on both databases; each test starts with an empty one."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import text

from engine.domain.ruleset import Rulebook
from engine.store.tables import metadata
from engine.store.unit_of_work import Store
from notifiers.rendering import Templates
from tacit.bootstrap import check_rules
from tests.support import postgresql

CHECKOUT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _fresh_logs() -> Iterator[None]:
    """Where a test made logs go is closed after it; the next must not write there.

    Tracebacks are plain: drawn with all their values, one takes seconds.
    """
    plain = structlog.dev.ConsoleRenderer(
        exception_formatter=structlog.dev.plain_traceback
    )
    structlog.configure(processors=[structlog.processors.add_log_level, plain])
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def templates() -> Templates:
    return Templates()


@pytest.fixture(scope="session")
def rulebook(templates: Templates) -> Rulebook:
    """The shipped rules."""
    found, problems = check_rules(CHECKOUT / "rules", templates)
    assert found is not None, problems
    return found


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    file = tmp_path_factory.mktemp("sqlite") / "empty.db"
    Store.open(f"sqlite:///{file}").close()
    return file


@pytest.fixture(scope="session")
def postgresql_store() -> Iterator[Store]:
    """A migrated PostgreSQL database; skips where none can be had."""
    try:
        with (
            postgresql.server() as server_url,
            postgresql.database(server_url) as url,
        ):
            store = Store.open(url)
            yield store
            store.close()
    except OSError as error:
        pytest.skip(f"no PostgreSQL: {error}")


@pytest.fixture(params=["sqlite", "postgresql"])
def store(
    request: pytest.FixtureRequest, empty_sqlite: Path, tmp_path: Path
) -> Iterator[Store]:
    """An empty store on each database."""
    if request.param == "postgresql":
        found: Store = request.getfixturevalue("postgresql_store")
        tables = ", ".join(table.name for table in metadata.sorted_tables)
        with found.engine.begin() as connection:
            connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
        yield found
        return
    file = tmp_path / "tacit.db"
    shutil.copyfile(empty_sqlite, file)
    made = Store.open(f"sqlite:///{file}")
    yield made
    made.close()
