"""Archives of the trail: lines that prove themselves, and the state they lead to."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from engine.domain import archive_lines, audit, replay
from engine.domain.archive import Reading, checkpoints_hash
from engine.domain.archive_lines import Subject, Written
from engine.domain.audit import Entry, SealDigest
from engine.domain.records import Seal
from engine.domain.ruleset import Ruleset

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
CHANGE = Subject("change", "K-1")
OPENED = ("opened", {"state": "pending", "renewal_start": "2027-03-01"})
CLOSED = ("ended", {"by": "clock"})


def moved(name: str, source: str, target: str) -> tuple[str, dict[str, str]]:
    body = {"name": name, "from": source, "to": target, "rules": "v1"}
    return "transition", body


def written(subject: Subject, *said: tuple[str, dict[str, str]]) -> list[Written]:
    """Entries of a subject, as the services chain them."""
    found, head = list[Written](), audit.first_link(*subject)
    for seq, (kind, values) in enumerate(said, start=1):
        body = audit.body(values)
        head = audit.link(head, audit.entry_text(NOW, kind, body))
        found.append(Written(subject, 7, Entry(seq, NOW, kind, body, head)))
    return found


def a_file(entries: Iterable[Written], follows: str = "") -> list[str]:
    """An archive of entries under one seal."""
    lines, digest = [archive_lines.header_line(follows)], SealDigest(follows)
    for one in entries:
        lines.append(archive_lines.entry_line(one))
        digest.add(one.entry.hash)
    seal = Seal(1, NOW, 9, digest.entries, digest.hash())
    return [*lines, archive_lines.seal_line(seal)]


def flaws(reading: Reading, lines: Iterable[str]) -> list[str]:
    return [f"{flaw.subject}: {flaw.message}" for flaw in reading.take(lines)]


@pytest.mark.req("OPS-4")
def test_an_archive_leads_to_where_each_chain_goes_on() -> None:
    entries = written(CHANGE, OPENED, CLOSED)
    reading = Reading()

    found = flaws(reading, a_file(entries))

    [one] = reading.checkpoints()
    last = entries[-1].entry
    assert found == []
    assert (one.kind, one.subject_id, one.name) == ("change", 7, "K-1")
    assert (one.checkpoint.seq, one.checkpoint.hash) == (2, last.hash)
    assert replay.from_state(one.checkpoint.state) == replay.replayed(
        each.entry for each in entries
    )


@pytest.mark.req("OPS-4")
def test_reading_in_two_parts_leads_to_the_same() -> None:
    entries = written(CHANGE, OPENED, moved("accept", "pending", "renewed"), CLOSED)
    first = a_file(entries[:2])
    whole, parts, last = Reading(), Reading(), Reading()
    flaws(whole, a_file(entries))

    flaws(parts, first)
    last.seal = parts.seal
    last.start_from(parts.checkpoints())
    found = flaws(last, a_file(entries[2:], follows=parts.seal))

    assert found == []
    assert list(last.checkpoints()) == list(whole.checkpoints())


@pytest.mark.req("OPS-4")
def test_a_move_that_was_archived_must_be_legal_too(renewal: Ruleset) -> None:
    wrong = moved("take_back", "renewed", "pending")
    entries = written(CHANGE, OPENED, moved("accept", "pending", "renewed"), wrong)
    rules = replace(renewal, version="v1")
    skipping = written(CHANGE, OPENED, wrong)

    legal = flaws(Reading(rules_of={"v1": rules}), a_file(entries))
    illegal = flaws(Reading(rules_of={"v1": rules}), a_file(skipping))

    assert legal == []
    assert illegal == [
        "change K-1: entry 2: take_back starts from renewed, but the change was pending"
    ]


BAD_LINES = {
    "no JSON": "what?",
    "no object": "[]",
    "nothing": "{}",
    "a number for a name": '{"subject": 1}',
    "an entry of nothing": json.dumps(
        {"subject": "moon", "name": "x", "seq": 1, "at": "2026-11-22T09:00:00+00:00",
         "kind": "opened", "says": {}, "hash": "", "subject_id": 1}
    ),
    "an entry that says too little": json.dumps(
        {"subject": "change", "name": "x", "seq": 1, "at": "2026-11-22T09:00:00+00:00",
         "kind": "opened", "says": {}, "hash": "", "subject_id": 1}
    ),
}  # fmt: skip


@pytest.mark.req("OPS-4")
@pytest.mark.parametrize("line", BAD_LINES.values(), ids=list(BAD_LINES))
def test_a_line_that_cannot_be_read_is_named(line: str) -> None:
    lines = a_file(written(CHANGE, OPENED))

    found = flaws(Reading(), [*lines[:2], line, *lines[2:]])

    assert found[-1] == "line 3: cannot be read"


@pytest.mark.req("OPS-4")
def test_a_file_that_follows_something_else_is_not_read() -> None:
    reading = Reading("f00")

    found = flaws(reading, a_file(written(CHANGE, OPENED)))

    assert found == ["line 1: the file does not follow what is before it"]
    assert reading.entries == 0


@pytest.mark.req("OPS-4")
def test_an_archive_of_another_form_cannot_be_read() -> None:
    assert flaws(Reading(), ['{"tacit_archive": 2, "follows": ""}']) == [
        "line 1: cannot be read"
    ]


@pytest.mark.req("OPS-4")
def test_every_part_of_a_checkpoint_is_in_their_hash() -> None:
    reading = Reading()
    flaws(reading, a_file(written(CHANGE, OPENED)))
    [one] = reading.checkpoints()
    at = one.checkpoint

    hashes = {
        checkpoints_hash(changed)
        for changed in (
            [],
            [one],
            [one._replace(subject_id=8)],
            [one._replace(kind="site")],
            [one._replace(checkpoint=replace(at, seq=2))],
            [one._replace(checkpoint=replace(at, hash="f00"))],
            [one._replace(checkpoint=replace(at, state="{}"))],
        )
    }

    assert len(hashes) == 7
