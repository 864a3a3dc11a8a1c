"""The shipped machines, compiled once."""

import pytest

from engine.domain.ruleset import Rulebook, Ruleset


@pytest.fixture(scope="session")
def renewal(rulebook: Rulebook) -> Ruleset:
    return rulebook.machines["renewal"]


@pytest.fixture(scope="session")
def tier_upgrade(rulebook: Rulebook) -> Ruleset:
    return rulebook.machines["contact_tier_upgrade"]


@pytest.fixture(scope="session")
def email_overage(rulebook: Rulebook) -> Ruleset:
    return rulebook.machines["email_overage"]
