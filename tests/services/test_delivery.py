from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from engine.domain.errors import (
    PermanentDeliveryError,
    TacitError,
    TransientDeliveryError,
)
from engine.domain.letters import Letter, Receipt
from engine.domain.retry import RetryPolicy
from engine.domain.ruleset import Rulebook
from notifiers.recording import RecordingChannel
from tests.support.books import (
    a_contract,
    a_customer,
    a_partner,
    a_person,
    a_small_book,
    at,
    with_rows,
)
from tests.support.channels import (
    Meddling,
    a_channel_that_is_down,
)
from tests.support.installation import Installation, Told

LISTED = at("2026-11-01T08:00")
CUSTOMER = "acme.contact"
BOTH = [
    a_customer(),
    a_person(CUSTOMER, customer="acme", channel="both", slack_user="U1"),
    a_person("ops", roles=("operations",)),
    a_contract(),
]
RETRY = RetryPolicy(3, timedelta(minutes=1), timedelta(minutes=3))


@pytest.fixture
def rulebook(rulebook: Rulebook) -> Rulebook:
    """Rules by which each message is a letter of its own."""
    return replace(rulebook, routing=replace(rulebook.routing, digest=None))


def down(**values: float | bool) -> TransientDeliveryError:
    return TransientDeliveryError("it is down", **values)  # type: ignore[arg-type]


def minutes_later(minutes: float) -> datetime:
    return LISTED + timedelta(minutes=minutes)


def tries(tacit: Installation) -> list[tuple[str, str, int, int]]:
    """Each copy of each message: channel, status, attempts, tries in doubt."""
    found = tacit.rows(
        "SELECT channel, status, attempts, ambiguous FROM deliveries ORDER BY id"
    )
    return [tuple(row.values()) for row in found]


@pytest.mark.req("BOT-1")
def test_who_wants_both_channels_is_written_to_on_both(tacit: Installation) -> None:
    tacit.imports(BOTH, at("2026-06-01"))

    tacit.passes(LISTED)

    assert tacit.told() == [
        Told("renewal_notice", CUSTOMER, "email"),
        Told("renewal_notice", CUSTOMER, "slack"),
    ]


@pytest.mark.req("BOT-1")
def test_who_wants_slack_but_has_no_account_there_gets_mail(
    tacit: Installation,
) -> None:
    person = a_person(CUSTOMER, customer="acme", channel="slack")
    tacit.imports(with_rows(BOTH, person), at("2026-06-01"))

    tacit.passes(LISTED)

    assert tacit.told_to(CUSTOMER) == ["renewal_notice"]


@pytest.mark.req("BOT-2")
def test_a_channel_that_took_a_message_does_not_get_it_again(
    tacit: Installation,
) -> None:
    tacit.imports(BOTH, at("2026-06-01"))
    tacit.tick(LISTED)

    tacit.relay(LISTED, slack=RecordingChannel([down()]))
    waiting = tries(tacit)
    tacit.relay(minutes_later(1))

    assert waiting == [("email", "sent", 1, 0), ("slack", "retry", 1, 0)]
    assert tries(tacit) == [("email", "sent", 1, 0), ("slack", "sent", 2, 0)]
    assert [told.channel for told in tacit.told()] == ["email", "slack"]
    assert [row["status"] for row in tacit.messages()] == ["sent"]


@pytest.mark.req("BOT-2", "REN-18")
def test_a_message_that_one_of_two_channels_refuses_for_good_is_held(
    tacit: Installation,
) -> None:
    tacit.imports(BOTH, at("2026-06-01"))
    tacit.tick(LISTED)

    refused = RecordingChannel([PermanentDeliveryError("no such account")])
    tacit.relay(LISTED, slack=refused)

    assert tries(tacit)[:2] == [("email", "sent", 1, 0), ("slack", "failed", 1, 0)]
    assert [row["status"] for row in tacit.messages()] == ["held", "sent"]
    assert tacit.told() == [
        Told("renewal_notice", CUSTOMER, "email"),
        Told("undeliverable", "ops", "email"),
    ]


@pytest.mark.req("BOT-2")
def test_the_notice_is_out_once_one_channel_took_it(tacit: Installation) -> None:
    tacit.imports(BOTH, at("2026-06-01"))
    tacit.tick(LISTED)

    tacit.relay(LISTED, slack=a_channel_that_is_down())

    assert tacit.change().notice_out_at == LISTED
    assert tacit.flaws() == []


@pytest.mark.req("REN-10", "RULE-10")
def test_a_copy_for_information_is_no_notice(tacit: Installation) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    tacit.tick(LISTED)
    refuses_one = RecordingChannel([PermanentDeliveryError("no such address")])

    tacit.relay(LISTED, email=refuses_one, workers=1)

    assert [letter.address for letter in refuses_one.letters] == [
        "nord.poc@example.com",
        "ops@example.com",
    ]
    assert tacit.change().notice_out_at is None


@pytest.mark.req("BOT-2")
def test_waits_double_between_tries_up_to_the_longest(tacit: Installation) -> None:
    person = a_person(CUSTOMER, customer="acme")
    tacit.imports(with_rows(BOTH, person), at("2026-06-01"))
    tacit.tick(LISTED)
    patient = RetryPolicy(5, timedelta(minutes=1), timedelta(minutes=3))
    email = a_channel_that_is_down()

    tried_at: list[int] = []
    for minute in range(20):
        tacit.relay(minutes_later(minute), email=email, retry=patient)
        [[_, _, attempts, _], *_] = tries(tacit)
        if attempts > len(tried_at):
            tried_at.append(minute)

    assert tried_at == [0, 1, 3, 6, 9]
    assert tacit.messages()[0]["status"] == "held"


@pytest.mark.req("BOT-2")
def test_a_channel_that_names_a_time_is_not_asked_before(tacit: Installation) -> None:
    tacit.imports(BOTH, at("2026-06-01"))
    tacit.tick(LISTED)
    tacit.relay(LISTED, slack=RecordingChannel([down(retry_after=600.0)]))

    early = tacit.relay(minutes_later(9))
    tacit.relay(minutes_later(10))

    assert early.numbers["sent"] == 0
    assert [told.channel for told in tacit.told()] == ["email", "slack"]


@pytest.mark.req("BOT-2")
def test_a_channels_named_time_holds_when_another_fails_beside_it(
    tacit: Installation,
) -> None:
    tacit.imports(BOTH, at("2026-06-01"))
    tacit.tick(LISTED)
    slow_down = RecordingChannel([down(retry_after=600.0)])
    tacit.relay(LISTED, email=RecordingChannel([down()]), slack=slow_down)

    tacit.relay(minutes_later(9))
    early = [told.channel for told in tacit.told()]
    tacit.relay(minutes_later(10))

    assert "slack" not in early
    assert {told.channel for told in tacit.told()} == {"email", "slack"}


@pytest.mark.req("BOT-2", "REN-18")
def test_what_keeps_failing_is_held_where_people_see_it(tacit: Installation) -> None:
    tacit.imports(BOTH, at("2026-06-01"))
    tacit.tick(LISTED)

    for minute in (0, 1, 3):
        tacit.relay(minutes_later(minute), email=a_channel_that_is_down(), retry=RETRY)
    [held] = tacit.messages("held")

    assert held["reason"] == "it is down"
    assert [copy["attempts"] for copy in held["copies"]] == [3, 1]
    assert tacit.kinds().count("undelivered") == 1


@pytest.mark.req("BOT-2")
def test_tries_that_may_have_arrived_are_counted(tacit: Installation) -> None:
    tacit.imports(BOTH, at("2026-06-01"))
    tacit.tick(LISTED)
    email = RecordingChannel([down(ambiguous=True), down(), down(ambiguous=True)])

    for minute in (0, 1, 3, 7):
        tacit.relay(minutes_later(minute), email=email)

    assert tries(tacit) == [("email", "sent", 4, 2), ("slack", "sent", 1, 0)]
    assert email.letters[0].ambiguous
    assert email.letters[0].attempt == 4
    with tacit.store.begin(read_only=True) as unit:
        assert unit.outbox.counts()["ambiguous"] == 2


@pytest.mark.req("BOT-2")
def test_an_unexpected_error_in_one_message_leaves_the_others_alone(
    tacit: Installation,
) -> None:
    tacit.imports([*a_small_book()], at("2026-06-01"))
    tacit.tick(LISTED)

    class Broken(RecordingChannel):
        def send(self, letter: Letter) -> Receipt:
            if letter.address.startswith(CUSTOMER):
                raise RuntimeError("nobody thought of this")
            return super().send(letter)

    tacit.relay(LISTED, email=Broken())
    tacit.relay(minutes_later(1))

    assert tries(tacit) == [("email", "sent", 2, 1), ("email", "sent", 1, 0)]
    assert tacit.told_to(CUSTOMER) == ["renewal_notice"]


@pytest.mark.req("BOT-2")
def test_what_an_answer_made_untrue_is_not_told_any_more(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    tacit.tick(LISTED)
    tacit.fire("accept", CUSTOMER, LISTED)
    tacit.fire("request_cancellation", "ops", LISTED)

    tacit.relay(LISTED)

    assert tacit.told_to("ops") == ["cancellation_noted"]
    assert tacit.told_to(CUSTOMER) == ["cancellation_noted"]
    assert [row["status"] for row in tacit.messages()] == [
        *["dropped"] * 2,
        *["sent"] * 2,
    ]
    assert tacit.flaws() == []


@pytest.mark.req("BOT-2")
def test_messages_come_in_batches_and_none_is_left(tacit: Installation) -> None:
    rows = [*a_small_book(), *(a_contract(f"C-{n}") for n in range(20))]
    tacit.imports(rows, at("2026-06-01"))
    tacit.tick(LISTED, batch=4)

    tacit.relay(LISTED, batch=4, record_every=2)

    assert len(tacit.told()) == 2 * 21
    assert len({letter.key for letter in tacit.letters()}) == 2 * 21
    assert tacit.flaws() == []


@pytest.mark.req("OPS-3")
def test_a_relay_whose_claim_ran_out_leaves_the_rest_to_others(
    tacit: Installation,
) -> None:
    person = a_person(CUSTOMER, customer="acme")
    rows = with_rows(BOTH, person, a_contract("K-2"))
    tacit.imports(rows, at("2026-06-01"))
    tacit.tick(LISTED)
    now = LISTED

    def stall(_: Letter) -> None:
        nonlocal now
        if now == LISTED:
            now = minutes_later(6)
            tacit.relay(now)

    slow = Meddling(stall)
    relay = tacit.delivering(email=slow, workers=1)
    tacit.relay_with(relay, lambda: now)

    assert len(slow.letters) == 1
    assert len(tacit.email.letters) == 2
    assert slow.letters[0].key in {letter.key for letter in tacit.email.letters}
    assert tries(tacit) == [("email", "sent", 2, 1)] * 2


@pytest.mark.req("BOT-2")
def test_nothing_is_told_of_what_was_rolled_back(tacit: Installation) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    tacit.execute(
        "INSERT INTO outbox (change_id, seq, position, message, role, asks, urgent, "
        "is_notice, plan, status, queued_at, next_try_at, attempts) "
        "SELECT id, 2, 0, 'taken', 'owner', '', false, false, 0, 'dropped', "
        "opened_at, opened_at, 0 FROM changes"
    )
    before = tacit.contents()

    with pytest.raises(TacitError):
        tacit.tick(LISTED)
    tacit.relay(LISTED)

    assert tacit.told() == []
    assert tacit.contents() == before


@pytest.mark.req("REN-14", "REN-10")
def test_a_partner_of_another_customer_does_not_lend_its_people(
    tacit: Installation,
) -> None:
    rows = with_rows(
        a_small_book(),
        a_partner(owns_conversations=True, point_of_contact="sud.poc"),
        a_partner("sud"),
        a_person("sud.poc", partner="sud"),
    )
    tacit.imports(rows, at("2026-06-01"))

    tacit.passes(LISTED)

    assert tacit.told() == [Told("undeliverable", "ops", "email")]
