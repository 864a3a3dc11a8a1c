"""A long random mix of edits, answers, imports, ticks and failures, from a seed.

`make test` lives through a few; with TACIT_SOAK=1 they are many.
"""

import os
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from engine.domain.errors import (
    DeliveryError,
    PermanentDeliveryError,
    TransientDeliveryError,
)
from engine.services.archive_audit import archive_audit
from engine.services.edit_book import EditError, Editor
from engine.services.seal_audit import seal
from engine.store.archive_files import ArchiveFile
from notifiers.recording import RecordingChannel
from tests.support.books import (
    a_contract,
    a_customer,
    a_partner,
    a_person,
    at,
    some_usage,
)
from tests.support.installation import Installation
from tests.support.invariants import Ledger, broken_invariants

STEPS = 75
# A longer test run is no setting of the program.
SEEDS = 100 if os.environ.get("TACIT_SOAK") else 2  # noqa: TID251
EVENTS = ("accept", "request_cancellation", "withdraw", "take_back")


class History:
    """One installation through a random life; the same seed is the same life.

    But for two senders that take a channel's troubles by turns: with one it is exactly.
    """

    def __init__(
        self,
        tacit: Installation,
        seed: int,
        archives: Path | None = None,
        workers: int = 2,
    ) -> None:
        self.tacit = tacit
        self.workers = workers
        self.folder = archives
        self.archives: list[Path] = []
        self.random = Random(seed)  # noqa: S311 - a seeded history, no secret
        self.now = at("2026-06-01")
        self.actions: list[Callable[[], object]] = [
            *[self.passes] * 6,
            self.fires,
            self.fires,
            self.chooses_owner,
            self.chooses_contact,
            self.moves,
            self.switches_renewal,
            self.associates,
            self.imports_terms,
            self.imports_usage,
            self.loses_an_address,
            self.seals,
        ]

    def begins(self) -> None:
        zones = ("Europe/Paris", "America/New_York", "Asia/Tokyo")
        rows = [a_person("ops", roles=("operations",))]
        for partner in ("nord", "sud"):
            owns = partner == "sud"
            rows.append(a_partner(partner, owns_conversations=owns))
            rows.append(a_person(f"{partner}.poc", partner=partner))
        for number, zone in enumerate(zones):
            code = f"c{number}"
            partner_of = (None, "nord", "sud")[number]
            rows.append(a_customer(code, time_zone=zone, partner=partner_of))
            rows.append(
                a_person(
                    f"{code}.contact", customer=code, channel="both", slack_user=code
                )
            )
            rows.append(a_person(f"{code}.other", customer=code))
            for each, months in enumerate((1, 3, 12)):
                rows.append(
                    a_contract(
                        f"K-{number}-{each}",
                        customer=code,
                        started_on=date(2026, 1, 31),
                        commitment_months=months,
                        automatic_renewal=each != 1,
                    )
                )
        self.tacit.imports(rows, self.now)

    def lives(self) -> None:
        for _ in range(STEPS):
            self.now += timedelta(hours=self.random.randrange(1, 240))
            try:
                self.random.choice(self.actions)()
            except EditError:
                continue  # Refused; what that left behind is what the test is about.

    def drains(self) -> datetime:
        """Every fault is gone: the backlog goes out."""
        for _ in range(4):
            self.now += timedelta(hours=2)
            self.tacit.passes(self.now)
        return self.now

    def passes(self) -> None:
        self.tacit.tick(self.now)
        email, slack = self._troubled(), self._troubled()
        troubled = {"email": email, "slack": slack}
        self.tacit.relay(self.now, **troubled, batch=3, workers=self.workers)
        self.tacit.email.letters.extend(email.letters)
        self.tacit.slack.letters.extend(slack.letters)

    def fires(self) -> None:
        people = [*self._codes("people"), *self._codes("people")]
        event, person = self.random.choice(EVENTS), self.random.choice(people)
        self.tacit.fire(event, person, self.now, self._change())

    def chooses_owner(self) -> None:
        edit, choice = (
            self._edit(),
            self.random.choice(("default", "vendor", "partner")),
        )
        self.random.choice(
            (
                lambda: edit.owner_of_change(self._change(), choice),
                lambda: edit.owner_of_customer(self._customer(), choice),
                lambda: edit.owner_of_partner("nord", choice),
            )
        )()

    def chooses_contact(self) -> None:
        customer = self._customer()
        person = self.random.choice((f"{customer}.contact", f"{customer}.other"))
        self._edit().contact(customer, person)

    def moves(self) -> None:
        day = self.now.date() + timedelta(days=self.random.randrange(-5, 150))
        self._edit().renewal_start(self._change(), day)

    def switches_renewal(self) -> None:
        contract = self.random.choice(self._codes("contracts"))
        self._edit().automatic_renewal(contract, self.random.random() < 0.6)

    def associates(self) -> None:
        partner = self.random.choice((None, "nord", "sud"))
        self._edit().association(self._customer(), partner)

    def imports_terms(self) -> None:
        [contract] = self.tacit.rows(
            "SELECT contracts.code, customers.code AS customer FROM contracts "
            "JOIN customers ON customers.id = customer_id WHERE contracts.code = :code",
            code=self.random.choice(self._codes("contracts")),
        )
        values: dict[str, Any] = {
            "started_on": date(2026, self.random.randrange(1, 13), 28),
            "commitment_months": self.random.choice((1, 3, 6, 12)),
            "automatic_renewal": self.random.random() < 0.7,
            "contact_limit": self.random.choice((1_000, 1_000, 2_000)),
        }
        if self.random.random() < 0.2:
            contract["customer"] = self._customer()
        if self.random.random() < 0.1:
            values["ended_on"] = self.now.date()
        self.tacit.imports([a_contract(**contract, **values)], self.now)

    def imports_usage(self) -> None:
        contract = self.random.choice(self._codes("contracts"))
        contacts = self.random.choice((10, 950, 1_100, 2_500))
        month = f"{self.now:%Y-%m}"
        row = some_usage(contract, month, contacts=contacts, emails_sent=contacts * 9)
        self.tacit.imports([row], self.now)

    def loses_an_address(self) -> None:
        customer = self._customer()
        email = self.random.choice((None, f"{customer}@new.example"))
        person = f"{customer}.contact"
        row = a_person(person, customer=customer, email=email, channel="both")
        self.tacit.imports([row], self.now)

    def seals(self) -> None:
        seal(self.tacit.store, self.now)
        if self.folder is not None:
            file = self.folder / f"{len(self.archives)}.jsonl"
            archive_audit(self.tacit.store, ArchiveFile(file), "ops", self.now)
            self.archives.append(file)

    def _troubled(self) -> RecordingChannel:
        """Fails for now, or for good, or with a doubt, or not at all."""
        troubles = (None, None, None, _down(), _down(), PermanentDeliveryError("no"))
        return RecordingChannel(self.random.choice(troubles) for _ in range(3))

    def _edit(self) -> Editor:
        return self.tacit.edit(self.now)

    def _codes(self, kind: str) -> list[str]:
        rows = self.tacit.rows(f"SELECT code FROM {kind} ORDER BY id")  # noqa: S608 - names are ours
        return [row["code"] for row in rows]

    def _customer(self) -> str:
        return self.random.choice(self._codes("customers"))

    def _change(self) -> str:
        return self.random.choice(self._codes("changes")[-12:])


def _down() -> DeliveryError:
    return TransientDeliveryError("it is down")


@pytest.mark.req("OPS-4", "BOT-2", "REN-14")
@pytest.mark.parametrize("seed", range(SEEDS))
def test_replay_leads_to_the_present_after_any_history(
    tacit: Installation, seed: int
) -> None:
    history = History(tacit, seed)
    history.begins()

    history.lives()
    now = history.drains()

    assert tacit.flaws() == []
    ledger = Ledger(keys=[letter.key for letter in tacit.letters()])
    assert broken_invariants(tacit.store.engine, now, ledger) == []


@pytest.mark.req("OPS-4")
@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_history_is_the_same_whether_its_trail_is_archived_or_not(
    tacit: Installation, tmp_path: Path, seed: int
) -> None:
    history = History(tacit, seed, archives=tmp_path, workers=1)
    history.begins()
    copy = tacit.store.copy_in_memory()
    twin = Installation(copy, tacit.rulebook, tacit.templates)
    twin_history = History(twin, seed, workers=1)

    history.lives()
    twin_history.lives()
    now = history.drains()
    twin_history.drains()

    assert history.archives
    with tacit.store.begin(read_only=True) as unit, copy.begin(read_only=True) as other:
        assert list(unit.changes.all()) == list(other.changes.all())
    copy.close()
    assert tacit.flaws() == []
    ledger = Ledger(keys=[letter.key for letter in tacit.letters()])
    files = history.archives
    assert broken_invariants(tacit.store.engine, now, ledger, archives=files) == []
