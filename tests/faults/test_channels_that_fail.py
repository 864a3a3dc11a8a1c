"""Mail servers and Slack that refuse, stall and hang up, spoken to over real sockets."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiosmtpd.smtp import Envelope, Session

from engine.domain.interfaces import Channel
from engine.domain.ruleset import Rulebook
from engine.store.unit_of_work import Store
from notifiers.email import Security, SmtpChannel, SmtpSettings
from notifiers.mail import Sender
from notifiers.rendering import Templates
from notifiers.slack import SlackChannel
from tests.fakes.slack_server import TOKEN, SlackServer, Trouble
from tests.fakes.smtp_server import DROP, STALL, Delivered, SmtpServer
from tests.faults.conftest import mail_id
from tests.support.books import a_contract, a_customer, a_person, at
from tests.support.installation import Installation
from tests.support.invariants import Ledger, broken_invariants

LISTED = at("2026-11-01T08:00")
BY_MAIL = [
    a_customer(),
    a_person("acme.contact", customer="acme"),
    a_person("ops", roles=("operations",)),
    a_contract(),
]
BY_SLACK = [
    a_customer(),
    a_person("acme.contact", customer="acme", channel="slack", slack_user="U1"),
    a_person("ops", roles=("operations",)),
    a_contract(),
]


class Office:
    """An installation whose channels speak to real servers on the loopback."""

    def __init__(
        self, tacit: Installation, smtp: SmtpServer, slack: SlackServer
    ) -> None:
        self.tacit, self.smtp, self.slack = tacit, smtp, slack
        settings = SmtpSettings("127.0.0.1", smtp.port, Security.NONE, timeout=0.3)
        sender = Sender("Vendor", "renewals@vendor.example")
        self.channels: dict[str, Channel] = {
            "email": SmtpChannel(settings, sender, lambda: LISTED),
            "slack": SlackChannel(TOKEN, slack.base_url),
        }

    def relay(self, now: datetime) -> None:
        self.tacit.relay(now, **self.channels, workers=1)

    def relays(self, hours: int) -> datetime:
        """A relay at every time at which one is due, for so many hours; their end."""
        now, end = LISTED, LISTED + timedelta(hours=hours)
        while now < end:
            self.relay(now)
            now = min(self.tacit.next_time(now) or end, end)
        return end

    def copies(self) -> list[tuple[str, int, int]]:
        rows = self.tacit.rows(
            "SELECT status, attempts, ambiguous FROM deliveries ORDER BY id"
        )
        return [(row["status"], row["attempts"], row["ambiguous"]) for row in rows]

    def broken(self, now: datetime) -> list[str]:
        posts = self.slack.posted()
        ledger = Ledger(
            [post["metadata"]["event_payload"]["key"] for post in posts],
            [mail_id(mail) for mail in self.smtp.delivered],
        )
        return broken_invariants(self.tacit.store.engine, now, ledger)


class TakesFirst(SmtpServer):
    """Takes every mail before it answers, or does not answer."""

    async def handle_DATA(  # noqa: N802 # aiosmtpd names its hooks so
        self, server: Any, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        sender, readers = str(envelope.mail_from), tuple(envelope.rcpt_tos)
        self.delivered.append(Delivered(sender, readers, envelope.content))
        return await self.scripted("BODY", server) or "250 OK"


@pytest.fixture(params=[SmtpServer], ids=["server"])
def office(
    request: pytest.FixtureRequest,
    store: Store,
    rulebook: Rulebook,
    templates: Templates,
) -> Iterator[Office]:
    tacit = Installation(store, rulebook, templates)
    with request.param() as smtp, SlackServer() as slack:
        found = Office(tacit, smtp, slack)
        yield found
        for channel in found.channels.values():
            channel.close()


#: What the server says at a step, and how many tries that makes of the mail.
TEMPORARY = {
    "a greylisting at RCPT": ("RCPT", "450 try later", 2),
    "a refusal before the body": ("DATA", "451 not now", 2),
    "a refusal after the body": ("BODY", "451 not now", 2),
    "a hang-up at RCPT": ("RCPT", DROP, 2),
    "a full disk at MAIL": ("MAIL", "452 no space", 1),
    "a server that shuts down": ("MAIL", "421 bye", 1),
    "a server that does not take us": ("MAIL", "530 sign in first", 1),
}


@pytest.mark.req("BOT-2")
@pytest.mark.parametrize(
    ("step", "reply", "tries"), TEMPORARY.values(), ids=list(TEMPORARY)
)
def test_a_mail_that_is_refused_for_now_is_sent_later_once(
    office: Office, step: str, reply: str, tries: int
) -> None:
    office.tacit.imports(BY_MAIL, at("2026-06-01"))
    office.tacit.tick(LISTED)
    office.smtp.answer(step, reply)

    now = office.relays(hours=1)

    assert office.copies() == [("sent", tries, 0)]
    assert len(office.smtp.delivered) == 1
    assert office.broken(now) == []


@pytest.mark.req("BOT-2", "REN-18")
@pytest.mark.parametrize("step", ["RCPT", "BODY"])
def test_a_mail_that_is_refused_for_good_is_held_and_the_fallback_is_told(
    office: Office, step: str
) -> None:
    office.tacit.imports(BY_MAIL, at("2026-06-01"))
    office.tacit.tick(LISTED)
    office.smtp.answer(step, "550 no such mailbox")

    now = office.relays(hours=1)

    [held] = office.tacit.messages("held")
    assert "550 no such mailbox" in held["reason"]
    assert [mail.recipients for mail in office.smtp.delivered] == [("ops@example.com",)]
    assert office.broken(now) == []


IN_DOUBT = {"a hang-up after the body": DROP, "no answer after the body": STALL}


@pytest.mark.req("BOT-2")
@pytest.mark.parametrize("office", [TakesFirst], indirect=True)
@pytest.mark.parametrize("reply", IN_DOUBT.values(), ids=list(IN_DOUBT))
def test_a_mail_that_may_have_left_goes_again_as_the_same_mail(
    office: Office, reply: str
) -> None:
    office.tacit.imports(BY_MAIL, at("2026-06-01"))
    office.tacit.tick(LISTED)
    office.smtp.answer("BODY", reply)

    now = office.relays(hours=1)

    first, second = map(mail_id, office.smtp.delivered)
    assert first == second
    assert office.copies() == [("sent", 2, 1)]
    assert office.broken(now) == []


@pytest.mark.req("BOT-2")
def test_a_server_that_stalls_holds_up_nobody_else(office: Office) -> None:
    others = [
        row
        for n in range(4)
        for row in (
            a_customer(f"c{n}"),
            a_person(f"c{n}.contact", customer=f"c{n}"),
            a_contract(f"C-{n}", customer=f"c{n}"),
        )
    ]
    office.tacit.imports([*BY_MAIL, *others], at("2026-06-01"))
    office.tacit.tick(LISTED)
    office.smtp.answer("RCPT", STALL)

    office.relay(LISTED)
    at_once = len(office.smtp.delivered)
    now = office.relays(hours=1)

    assert at_once == 4
    assert len(office.smtp.delivered) == 5
    assert office.broken(now) == []


@pytest.mark.req("BOT-2")
def test_a_server_that_is_gone_costs_no_message_its_tries(office: Office) -> None:
    others = [a_contract(f"C-{n}") for n in range(4)]
    office.tacit.imports([*BY_MAIL, *others], at("2026-06-01"))
    office.tacit.tick(LISTED)
    office.smtp.answer("MAIL", *["421 bye"] * 100)

    office.relay(LISTED)
    asked_first = office.smtp.connections
    waiting = {(row["status"], row["reason"]) for row in office.tacit.messages()}
    now = office.relays(hours=24)

    assert asked_first == 1
    [(status, reason)] = waiting
    assert (status, "421 bye" in reason) == ("queued", True)
    assert {row["status"] for row in office.tacit.messages()} == {"sent"}
    assert office.copies() == [("sent", 1, 0)] * 5
    assert office.broken(now) == []


@pytest.mark.req("BOT-2")
def test_slack_is_not_asked_before_the_time_it_names(office: Office) -> None:
    office.tacit.imports(BY_SLACK, at("2026-06-01"))
    office.tacit.tick(LISTED)
    slow_down = Trouble(429, "ratelimited", {"Retry-After": "300"})
    office.slack.trouble("chat.postMessage", slow_down)

    for minute in range(5):
        office.relay(LISTED + timedelta(minutes=minute))
    early = office.slack.calls.count("chat.postMessage")
    now = office.relays(hours=1)

    assert early == 1
    assert len(office.slack.posted()) == 1
    assert office.broken(now) == []


SLACK_IN_DOUBT = {
    "an error of its own, after posting": Trouble(500, "internal_error", stored=True),
    "an error of its own, before posting": Trouble(500, "internal_error"),
    "a reset connection, after posting": Trouble(reset=True, stored=True),
    "a proxy's page": Trouble(502, body="<html>bad gateway</html>"),
}


@pytest.mark.req("BOT-2")
@pytest.mark.parametrize("trouble", SLACK_IN_DOUBT.values(), ids=list(SLACK_IN_DOUBT))
def test_a_slack_message_that_may_have_left_is_looked_for_before_it_goes_again(
    office: Office, trouble: Trouble
) -> None:
    office.tacit.imports(BY_SLACK, at("2026-06-01"))
    office.tacit.tick(LISTED)
    office.slack.trouble("chat.postMessage", trouble)

    now = office.relays(hours=1)

    assert len(office.slack.posted()) == 1
    assert office.copies() == [("sent", 2, 1)]
    assert office.broken(now) == []


@pytest.mark.req("BOT-2", "REN-18")
def test_an_account_that_slack_does_not_know_is_held_and_the_fallback_is_told(
    office: Office,
) -> None:
    gone = a_person("acme.contact", customer="acme", channel="slack", slack_user="U9")
    rows = [row for row in BY_SLACK if row.values["code"] != "acme.contact"]
    office.tacit.imports([*rows, gone], at("2026-06-01"))
    office.tacit.tick(LISTED)

    now = office.relays(hours=1)

    [held] = office.tacit.messages("held")
    assert "channel_not_found" in held["reason"]
    assert [mail.recipients for mail in office.smtp.delivered] == [("ops@example.com",)]
    assert office.broken(now) == []
