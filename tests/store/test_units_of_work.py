from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import event

from engine.domain.errors import ConflictError
from engine.domain.records import ChangeRow, ChangeUpdate, NewEntry, NewMessage
from engine.domain.ruleset import Rulebook
from engine.store.unit_of_work import Store
from tests.support.books import a_contract, a_small_book, at, imported, the_change

JUNE, LISTED = at("2026-06-01"), at("2026-11-01T08:00")
AWKWARD = {
    "quotes": "\"it's\" `quoted` ''",
    "lines and tabs": "one\ntwo\r\nthree\tfour\\n",
    "backslashes": "\\ \\\\ \\N \\. \\x41 C:\\new\\table",
    "another script": "Ünïcödé 漢字 🦆 \u202e‮ \u00a0",
    "SQL": "'); DROP TABLE audit; -- %s :name ? {0}",
    "nothing": "",
    "braces as in arrays": '{"a",NULL,{b}}',
}


def an_update(row: ChangeRow, **values: object) -> ChangeUpdate:
    """What `row` is, one version later."""
    update = ChangeUpdate(
        row.id,
        row.version,
        row.version + 1,
        row.state,
        row.handled_until,
        row.notice_out_at,
        row.next_due_at,
        row.attention,
        row.closed_at,
        "rules",
        "head",
    )
    return update._replace(**values)  # type: ignore[arg-type]


def an_entry(**values: object) -> NewEntry:
    entry = NewEntry("site", 1, 1, LISTED, "edited", "{}", "hash")
    return entry._replace(**values)  # type: ignore[arg-type]


def a_message(**values: object) -> NewMessage:
    message = NewMessage(
        1, 1, 0, "renewal_notice", "owner", "accept", False, None, True, "pending", True, 0,
        None, LISTED, LISTED,
    )  # fmt: skip
    return message._replace(**values)  # type: ignore[arg-type]


TIMES = {
    "with microseconds": datetime(2027, 1, 15, 22, 59, 59, 999_999, tzinfo=UTC),
    "on the second": datetime(2027, 1, 15, 23, 0, tzinfo=UTC),
    "of another zone": datetime(2027, 1, 16, 1, 30, 0, 1, timezone(timedelta(hours=2))),
    "before the epoch": datetime(1969, 12, 31, 23, 59, 59, 5, tzinfo=UTC),
}


@pytest.mark.parametrize("time", TIMES.values(), ids=list(TIMES))
def test_times_come_back_aware_in_utc_to_the_microsecond(
    store: Store, rulebook: Rulebook, time: datetime
) -> None:
    imported(store, rulebook, a_small_book(), JUNE)
    row = the_change(store)

    with store.begin() as unit:
        unit.changes.apply([an_update(row, next_due_at=time)])
        unit.audit.append([an_entry(at=time)])
        unit.book.beat("clock", time)
        unit.commit()

    with store.begin(read_only=True) as unit:
        [entry] = unit.audit.chain("site", 1)
        found = [
            unit.changes.by_code(row.code).next_due_at,
            unit.changes.next_due_at(),
            entry.at,
            unit.book.heartbeats()["clock"],
        ]
    assert found == [time] * 4
    assert {each.utcoffset() for each in found if each} == {timedelta(0)}


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    with store.begin() as unit, pytest.raises(Exception, match="without a zone"):
        unit.book.beat("clock", LISTED.replace(tzinfo=None))


@pytest.mark.parametrize("awkward", AWKWARD.values(), ids=list(AWKWARD))
def test_texts_come_back_as_they_went(
    store: Store, rulebook: Rulebook, awkward: str
) -> None:
    imported(store, rulebook, a_small_book(), JUNE)
    row = the_change(store)

    with store.begin() as unit:
        unit.changes.apply([an_update(row, attention=awkward, state="renewed")])
        unit.audit.append([an_entry(body=awkward), an_entry(seq=2, body="next")])
        unit.outbox.add([a_message(about=awkward), a_message(position=1, about=None)])
        unit.book.update("customers", row.customer_id, {"name": awkward})
        unit.commit()

    with store.begin() as unit:
        assert unit.changes.by_code(row.code).attention == awkward
        bodies = [entry.body for entry in unit.audit.chain("site", 1)]
        assert bodies == [awkward, "next"]
        claimed = unit.outbox.claim(LISTED, LISTED, 10)
    assert [each.about for each in claimed] == [awkward, None]
    assert {each.customer_name for each in claimed} == {awkward}
    assert claimed[0].asks == ("accept",)


def test_nothing_comes_back_as_nothing(store: Store, rulebook: Rulebook) -> None:
    imported(store, rulebook, a_small_book(), JUNE)
    row = the_change(store)
    everything = an_update(
        row, attention="x", closed_at=LISTED, notice_out_at=LISTED, next_due_at=LISTED
    )
    with store.begin() as unit:
        unit.changes.apply([everything])
        unit.commit()

    with store.begin() as unit:
        nothing = an_update(
            the_change(store),
            attention=None,
            closed_at=None,
            notice_out_at=None,
            next_due_at=None,
        )
        unit.changes.apply([nothing])
        unit.commit()

    row = the_change(store)
    assert (row.attention, row.closed_at, row.notice_out_at, row.next_due_at) == (
        None,
        None,
        None,
        None,
    )


def test_a_change_that_was_changed_in_between_is_a_conflict(
    store: Store, rulebook: Rulebook
) -> None:
    imported(store, rulebook, [*a_small_book(), a_contract("K-2")], JUNE)
    first, second = the_change(store), the_change(store, "K-2.R20270301")
    outdated = an_update(second._replace(version=second.version - 1), state="renewed")

    with store.begin() as unit:
        both = [an_update(first, state="renewed"), outdated]
        with pytest.raises(ConflictError, match="1 changes were changed"):
            unit.changes.apply(both)

    assert the_change(store) == first
    assert the_change(store, "K-2.R20270301") == second


def test_a_unit_of_work_that_is_left_without_commit_changes_nothing(
    store: Store, rulebook: Rulebook
) -> None:
    imported(store, rulebook, a_small_book(), JUNE)
    row = the_change(store)

    with store.begin() as unit:
        unit.changes.apply([an_update(row, state="renewed")])
        unit.audit.append([an_entry()])
        unit.outbox.add([a_message()])
        unit.book.update("customers", row.customer_id, {"name": "Other"})

    with store.begin() as unit:
        assert unit.changes.by_code(row.code) == row
        assert unit.audit.chain("site", 1) == []
        assert unit.outbox.counts() == {"ambiguous": 0}
        assert unit.book.one("customers", "acme")["name"] == "Acme"


def test_an_error_undoes_the_unit_of_work(store: Store) -> None:
    def append_and_fail() -> None:
        with store.begin() as unit:
            unit.audit.append([an_entry()])
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        append_and_fail()

    with store.begin(read_only=True) as unit:
        assert unit.audit.last_id() == 0


TAKEN = {
    "a place in a trail": lambda unit: unit.audit.append([an_entry(), an_entry()]),
    "a message's key": lambda unit: unit.outbox.add([a_message(), a_message()]),
}


@pytest.mark.req("BOT-2", "OPS-3")
@pytest.mark.parametrize("write", TAKEN.values(), ids=list(TAKEN))
def test_what_is_written_already_cannot_be_written_again(
    store: Store, rulebook: Rulebook, write: object
) -> None:
    imported(store, rulebook, a_small_book(), JUNE)
    with store.begin(read_only=True) as unit:
        before = (unit.audit.last_id(), unit.outbox.counts())

    with pytest.raises(ConflictError, match="somebody else"), store.begin() as unit:
        write(unit)  # type: ignore[operator]

    with store.begin(read_only=True) as unit:
        assert (unit.audit.last_id(), unit.outbox.counts()) == before


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
@pytest.mark.req("OPS-3")
def test_two_clocks_share_what_is_due(store: Store, rulebook: Rulebook) -> None:
    rows = [*a_small_book(), *(a_contract(f"C-{n}") for n in range(9))]
    imported(store, rulebook, rows, JUNE)

    with store.begin() as one, store.begin() as other:
        first = {row.code for row in one.changes.due(LISTED, 6)}
        second = {row.code for row in other.changes.due(LISTED, 6)}

    assert (len(first), len(second)) == (6, 4)
    assert first & second == set()


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
@pytest.mark.req("OPS-3")
def test_two_relays_share_what_is_queued(store: Store, rulebook: Rulebook) -> None:
    rows = [*a_small_book(), a_contract("K-2")]
    imported(store, rulebook, rows, JUNE)
    with store.begin() as unit:
        ids = [row.id for row in unit.changes.all()]
        unit.outbox.add(
            [a_message(change_id=id_, position=n) for n in range(5) for id_ in ids]
        )
        unit.commit()

    with store.begin() as one, store.begin() as other:
        first = {each.change.id for each in one.outbox.claim(LISTED, LISTED, 1)}
        second = {each.change.id for each in other.outbox.claim(LISTED, LISTED, 9)}

    # Messages of one change are one relay's, so that they keep their order.
    assert (len(first), len(second)) == (1, 1)
    assert first & second == set()


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
@pytest.mark.req("OPS-3", "REN-14")
def test_who_waited_for_an_edit_sees_the_customer_as_edited(
    store: Store, rulebook: Rulebook
) -> None:
    imported(store, rulebook, a_small_book(), JUNE)

    def partner() -> int | None:
        with store.begin() as unit:
            return unit.changes.by_code("K-1.R20270301").partner_id

    with ThreadPoolExecutor(1) as pool, store.begin() as unit:
        row = unit.changes.by_code("K-1.R20270301")
        waiting = pool.submit(partner)
        wait([waiting], timeout=0.2)
        unit.changes.apply([an_update(row)])
        unit.book.update("customers", row.customer_id, {"partner_id": None})
        unit.commit()
        seen = waiting.result(30)

    assert row.partner_id is not None
    assert seen is None


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_claim_reads_what_waits_and_not_what_was_ever_sent(store: Store) -> None:
    statements: list[str] = []

    @event.listens_for(store.engine, "before_cursor_execute")
    def remember(_c: object, _d: object, statement: str, *_: object) -> None:
        statements.append(statement)

    with store.begin() as unit:
        unit.outbox.claim(LISTED, LISTED, 9)
        unit.outbox.changes_with_held(None)
    claim = next(one for one in statements if one.startswith("SELECT outbox"))
    held = next(one for one in statements if one.startswith("SELECT DISTINCT"))

    with store.engine.connect() as connection:
        plans = [
            str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {one}", values).all())
            for one, values in ((claim, (LISTED, 9, 0)), (held, ()))
        ]
    assert "ix_outbox_next_try_at" in plans[0]
    assert "ix_outbox_status_held" in plans[1]


@pytest.mark.req("OPS-3")
def test_a_second_writer_waits_for_the_first(store: Store, rulebook: Rulebook) -> None:
    imported(store, rulebook, a_small_book(), JUNE)

    def renew() -> str:
        with store.begin() as unit:
            return unit.changes.by_code("K-1.R20270301").state

    with ThreadPoolExecutor(1) as pool, store.begin() as unit:
        row = unit.changes.by_code("K-1.R20270301")
        waiting = pool.submit(renew)
        wait([waiting], timeout=0.2)
        seen_early = waiting.done()
        unit.changes.apply([an_update(row, state="renewed")])
        unit.commit()
        seen = waiting.result(30)

    assert not seen_early
    assert seen == "renewed"


def test_a_claimed_message_is_not_claimed_again_until_its_lease_is_over(
    store: Store, rulebook: Rulebook
) -> None:
    imported(store, rulebook, a_small_book(), JUNE)
    until = LISTED + timedelta(minutes=5)
    with store.begin() as unit:
        unit.outbox.add([a_message()])
        unit.commit()

    def claimed(now: datetime) -> int:
        with store.begin() as unit:
            found = unit.outbox.claim(now, now + timedelta(minutes=5), 10)
            unit.commit()
        return len(found)

    before_its_time = claimed(LISTED - timedelta(microseconds=1))
    counts = [claimed(LISTED), claimed(until - timedelta(seconds=1)), claimed(until)]

    assert before_its_time == 0
    assert counts == [1, 0, 1]


def test_a_copy_in_memory_holds_the_same_rows(store: Store, rulebook: Rulebook) -> None:
    imported(store, rulebook, [*a_small_book(), a_contract("K-2")], LISTED)
    with store.begin() as unit:
        unit.book.remember_rules({"v1": ("renewal.yaml", "machine: x\n")}, LISTED)
        unit.book.beat("clock", LISTED)
        unit.audit.add_seal(LISTED, 3, 2, "f00")
        unit.commit()

    copy = store.copy_in_memory()

    for kind in ("partners", "customers", "people", "sites", "contracts", "usage"):
        with store.begin(read_only=True) as one, copy.begin(read_only=True) as other:
            assert list(other.book.all_rows(kind)) == list(one.book.all_rows(kind))
    with store.begin(read_only=True) as one, copy.begin(read_only=True) as other:
        assert list(other.changes.all()) == list(one.changes.all())
        assert list(other.audit.trails("change")) == list(one.audit.trails("change"))
        assert other.audit.seals() == one.audit.seals()
        assert other.outbox.listing(limit=10) == one.outbox.listing(limit=10)
        assert other.book.rule_texts() == one.book.rule_texts()
        assert other.book.heartbeats() == one.book.heartbeats()
    copy.close()


def test_what_is_done_to_a_copy_stays_there(store: Store, rulebook: Rulebook) -> None:
    imported(store, rulebook, a_small_book(), JUNE)
    row = the_change(store)
    copy = store.copy_in_memory()

    with copy.begin() as unit:
        unit.changes.apply([an_update(row, state="renewed")])
        unit.audit.append([an_entry()])
        unit.commit()
    copy.close()

    assert the_change(store) == row
