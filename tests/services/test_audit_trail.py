from concurrent.futures import ThreadPoolExecutor, wait
from datetime import date, timedelta

import pytest

from engine.domain.machine import is_legal
from engine.domain.records import NewEntry
from engine.services.replay_audit import replay_audit
from engine.services.seal_audit import seal
from engine.services.verify_audit import verify
from tests.support.books import a_contract, a_customer, a_small_book, at
from tests.support.histories import CUSTOMER, NEXT_DAY, a_year_of_history
from tests.support.installation import Installation


def sentences(tacit: Installation) -> list[str]:
    return [f"{flaw.subject}: {flaw.message}" for flaw in tacit.flaws()]


@pytest.mark.req("OPS-4")
def test_a_trail_that_nobody_touched_verifies_and_replays(
    tacit: Installation,
) -> None:
    a_year_of_history(tacit)

    counted, flaws = verify(tacit.store)

    [entries] = tacit.rows("SELECT COUNT(*) AS number FROM audit")
    assert counted == entries["number"] > 30
    assert flaws == []
    assert tacit.flaws() == []


TAMPERING = {
    "a byte of an entry's body": (
        "UPDATE audit SET body = REPLACE(body, 'acme', 'acne') "
        "WHERE subject_kind = 'change' AND subject_id = 1 AND seq = 3",
        ["change K-1.R20270301: the chain breaks at entry 3"],
    ),
    "an entry's time": (
        "UPDATE audit SET at = (SELECT MIN(at) FROM audit) "
        "WHERE subject_kind = 'change' AND subject_id = 1 AND seq = 4",
        ["change K-1.R20270301: the chain breaks at entry 4"],
    ),
    "an entry's kind": (
        "UPDATE audit SET kind = 'noted' "
        "WHERE subject_kind = 'change' AND subject_id = 1 AND seq = 2",
        ["change K-1.R20270301: the chain breaks at entry 2"],
    ),
    "an entry in the middle removed": (
        "DELETE FROM audit "
        "WHERE subject_kind = 'change' AND subject_id = 1 AND seq = 3",
        ["change K-1.R20270301: the chain breaks at entry 3"],
    ),
    "the last entries removed": (
        "DELETE FROM audit WHERE subject_kind = 'change' AND subject_id = 1 "
        "AND seq > (SELECT version - 2 FROM changes WHERE id = 1)",
        ["change K-1.R20270301: the last entries are missing"],
    ),
    "a whole trail removed": (
        "DELETE FROM audit WHERE subject_kind = 'change' AND subject_id = 1",
        ["change K-1.R20270301: its trail is gone"],
    ),
    "the trails of two subjects swapped": (
        "UPDATE changes SET code = CASE id WHEN 1 THEN 'K-9' ELSE code END",
        ["change K-9: the chain breaks at entry 1"],
    ),
    "the last entry of a customer's trail removed": (
        "DELETE FROM audit WHERE id = "
        "(SELECT MAX(id) FROM audit WHERE subject_kind = 'customer')",
        ["seal 2: what was sealed"],
    ),
    "an entry of a subject that is not there": (
        "UPDATE audit SET subject_id = 77 WHERE subject_kind = 'customer'",
        ["customer ?: entries of a subject that is not there"],
    ),
    "a seal's hash": (
        "UPDATE seals SET hash = 'f00' WHERE id = 1",
        ["seal 1: what was sealed", "seal 2: what was sealed"],
    ),
    "a seal's reach": (
        "UPDATE seals SET upto = upto - 3 WHERE id = 2",
        ["seal 2: what was sealed"],
    ),
    "the first seal removed": (
        "DELETE FROM seals WHERE id = 1",
        ["seal 2: what was sealed"],
    ),
    "a change's state": (
        "UPDATE changes SET state = 'pending' WHERE id = 1",
        ["change K-1.R20270301: state: the trail says renewed"],
    ),
    "a change's renewal start": (
        "UPDATE changes SET renewal_start = '2027-04-01' WHERE id = 1",
        ["change K-1.R20270301: renewal start: the trail says 2027-03-01"],
    ),
    "when a change was closed": (
        "UPDATE changes SET closed_at = opened_at WHERE id = 1",
        ["change K-1.R20270301: closed: the trail says 2027-02-28"],
    ),
    "a change's owner": (
        "UPDATE changes SET owner_choice = 'partner' WHERE id = 1",
        ["change K-1.R20270301: owner: the trail says None"],
    ),
}


@pytest.mark.req("OPS-4")
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("statement", "expected"), TAMPERING.values(), ids=list(TAMPERING)
)
def test_what_was_changed_behind_the_programs_back_is_found(
    tacit: Installation, statement: str, expected: list[str]
) -> None:
    a_year_of_history(tacit)

    tacit.execute(statement)

    found = sentences(tacit)
    for sentence in expected:
        assert any(each.startswith(sentence) for each in found), found


@pytest.mark.req("OPS-4")
def test_two_trails_cannot_stand_in_for_each_other(tacit: Installation) -> None:
    a_year_of_history(tacit)
    swap = "UPDATE audit SET subject_id = {to} WHERE subject_kind = 'change' AND subject_id = {of}"

    for of, to in ((1, 99), (2, 1), (99, 2)):
        tacit.execute(swap.format(of=of, to=to))

    found = sentences(tacit)
    assert "change K-1.R20270301: the chain breaks at entry 1" in found
    assert "change K-2.R20270301: the chain breaks at entry 1" in found


@pytest.mark.req("OPS-4")
def test_a_move_that_its_rules_do_not_allow_is_found(tacit: Installation) -> None:
    a_year_of_history(tacit)
    rules = {one.version: one for one in tacit.rulebook.machines.values()}
    other = tacit.rulebook.machines["email_overage"]

    _, unknown = replay_audit(tacit.store, {})
    _, wrong = replay_audit(tacit.store, dict.fromkeys(rules, other))

    assert not is_legal(other, "pending", "silence", "renewed")
    assert {flaw.message.split(": ")[1][:9] for flaw in unknown} == {"its rules"}
    assert any("cannot lead from pending to renewed" in x.message for x in wrong)


@pytest.mark.req("OPS-4")
def test_a_seal_covers_all_that_was_written_before_it(tacit: Installation) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    [imported] = tacit.rows("SELECT COUNT(*) AS entries FROM audit")

    first = seal(tacit.store, at("2026-06-02"))
    again = seal(tacit.store, at("2026-06-03"))
    tacit.edit(at("2026-06-04")).owner_of_customer("acme", "vendor")
    after = seal(tacit.store, at("2026-06-05"))

    assert (first, again, after) == (imported["entries"], 0, 1)


@pytest.mark.req("OPS-4")
def test_an_idle_clock_looks_for_something_to_seal_once_a_day(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    seal(tacit.store, at("2026-06-02"))

    seal(tacit.store, at("2026-06-03"))

    with tacit.store.begin(read_only=True) as unit:
        assert unit.book.heartbeats()["seal"] == at("2026-06-03")
        assert len(unit.audit.seals()) == 1


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
@pytest.mark.req("OPS-4")
def test_a_seal_waits_for_what_is_just_being_written(tacit: Installation) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    entry = NewEntry("site", 1, 1, at("2026-06-02"), "edited", "{}", "f00")
    with ThreadPoolExecutor(1) as other, tacit.store.begin() as slow:
        slow.audit.append([entry])
        tacit.edit(at("2026-06-02")).owner_of_customer("acme", "vendor")
        sealing = other.submit(seal, tacit.store, at("2026-06-03"))
        wait([sealing], timeout=0.5)
        slow.commit()

    flaws = [flaw for flaw in tacit.flaws() if flaw.subject.startswith("seal")]

    assert flaws == []


@pytest.mark.req("OPS-4")
def test_a_refusal_is_in_the_trail(tacit: Installation) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    tacit.passes(at("2026-11-01T08:00"))

    fired = tacit.fire("request_cancellation", CUSTOMER, at("2027-01-15T23:00"))

    assert fired.refusal is not None
    assert tacit.trail()[-1] == {
        "kind": "refused",
        "by": CUSTOMER,
        "name": "request_cancellation",
        "reason": "too_late",
    }


@pytest.mark.req("OPS-4", "REN-17")
def test_replay_follows_dates_that_moved(tacit: Installation) -> None:
    a_year_of_history(tacit)
    code = "K-1.R20280301"
    tacit.edit(NEXT_DAY).renewal_start(code, date(2028, 5, 1))
    tacit.imports([a_customer(partner="nord", time_zone="Asia/Tokyo")], NEXT_DAY)
    tacit.imports([a_contract(started_on=date(2026, 4, 1))], NEXT_DAY)

    tacit.runs(NEXT_DAY, NEXT_DAY + timedelta(days=400))

    assert tacit.flaws() == []
