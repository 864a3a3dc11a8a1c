"""The audit trail: a chain that shows where it was touched."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain import audit
from engine.domain.audit import Checkpoint, Entry, SealDigest
from engine.domain.outcome import Step, StepKind
from engine.domain.ruleset import Telling

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
A_STEP = Step(StepKind.TRANSITION, "accept", "pending", "renewed")


def a_chain(name: str = "K-1", length: int = 4) -> list[Entry]:
    """Entries as the ledger writes them."""
    found, head = list[Entry](), audit.first_link("change", name)
    for seq in range(1, length + 1):
        at, body = NOW + timedelta(days=seq), audit.body({"name": f"step {seq}"})
        head = audit.link(head, audit.entry_text(at, "effect", body))
        found.append(Entry(seq, at, "effect", body, head))
    return found


def broken(entries: Sequence[Entry], name: str = "K-1") -> int | None:
    return audit.broken_at(audit.beginning("change", name), entries)


@pytest.mark.req("OPS-4")
@pytest.mark.parametrize("length", [0, 1, 4])
def test_an_untouched_chain_holds(length: int) -> None:
    assert broken(a_chain(length=length)) is None


@pytest.mark.req("OPS-4")
@pytest.mark.parametrize(
    "change",
    [
        {"body": '{"name":"step 3."}'},
        {"kind": "held"},
        {"at": NOW},
        {"at": NOW + timedelta(days=3, microseconds=1)},
        {"hash": "0" * 64},
        {"seq": 4},
    ],
    ids=["its text", "its kind", "its day", "a microsecond", "its hash", "its number"],
)
def test_the_chain_breaks_where_an_entry_was_changed(change: dict[str, object]) -> None:
    entries = a_chain()
    entries[2] = replace(entries[2], **change)  # type: ignore[arg-type]

    assert broken(entries) == 3


@pytest.mark.req("OPS-4")
@given(data=st.data())
def test_any_single_byte_changed_breaks_the_chain(data: st.DataObject) -> None:
    entries = a_chain()
    index = data.draw(st.integers(0, 3))
    body = entries[index].body.encode()
    place = data.draw(st.integers(0, len(body) - 1))
    byte = data.draw(st.integers(0, 127).filter(lambda value: value != body[place]))
    text = (body[:place] + bytes([byte]) + body[place + 1 :]).decode()

    entries[index] = replace(entries[index], body=text)

    assert broken(entries) == index + 1


@pytest.mark.req("OPS-4")
@pytest.mark.parametrize("index", [0, 1, 2])
def test_the_chain_breaks_where_an_entry_is_missing(index: int) -> None:
    entries = a_chain()
    del entries[index]

    assert broken(entries) == index + 1


@pytest.mark.req("OPS-4")
def test_the_chain_breaks_where_two_entries_change_places() -> None:
    entries = a_chain()
    entries[1], entries[2] = entries[2], entries[1]

    assert broken(entries) == 2


@pytest.mark.req("OPS-4")
def test_the_chain_breaks_where_an_entry_comes_twice() -> None:
    entries = a_chain()

    assert broken([*entries, entries[-1]]) == 5


@pytest.mark.req("OPS-4")
@pytest.mark.parametrize("index", [0, 2])
def test_an_entry_of_another_subject_breaks_the_chain(index: int) -> None:
    entries, others = a_chain("K-1"), a_chain("K-2")
    entries[index] = others[index]

    assert broken(entries) == index + 1


@pytest.mark.req("OPS-4")
def test_a_whole_chain_of_another_subject_is_recognised() -> None:
    assert broken(a_chain("K-2"), "K-1") == 1


@pytest.mark.req("OPS-4")
def test_a_chain_goes_on_from_where_its_first_part_ended() -> None:
    entries = a_chain()
    place = Checkpoint(entries[1].seq, entries[1].hash)

    assert audit.broken_at(place, entries[2:]) is None
    assert audit.broken_at(place, entries[3:]) == 3
    assert audit.broken_at(Checkpoint(1, entries[1].hash), entries[2:]) == 2


def a_seal(*hashes: str, previous: str = "") -> str:
    digest = SealDigest(previous)
    for hash_ in hashes:
        digest.add(hash_)
    return digest.hash()


@pytest.mark.req("OPS-4")
def test_a_seal_is_over_every_entry_in_order_and_the_seal_before() -> None:
    different = {
        a_seal("a", "b"),
        a_seal("b", "a"),
        a_seal("a"),
        a_seal("a", "b", previous="c"),
        a_seal("a", previous="b"),
        a_seal(),
    }

    assert len(different) == 6


def test_the_same_name_of_another_kind_starts_another_chain() -> None:
    assert audit.first_link("change", "K-1") != audit.first_link("contract", "K-1")


def test_what_is_recorded_is_canonical() -> None:
    said = audit.body({"b": date(2027, 3, 1), "a": "é", "none": None, "empty": ()})

    assert said == '{"a":"é","b":"2027-03-01"}'


def test_a_step_says_what_happened_by_whom_and_under_which_rules() -> None:
    telling = Telling("renewal_done", "owner", ("take_back",))
    step = replace(
        A_STEP,
        why="Agreed.",
        due_at=NOW,
        do="hold",
        tells=(telling, Telling("undeliverable", "partner")),
        stands_for=("last_call",),
    )

    said = audit.step_body(step, by="ines", rules="abc", final=True)

    assert said == (
        '{"by":"ines","do":"hold","due_at":"2026-11-22T09:00:00+00:00","final":true,'
        '"from":"pending","name":"accept","rules":"abc","stands_for":["last_call"],'
        '"tells":[{"asks":["take_back"],"message":"renewal_done","to":"owner"},'
        '{"message":"undeliverable","to":"partner"}],"to":"renewed","why":"Agreed."}'
    )


def test_a_short_step_says_no_more_than_it_has_to() -> None:
    said = audit.step_body(A_STEP, by="clock", rules="abc")

    assert said == (
        '{"by":"clock","from":"pending","name":"accept","rules":"abc","to":"renewed"}'
    )
