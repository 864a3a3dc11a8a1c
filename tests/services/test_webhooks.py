"""Webhooks follow the audit trail: every transition once, whatever fails."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook as Signer

from engine.domain.access import Action, NotPermittedError, operator
from engine.domain.errors import NotFoundError
from engine.domain.retry import RetryPolicy
from engine.services.book_notes import Edit, note_edits
from engine.services.call_webhooks import Calling, call_webhooks
from engine.services.follow_trail import follow_trail
from engine.services.manage_webhooks import Shown, WebhookError, Webhooks
from notifiers.webhooks import WebhookCaller
from tests.fakes.webhook_receiver import Answer, WebhookReceiver
from tests.support.books import a_small_book, at
from tests.support.installation import RENEWAL, Installation

START = at("2026-11-10T10:00")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as made:
        yield made


@pytest.fixture
def book(tacit: Installation) -> Installation:
    tacit.imports(a_small_book(), START)
    return tacit


def hooks(book: Installation, now: datetime = START) -> Webhooks:
    return Webhooks(book.store, operator("somebody"), now, private=True)


def shown(book: Installation) -> Shown:
    [one] = hooks(book).all()
    return one


def passes(book: Installation, now: datetime) -> dict[str, int]:
    """One pass of the running process's webhooks."""
    follow_trail(book.store, book.rulebook, now)
    caller = WebhookCaller(5, private=True)
    retry = RetryPolicy(3, MINUTE, timedelta(hours=1))
    calling = Calling(caller, timedelta(seconds=5), retry)
    return dict(call_webhooks(book.store, calling, lambda: now).numbers)


def told(receiver: WebhookReceiver) -> list[dict[str, Any]]:
    return [json.loads(call.body) for call in receiver.calls]


@pytest.mark.req("OPS-6")
def test_each_transition_is_told_once_with_the_change_and_how_it_moved(
    book: Installation, receiver: WebhookReceiver
) -> None:
    hooks(book).add(receiver.url())
    book.fire("accept", "ops", START)

    counts = [passes(book, START), passes(book, START + MINUTE)]

    [one] = told(receiver)
    assert one["type"] == "change.transition"
    assert one["timestamp"] == "2026-11-10T10:00:00+00:00"
    told_of = {
        "id": RENEWAL, "customer": "Acme", "type": "renewal", "state": "renewed",
        "renewal_start": "2027-03-01", "deadline": "2027-01-15", "from": "pending",
        "to": "renewed", "by": "ops", "name": "accept",
    }  # fmt: skip
    assert told_of.items() <= one["data"].items()
    assert "agrees" in one["data"]["why"]
    assert counts[0] == {"sent": 1, "retry": 0, "held": 0}
    assert counts[1] == {"sent": 0, "retry": 0, "held": 0}


def test_what_was_before_the_webhook_is_not_told(
    book: Installation, receiver: WebhookReceiver
) -> None:
    book.fire("accept", "ops", START)
    hooks(book).add(receiver.url())
    book.fire("take_back", "ops", START)

    passes(book, START)

    assert [one["data"]["to"] for one in told(receiver)] == ["pending"]


def test_what_silence_did_is_told_in_its_order(
    book: Installation, receiver: WebhookReceiver
) -> None:
    hooks(book).add(receiver.url())
    book.fire("accept", "ops", START)
    book.fire("take_back", "ops", START + MINUTE)
    book.runs(START + MINUTE, at("2027-02-01"))

    passes(book, at("2027-02-01"))

    moved = [(one["data"]["from"], one["data"]["to"]) for one in told(receiver)]
    assert moved == [
        ("pending", "renewed"), ("renewed", "pending"), ("pending", "renewed"),
    ]  # fmt: skip
    assert told(receiver)[-1]["data"]["by"] == "clock"
    sequence = [one["data"]["seq"] for one in told(receiver)]
    assert sequence == sorted(sequence)


@pytest.mark.req("OPS-6")
def test_a_call_that_fails_is_tried_later_and_later_and_then_held(
    book: Installation, receiver: WebhookReceiver
) -> None:
    hooks(book).add(receiver.url())
    book.fire("accept", "ops", START)
    receiver.answer(Answer(500), Answer(500), Answer(500))
    times = [START, START + MINUTE / 2, START + MINUTE, START + 3 * MINUTE]

    counts = [passes(book, now) for now in times]

    assert [max(one, key=lambda name: one[name]) for one in counts if any(one.values())] == [
        "retry", "retry", "held",
    ]  # fmt: skip
    assert len(receiver.calls) == 3
    assert len({call.headers["Webhook-Id"] for call in receiver.calls}) == 1
    [call] = shown(book).calls
    assert (call.status, call.attempts) == ("held", 3)
    assert call.error == "answered 500 Internal Server Error"


def test_a_held_call_can_be_sent_again(
    book: Installation, receiver: WebhookReceiver
) -> None:
    id_, _ = hooks(book).add(receiver.url())
    book.fire("accept", "ops", START)
    receiver.answer(Answer(410))
    passes(book, START)

    again = hooks(book, START + MINUTE).send_again(id_)
    passes(book, START + MINUTE)

    assert again == 1
    assert shown(book).held == 0
    assert [call.status for call in shown(book).calls] == ["sent"]
    assert len(receiver.calls) == 2


def test_an_endpoint_that_fails_holds_no_other_up(
    book: Installation, receiver: WebhookReceiver
) -> None:
    with WebhookReceiver() as gone:
        hooks(book).add(gone.url())
    hooks(book).add(receiver.url())
    book.fire("accept", "ops", START)

    counts = passes(book, START)

    assert counts == {"sent": 1, "retry": 1, "held": 0}
    assert len(receiver.calls) == 1


def test_a_disabled_endpoint_is_told_nothing_and_goes_on_where_it_is_enabled(
    book: Installation, receiver: WebhookReceiver
) -> None:
    id_, _ = hooks(book).add(receiver.url())
    hooks(book).disable(id_)
    book.fire("accept", "ops", START)
    passes(book, START)
    hooks(book).enable(id_)
    book.fire("take_back", "ops", START)

    passes(book, START)

    assert [one["data"]["to"] for one in told(receiver)] == ["pending"]


def test_a_ping_says_that_calls_arrive(
    book: Installation, receiver: WebhookReceiver
) -> None:
    id_, _ = hooks(book).add(receiver.url())
    other, _ = hooks(book).add(receiver.url() + "/other")
    hooks(book).ping(id_)

    passes(book, START)

    assert [one["type"] for one in told(receiver)] == ["ping"]
    assert receiver.calls[0].path == "/hook"
    hooks(book).disable(other)
    with pytest.raises(WebhookError, match="enable it first"):
        hooks(book).ping(other)


def test_a_new_secret_signs_from_then_on(
    book: Installation, receiver: WebhookReceiver
) -> None:
    id_, first = hooks(book).add(receiver.url())

    second = hooks(book).rotate(id_)

    with book.store.begin(read_only=True) as unit:
        hook = unit.webhooks.one(id_)
    assert hook is not None
    assert hook.secret == second != first
    assert second.startswith("whsec_")


DAY = timedelta(days=1)


def signed_by(receiver: WebhookReceiver, secret: str) -> bool:
    """Whether the secret signed the last call, whatever others did."""
    call = receiver.calls[-1]
    said = {name.lower(): value for name, value in call.headers.items()}
    at_ = datetime.fromtimestamp(int(said["webhook-timestamp"]), UTC)
    mine = Signer(secret).sign(said["webhook-id"], at_, call.body)
    return mine in said["webhook-signature"].split(" ")


def pinged(book: Installation, id_: int, now: datetime) -> None:
    hooks(book, now).ping(id_)
    assert passes(book, now)["sent"] == 1


@pytest.mark.req("OPS-6")
def test_the_secret_before_signs_too_for_a_while(
    book: Installation, receiver: WebhookReceiver
) -> None:
    mine = replace(hooks(book), overlap=DAY)
    id_, first = mine.add(receiver.url())
    second = mine.rotate(id_)

    pinged(book, id_, START + DAY - MINUTE)
    both = signed_by(receiver, first), signed_by(receiver, second)
    pinged(book, id_, START + DAY)
    later = signed_by(receiver, first), signed_by(receiver, second)

    assert both == (True, True)
    assert later == (False, True)
    assert shown(book).as_json()["old_secret_until"] == START + DAY


def test_of_three_secrets_the_first_signs_nothing_more(
    book: Installation, receiver: WebhookReceiver
) -> None:
    mine = replace(hooks(book), overlap=DAY)
    id_, first = mine.add(receiver.url())
    second, third = mine.rotate(id_), mine.rotate(id_)

    pinged(book, id_, START)

    assert [signed_by(receiver, one) for one in (first, second, third)] == [
        False, True, True,
    ]  # fmt: skip


def test_a_secret_that_others_know_is_stopped_at_once(
    book: Installation, receiver: WebhookReceiver
) -> None:
    mine = replace(hooks(book), overlap=DAY)
    id_, first = mine.add(receiver.url())
    second = mine.rotate(id_, at_once=True)

    pinged(book, id_, START)

    assert (signed_by(receiver, first), signed_by(receiver, second)) == (False, True)


def test_an_old_secret_is_kept_no_longer_than_it_signs(
    book: Installation, receiver: WebhookReceiver
) -> None:
    mine = replace(hooks(book), overlap=DAY)
    id_, first = mine.add(receiver.url())
    mine.rotate(id_)

    with book.store.begin() as unit:
        gone = [unit.webhooks.forget_secrets(START + day) for day in (MINUTE, DAY, DAY)]
        unit.commit()

    assert gone == [0, 1, 0]
    assert first not in str(book.rows("SELECT * FROM webhooks"))


def test_what_is_done_to_webhooks_stands_in_the_trail_without_their_secrets(
    book: Installation, receiver: WebhookReceiver
) -> None:
    id_, secret = hooks(book).add(receiver.url(), "the warehouse")
    rotated = hooks(book).rotate(id_)
    hooks(book).disable(id_)
    hooks(book).enable(id_)
    hooks(book).ping(id_)

    with book.store.begin(read_only=True) as unit:
        entries = unit.audit.chain("webhook", id_)
    said = [json.loads(entry.body) for entry in entries]
    assert [entry.kind for entry in entries] == [
        "added", "edited", "edited", "edited", "ping",
    ]  # fmt: skip
    assert {one["by"] for one in said} == {"somebody"}
    assert secret not in str(said)
    assert rotated not in str(said)
    assert book.flaws() == []


def test_two_that_follow_at_once_queue_each_call_once(
    book: Installation, receiver: WebhookReceiver
) -> None:
    hooks(book).add(receiver.url())
    book.fire("accept", "ops", START)
    together = threading.Barrier(2)

    def follow() -> None:
        together.wait()
        follow_trail(book.store, book.rulebook, START)

    threads = [threading.Thread(target=follow) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(shown(book).calls) == 1


# SQLite lets one writer in at a time, so there it cannot be.
@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_an_entry_that_is_committed_after_a_later_one_is_told_too(
    book: Installation, receiver: WebhookReceiver
) -> None:
    id_, _ = hooks(book).add(receiver.url())
    following = threading.Thread(
        target=follow_trail, args=(book.store, book.rulebook, START)
    )
    with book.store.begin() as early:
        note_edits(early, "webhook", [Edit(id_, str(id_), {})], "slow", START, "ping")
        # Its id was given out, and it is not committed; a later one is.
        book.fire("accept", "ops", START)
        following.start()
        following.join(0.5)
        assert following.is_alive()
        early.commit()
    following.join()

    passes(book, START)

    assert [one["type"] for one in told(receiver)] == ["ping", "change.transition"]


@pytest.mark.req("OPS-6")
def test_webhooks_are_for_those_who_may_manage_them(book: Installation) -> None:
    nobody = operator("somebody").limited([Action.SEE_CHANGES])
    theirs = Webhooks(book.store, nobody, START)

    for attempt in (
        theirs.all,
        lambda: theirs.one(1),
        lambda: theirs.add("https://hooks.example/"),
        lambda: theirs.disable(1),
        lambda: theirs.enable(1),
        lambda: theirs.rotate(1),
        lambda: theirs.ping(1),
        lambda: theirs.send_again(1),
    ):
        with pytest.raises(NotPermittedError):
            attempt()
    with pytest.raises(NotFoundError):
        hooks(book).one(99)
