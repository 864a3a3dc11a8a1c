"""What tests of the services start from."""

from typing import Any

import pytest
from sqlalchemy import event

from engine.domain.ruleset import Rulebook
from engine.store.unit_of_work import Store
from notifiers.rendering import Templates
from tests.support.installation import Installation


@pytest.fixture
def tacit(store: Store, rulebook: Rulebook, templates: Templates) -> Installation:
    """An empty installation, on each database."""
    if store.engine.dialect.name == "sqlite":
        # Nothing here pulls the plug, so nothing needs to wait for the disk.
        event.listen(store.engine, "connect", _trust_the_disk)
        store.engine.dispose()
    return Installation(store, rulebook, templates)


def _trust_the_disk(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")
