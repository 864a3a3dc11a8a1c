"""An installation that listens to a Slack which is real HTTP on both sides."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
import structlog

from engine.domain.inbox import Source
from engine.domain.letter_values import Vendor
from engine.domain.records import Counts
from engine.domain.retry import RetryPolicy
from engine.domain.ruleset import Rulebook
from engine.services.settle_copies import CopySettler, Settling
from engine.services.take_in import Intake
from engine.services.take_reply import Answering
from engine.services.work_inbox import Working, work_inbox
from engine.store.unit_of_work import Store
from notifiers.rendering import Templates
from notifiers.slack import SlackChannel
from notifiers.slack_desk import SlackDesk
from tacit.incoming import understanding
from tacit.replies import events_of, load_vocabularies, reply_folders
from tests.fakes.slack_caller import SECRET, SlackCaller
from tests.fakes.slack_payloads import TEAM, Payload
from tests.fakes.slack_server import TOKEN, SlackServer
from tests.support.books import a_person, a_small_book, at, with_rows
from tests.support.installation import Installation
from tests.support.serving import serving
from tests.support.works import RULES
from tests.web.conftest import SettableClock, a_site
from web.addresses import answer_link
from web.app import create_app
from web.site import Site, SlackDoor
from web.slack.listener import SlackListener

KEYS = (b"the site's own key",)
VENDOR = Vendor("Vendor", "renewals@vendor.example")
LISTED = at("2026-11-01T08:00")
LATER = at("2026-11-02T12:00")
CUSTOMER = "acme.contact"


@dataclass
class Workspace:
    """People of the book who are in Slack, the bot, and what they do with each other."""

    book: Installation
    site: Site
    slack: SlackServer
    caller: SlackCaller
    clock: SettableClock
    working: Working
    channel: SlackChannel
    intake: Intake
    settler: CopySettler
    _answered: int = field(default=0)

    def passes(self, now: datetime) -> None:
        """A tick and a relay, with buttons."""
        self.clock.now = now
        self.book.tick(now)
        self.book.relay(
            now,
            slack=self.channel,
            slack_buttons=True,
            answer_at=partial(answer_link, self.site.settings.url, KEYS),
        )

    def links(self, person: str, user: str = "U1", team: str = TEAM) -> None:
        """The person has said that this user is them."""
        with self.book.store.begin() as unit:
            id_ = unit.book.person(person).id
            if unit.accounts.account(id_) is None:
                unit.accounts.add_account(id_, self.clock())
            unit.slack_links.link(team, user, id_, self.clock())
            unit.commit()

    def works(self) -> Counts:
        """The job works on all that came in."""
        return work_inbox(self.book.store, self.working, self.clock)

    def settles(self) -> dict[str, int]:
        """The job changes the copies of what has ended."""
        return dict(self.settler.settle(self.clock).numbers)

    def shown(self, user: str = "U1", number: int = -1) -> str:
        """The words of a message to a user, as it stands in Slack now."""
        blocks = self.slack.messages[f"D{user}"][number]["blocks"]
        texts = [block["text"]["text"] for block in blocks if "text" in block]
        return "\n".join(texts)

    def hears(self, payload: Payload) -> list[dict[str, Any]]:
        """Slack sends something, and it is worked on; what was whispered in answer."""
        self._answered += 1
        name = str(self._answered)
        if "command" in payload or payload.get("type") == "block_actions":
            payload.setdefault("response_url", self.slack.response_url(name))
        self.caller.deliver(payload)
        self.works()
        return self.slack.whispers.get(name, [])

    def buttons(self, user: str = "U1") -> dict[str, dict[str, Any]]:
        """The buttons of the newest message to a user, by event."""
        message = self.slack.messages[f"D{user}"][-1]
        return {
            one["value"].partition("/")[2]: one
            for block in message["blocks"]
            if block["type"] == "actions"
            for one in block["elements"]
        }


@pytest.fixture(autouse=True)
def _quiet_logs() -> None:
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())


@pytest.fixture
def empty(
    store: Store, rulebook: Rulebook, templates: Templates
) -> Iterator[Workspace]:
    """Nobody asked yet; the customer's contact prefers Slack, where they are U1."""
    clock = SettableClock()
    with SlackServer(users=("U1", "U2", "U3", "U9")) as server:
        desk = SlackDesk(TOKEN, server.base_url, timeout=5)
        channel = SlackChannel(TOKEN, server.base_url, timeout=5)
        intake = Intake(store, clock)
        book = Installation(store, rulebook, templates)
        site = a_site(
            store,
            rulebook,
            templates,
            clock,
            slack=SlackDoor(SECRET, intake),
            signing_keys=lambda: KEYS,
        )
        retry = RetryPolicy(5, timedelta(seconds=30), timedelta(hours=1))
        answering = Answering(
            lambda: rulebook,
            site.policy,
            understanding(
                load_vocabularies(reply_folders(RULES), events_of(rulebook)).checked()
            ),
            frozenset({"email", "slack"}),
        )
        listener = SlackListener(lambda: site, desk, lambda: answering)
        working = Working({Source.SLACK: listener}, retry, timedelta(minutes=2))
        rows = with_rows(
            a_small_book(),
            a_person(CUSTOMER, customer="acme", channel="slack", slack_user="U1"),
        )
        book.imports(rows, at("2026-06-01"))
        with serving(create_app(site)) as url:
            caller = SlackCaller(url, clock)
            settling = Settling(desk, templates, VENDOR, retry)
            settler = CopySettler(store, lambda: rulebook, site.policy, settling)
            yield Workspace(
                book, site, server, caller, clock, working, channel, intake, settler
            )


@pytest.fixture
def asked(empty: Workspace) -> Workspace:
    """The customer's contact was asked in Slack, and a day later it is."""
    empty.passes(LISTED)
    empty.clock.now = LATER
    return empty


@pytest.fixture
def linked(asked: Workspace) -> Workspace:
    """They have said who they are."""
    asked.links(CUSTOMER)
    return asked
