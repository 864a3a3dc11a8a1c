"""The program as a process of its own: how it is started, and what it must leave."""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from engine.store.unit_of_work import Store
from tacit import home
from tests.support.invariants import Ledger, broken_invariants

TACIT = [sys.executable, "-c", "from tacit.cli import main; main()"]


def wait_until(true: Callable[[], bool]) -> None:
    """Wait until something is so; half a minute at most."""
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def opened(at_home: Path) -> Store:
    """The home's database, wherever it is."""
    here = home.Home(at_home)
    return Store.open(here.database_url(here.settings()))


def broken(at_home: Path, mails: int) -> list[str]:
    """The invariants; there are as many mails as copies that count as sent."""
    store = opened(at_home)
    with store.begin(read_only=True) as unit:
        sent = [
            copy
            for row in unit.outbox.listing(limit=10_000)
            for copy in row["copies"]
            if copy["status"] == "sent"
        ]
    now = datetime.now(UTC)  # noqa: TID251 - the process ran by the machine's clock
    found = broken_invariants(store.engine, now, Ledger(), drained=False)
    store.close()
    assert len(sent) == mails
    # The mailbox is a folder that shows no keys: how many there are was compared.
    return [flaw for flaw in found if "no channel has it" not in flaw]
