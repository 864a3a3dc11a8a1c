"""What came in is worked on once, with all that follows from it or not at all."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from engine.domain.inbox import Handled, InboxItem, InboxStatus, Source
from engine.domain.interfaces import UnitOfWork
from engine.domain.retry import RetryPolicy
from engine.services.work_inbox import Working, work_inbox
from engine.store.unit_of_work import Store
from tests.support.books import at

NOW = at("2026-11-01T08:00")
RETRY = RetryPolicy(3, timedelta(minutes=1), timedelta(hours=1))
LEASE = timedelta(minutes=2)
DONE = Handled(InboxStatus.DONE, "read")


@dataclass
class Beating:
    """A handler that leaves a trace in the database, then does what it is told."""

    then: Callable[[InboxItem], Handled] = lambda _: DONE
    seen: list[str] = field(default_factory=list)

    def __call__(self, unit: UnitOfWork, item: InboxItem, now: datetime) -> Handled:
        self.seen.append(item.external_id)
        unit.book.beat(f"read {item.external_id}", now)
        return self.then(item)


def working(handler: Beating) -> Working:
    return Working({Source.MAIL: handler}, RETRY, LEASE)


def takes_in(store: Store, *names: str, now: datetime = NOW) -> list[bool]:
    with store.begin() as unit:
        taken = [unit.inbox.take_in(Source.MAIL, one, b"x", now) for one in names]
        unit.commit()
    return taken


def works(store: Store, handler: Beating, now: datetime = NOW) -> dict[str, int]:
    counts = work_inbox(store, working(handler), lambda: now).numbers
    return {name: number for name, number in counts.items() if number}


def the_item(store: Store, id_: int = 1) -> InboxItem:
    with store.begin() as unit:
        found = unit.inbox.one(id_)
    assert found is not None
    return found


def beats(store: Store) -> set[str]:
    with store.begin(read_only=True) as unit:
        return set(unit.book.heartbeats())


def test_each_thing_is_worked_on_once_in_the_order_of_arrival(store: Store) -> None:
    handler = Beating()

    assert takes_in(store, "b", "a", "b") == [True, True, False]
    assert works(store, handler) == {"done": 2}
    assert works(store, handler, NOW + timedelta(days=1)) == {}

    assert handler.seen == ["b", "a"]
    assert (the_item(store).status, the_item(store).reason) == ("done", "read")


def test_a_failure_undoes_all_and_is_tried_again_with_growing_waits_then_shown(
    store: Store,
) -> None:
    def fails(_: InboxItem) -> Handled:
        raise ValueError("nobody thought of\x00 this")

    handler = Beating(fails)
    takes_in(store, "a")

    assert works(store, handler) == {"put_back": 1}
    assert works(store, handler, NOW + timedelta(seconds=59)) == {}
    assert works(store, handler, NOW + timedelta(seconds=60)) == {"put_back": 1}
    assert works(store, handler, NOW + timedelta(seconds=179)) == {}
    assert works(store, handler, NOW + timedelta(seconds=180)) == {"failed": 1}

    assert beats(store) == set()
    found = the_item(store)
    assert found.status is InboxStatus.FAILED
    assert found.reason == "ValueError: nobody thought of  this"


def test_one_that_cannot_be_worked_on_keeps_nobody_waiting(store: Store) -> None:
    def fails_for_a(item: InboxItem) -> Handled:
        if item.external_id == "a":
            raise ValueError("no")
        return DONE

    takes_in(store, "a", "b")

    assert works(store, Beating(fails_for_a)) == {"put_back": 1, "done": 1}


def test_a_claim_whose_process_died_is_taken_over_when_its_lease_is_out(
    store: Store,
) -> None:
    takes_in(store, "a")
    with store.begin() as unit:
        unit.inbox.claim(NOW, NOW + LEASE)
        unit.commit()
    handler = Beating()

    assert works(store, handler, NOW + LEASE - timedelta(seconds=1)) == {}
    assert works(store, handler, NOW + LEASE) == {"done": 1}


def test_what_ends_its_process_each_time_is_given_up_without_another_try(
    store: Store,
) -> None:
    takes_in(store, "a")
    now = NOW
    for _ in range(RETRY.attempts):
        with store.begin() as unit:
            unit.inbox.claim(now, now + LEASE)
            unit.commit()
        now += LEASE
    handler = Beating()

    assert works(store, handler, now) == {"failed": 1}

    assert handler.seen == []
    assert the_item(store).reason == "each try ended without an answer"


def test_whoever_comes_back_after_another_took_over_changes_nothing(
    store: Store,
) -> None:
    takes_in(store, "a")
    late = Beating()
    times = iter([NOW, NOW + timedelta(hours=1), NOW + timedelta(hours=1)])

    def slow_clock() -> datetime:
        now = next(times)
        if now > NOW and not late.seen:
            works(store, Beating(), NOW + LEASE)
        return now

    counts = work_inbox(store, working(late), slow_clock).numbers

    assert counts["left"] == 1
    assert late.seen == []
    assert the_item(store).status is InboxStatus.DONE


def test_what_is_said_afterwards_is_said_once_and_its_failure_undoes_nothing(
    store: Store,
) -> None:
    said: list[str] = []

    def speaks(item: InboxItem) -> Handled:
        def after() -> None:
            said.append(item.external_id)
            raise OSError("gone")

        return Handled(InboxStatus.DONE, "read", after)

    takes_in(store, "a")
    works(store, Beating(speaks))
    works(store, Beating(speaks), NOW + timedelta(days=1))

    assert said == ["a"]
    assert the_item(store).status is InboxStatus.DONE


def test_two_workers_at_once_share_what_there_is(store: Store) -> None:
    names = [f"mail {number}" for number in range(40)]
    takes_in(store, *names)
    handler = Beating()

    with ThreadPoolExecutor(2) as pool:
        found = [*pool.map(lambda _: works(store, handler), range(2))]

    assert sum(one.get("done", 0) for one in found) == 40
    assert sorted(handler.seen) == sorted(names)


@pytest.mark.parametrize("status", [InboxStatus.WAITING, InboxStatus.LET_GO])
def test_what_waits_for_a_person_is_left_alone(
    store: Store, status: InboxStatus
) -> None:
    takes_in(store, "a")
    works(store, Beating(lambda _: Handled(status, "look at it")))
    again = Beating()

    assert works(store, again, NOW + timedelta(days=30)) == {}

    assert (again.seen, the_item(store).status) == ([], status)
