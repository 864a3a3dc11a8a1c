from datetime import timedelta

import pytest

from engine.domain.ruleset import Rulebook
from engine.services.advance_clock import advance_clock
from engine.services.relay_outbox import relay_outbox
from engine.store.unit_of_work import Store
from notifiers.recording import RecordingChannel
from notifiers.rendering import Templates
from tests.support.books import a_small_book, at, delivering, imported, the_change


@pytest.mark.req("REN-2", "REN-4", "REN-15", "RULE-10")
def test_silence_renews_a_contract_whose_customer_was_told(
    store: Store, rulebook: Rulebook, templates: Templates
) -> None:
    email = RecordingChannel()
    relay = delivering(templates, email=email)
    imported(store, rulebook, a_small_book(), at("2026-06-01"))

    day = at("2026-10-30")
    while day < at("2027-03-02"):
        advance_clock(store, rulebook, day)
        relay_outbox(store, rulebook, relay, lambda now=day: now)  # type: ignore[misc]
        day += timedelta(days=1)

    assert the_change(store).state == "renewed"
    assert the_change(store).closed_at is not None
    assert the_change(store, "K-1.R20280301").state == "pending"
    to_customer = [x for x in email.letters if x.address == "acme.contact@example.com"]
    assert len(to_customer) == 6
