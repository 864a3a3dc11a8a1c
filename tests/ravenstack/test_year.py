"""A year of a real book, against a count that shares no code with the engine."""

import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from engine.services.replay_audit import replay_audit
from engine.services.verify_audit import verify
from tacit.kept_rules import rules_ever_used
from tests.ravenstack import independent_count, observed
from tests.ravenstack.running import RunYear

pytestmark = pytest.mark.req(
    "OPS-1", "OPS-2", "REN-4", "REN-15", "REN-18", "RULE-10", "BOT-1"
)

CAUSES = {
    "opened",
    "silence",
    "start next term",
    "end contract",
    "hold",
    "ended",
}
MESSAGES = {
    "renewal_notice",
    "last_call",
    "renewal_done",
    "will_not_renew",
    "contract_ended",
    "undeliverable",
    "held_without_notice",
}


def test_the_book_holds_every_case(year: RunYear) -> None:
    causes = {step.cause for step in year.expected.transitions}
    messages = {mail.message for mail in year.expected.mails}
    zones = {
        one.account.zone for one in independent_count.read_subscriptions(year.folder)
    }

    assert causes == CAUSES
    assert messages == MESSAGES
    assert zones == set(independent_count.ZONES.values())


def test_every_transition_is_as_counted(year: RunYear) -> None:
    found = observed.transitions(year.app.store)

    assert observed.difference(found, year.expected.transitions) == []


def test_every_mail_is_as_counted(year: RunYear) -> None:
    found = observed.mails(year.app.store, year.received)

    assert observed.difference(found, year.expected.mails) == []


def test_every_mail_is_dated_by_the_virtual_clock(year: RunYear) -> None:
    astray = [
        mail
        for mail in year.received
        if mail.dated != datetime.combine(mail.taken_on, time.min, UTC)
    ]

    assert astray == []


def test_no_mail_comes_twice(year: RunYear) -> None:
    times = Counter(mail.message_id for mail in year.received)

    assert [one for one, number in times.items() if number > 1] == []


def test_nobody_but_its_readers_gets_a_mail(year: RunYear) -> None:
    readers = {
        one.code: {*one.account.told(), independent_count.OPS}
        for one in independent_count.read_subscriptions(year.folder)
    }

    for mail in year.received:
        (contract,), (recipient,) = mail.contracts, mail.recipients
        assert recipient in readers[contract]
        assert recipient in mail.to


@pytest.mark.req("OPS-4")
def test_the_trail_holds_and_gives_the_present_state(year: RunYear) -> None:
    entries, broken = verify(year.app.store)
    changes, different = replay_audit(year.app.store, rules_ever_used(year.app))

    assert (broken, different) == ([], [])
    assert entries > year.expected.transitions.total()
    assert changes == sum(
        step.cause == "opened" for step in year.expected.transitions.elements()
    )


def test_no_pass_of_the_clock_fails(year: RunYear) -> None:
    failed = [entry for entry in year.logged if entry["log_level"] != "info"]

    assert failed == []


def test_the_count_runs_by_itself(ravenstack: Path, tmp_path: Path) -> None:
    """Away from the checkout, so that it can import nothing of it."""
    script = Path(independent_count.__file__)

    done = subprocess.run(
        [sys.executable, "-I", str(script), str(ravenstack)],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert "48565 transitions" in done.stdout
    assert "76209 mails" in done.stdout
