"""What tests of the services start from."""

import pytest

from engine.domain.ruleset import Rulebook
from engine.store.unit_of_work import Store
from notifiers.rendering import Templates
from tests.support.installation import Installation


@pytest.fixture
def tacit(store: Store, rulebook: Rulebook, templates: Templates) -> Installation:
    """An empty installation, on each database."""
    return Installation(store, rulebook, templates)
