"""What fault tests start from: databases with a book, real servers, real processes."""

import json
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from email import message_from_bytes
from pathlib import Path

import psycopg
import pytest

from engine.domain.ruleset import Rulebook
from engine.store.unit_of_work import Store
from tacit import home
from tests.fakes.slack_server import SlackServer
from tests.fakes.smtp_server import Delivered, SmtpServer
from tests.faults.child import Life, Order, Step
from tests.support.books import (
    a_contract,
    a_customer,
    a_partner,
    a_person,
    a_small_book,
    at,
    imported,
)
from tests.support.invariants import Ledger
from tests.support.processes import opened

CHECKOUT = Path(__file__).parents[2]
BOOK = [
    a_person("ops", roles=("operations",)),
    a_partner("nord"),
    a_person("nord.poc", partner="nord"),
    a_customer("acme", partner="nord"),
    a_person("acme.contact", customer="acme", channel="both", slack_user="U1"),
    a_customer("bolt", partner="nord", communication_owner="partner"),
    a_person("bolt.contact", customer="bolt"),
    a_customer("lost", primary_contact=None, time_zone="Asia/Tokyo"),
    a_contract("K-1"),
    a_contract("K-2", automatic_renewal=False),
    a_contract("K-3", customer="bolt"),
    a_contract("K-4", customer="lost"),
    a_contract("K-5", customer="bolt", started_on=date(2026, 4, 1)),
]


@dataclass
class Nursery:
    """The process whose forks live through steps; see `child`."""

    process: subprocess.Popen[str]
    smtp: SmtpServer
    slack: SlackServer

    def live(self, url: str, steps: list[Step], die_at: int = 0) -> Life:
        [life] = self.live_together([self.order(url, steps, die_at)])
        return life

    def order(self, url: str, steps: list[Step], die_at: int = 0) -> Order:
        return {
            "url": url,
            "smtp_port": self.smtp.port,
            "slack_url": self.slack.base_url,
            "steps": steps,
            "die_at": die_at,
        }

    def live_together(self, orders: list[Order]) -> list[Life]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(orders) + "\n")
        self.process.stdin.flush()
        lives: list[Life] = json.loads(self.process.stdout.readline())
        return lives

    def forget(self) -> None:
        """Empty both servers: the books of different tests have the same keys."""
        self.smtp.delivered.clear()
        self.slack.messages.clear()

    def ledger(self) -> Ledger:
        """What the servers took since they were emptied."""
        posts = self.slack.posted()
        return Ledger(
            [post["metadata"]["event_payload"]["key"] for post in posts],
            [mail_id(mail) for mail in self.smtp.delivered],
        )


def mail_id(mail: Delivered) -> str:
    """The Message-ID of a mail that a server took."""
    return str(message_from_bytes(mail.content)["Message-ID"])


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    with SmtpServer() as smtp, SlackServer() as slack:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.child"],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            yield Nursery(process, smtp, slack)
            process.communicate(timeout=60)


NewBook = Callable[[], str]


@pytest.fixture(scope="session")
def sqlite_book(
    empty_sqlite: Path, rulebook: Rulebook, tmp_path_factory: pytest.TempPathFactory
) -> NewBook:
    """Makes SQLite files that hold the book; the URL of each."""
    folder = tmp_path_factory.mktemp("faults")
    shutil.copyfile(empty_sqlite, folder / "book.db")
    store = Store.open(f"sqlite:///{folder / 'book.db'}")
    imported(store, rulebook, BOOK, at("2026-06-01"))
    store.close()

    def new() -> str:
        file = folder / f"{uuid.uuid4().hex}.db"
        shutil.copyfile(folder / "book.db", file)
        return f"sqlite:///{file}"

    return new


@pytest.fixture(scope="session")
def postgresql_book(postgresql_store: Store, rulebook: Rulebook) -> Iterator[NewBook]:
    """Makes PostgreSQL databases that hold the book; the URL of each."""
    server = postgresql_store.engine.url.set(drivername="postgresql")
    address = server.render_as_string(hide_password=False)
    made = [f"tacit_{uuid.uuid4().hex[:12]}"]

    def administer(statement: str) -> None:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())

    def url(name: str) -> str:
        return server.set(database=name).render_as_string(hide_password=False)

    def new() -> str:
        made.append(f"tacit_{uuid.uuid4().hex[:12]}")
        administer(f"CREATE DATABASE {made[-1]} TEMPLATE {made[0]}")
        # Only a power cut needs the disk, and here it is processes that die.
        administer(f"ALTER DATABASE {made[-1]} SET synchronous_commit TO off")
        return url(made[-1])

    administer(f"CREATE DATABASE {made[0]}")
    store = Store.open(url(made[0]))
    imported(store, rulebook, BOOK, at("2026-06-01"))
    store.close()
    yield new
    for name in made:
        administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def new_book(request: pytest.FixtureRequest) -> NewBook:
    """Makes databases that hold the book, of each kind."""
    found: NewBook = request.getfixturevalue(f"{request.param}_book")
    return found


@pytest.fixture(params=["sqlite"])
def at_home(request: pytest.FixtureRequest, tmp_path: Path, rulebook: Rulebook) -> Path:
    """A home that ticks all the time, with contracts of which much is due."""
    folder = tmp_path / "home"
    home.create(home.Home(folder))
    settings = folder / "tacit.yaml"
    text = settings.read_text().replace("tick_every: 30 s", "tick_every: 1 s")
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_book")()
        text = text.replace("url: null", f"url: {url}", 1)
    settings.write_text(text)
    store = opened(folder)
    contracts = [
        a_contract(f"C-{n}", started_on=date(2020, 3, 1), commitment_months=1)
        for n in range(40)
    ]
    imported(store, rulebook, [*a_small_book(), *contracts], at("2020-03-02"))
    store.close()
    return folder
