"""What tests of the services start from."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from engine.domain.ruleset import Rulebook
from engine.store.unit_of_work import Store
from notifiers.rendering import Templates
from tests.support.books import at
from tests.support.installation import Installation
from tests.support.invariants import Ledger, broken_invariants
from tests.support.mails import Post, asked_by_mail


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


@pytest.fixture
def post(tacit: Installation) -> Iterator[Post]:
    """The customer was asked by mail; at the end every invariant holds."""
    made = asked_by_mail(tacit, at("2026-11-01T08:00"))
    yield made
    made.passes(made.now + timedelta(hours=1))
    keys = Ledger([letter.key for letter in tacit.letters()])
    assert broken_invariants(tacit.store.engine, made.now, keys) == []
    assert tacit.flaws() == []
