"""Archives that were damaged, cut or mixed up: every flaw is found and named."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.services.archive_audit import ArchiveError
from engine.services.seal_audit import seal
from tests.support.archives import LATER, archived, sentences
from tests.support.histories import NEXT_DAY, a_year_of_history
from tests.support.installation import Installation


@pytest.mark.req("OPS-4")
def test_a_trail_with_a_flaw_is_not_archived(
    tacit: Installation, tmp_path: Path
) -> None:
    a_year_of_history(tacit)
    tacit.execute(
        "UPDATE audit SET body = REPLACE(body, 'acme', 'acne') "
        "WHERE subject_kind = 'change' AND subject_id = 1 AND seq = 3"
    )
    before = tacit.contents()

    with pytest.raises(ArchiveError, match=r"change K-1.R20270301: entry 3"):
        archived(tacit, tmp_path / "trail.jsonl")

    assert tacit.contents() == before
    assert list(tmp_path.glob("*.jsonl*")) + list(tmp_path.glob(".*")) == []


DAMAGE = {
    "a word": (lambda lines: [line.replace("acme", "acne") for line in lines], "chain"),
    "an entry": (
        lambda lines: [line for line in lines if '"name": "withdraw"' not in line],
        "the chain breaks here",
    ),
    "the last seal": (lambda lines: lines[:-1], "the file ends before its seal"),
    "the end": (lambda lines: lines[: len(lines) // 2], "ends before its seal"),
    "the first line": (lambda lines: lines[1:], "no archive that was given leads"),
    "all": (lambda _: [], "no archive that was given leads to this one"),
    "a seal": (lambda lines: [*lines[:-1], lines[-1].replace('"', "'")], "be read"),
    "the number sealed": (
        lambda lines: [
            line.replace('"entries": ', '"entries": 1') if '"seal"' in line else line
            for line in lines
        ],
        "what was sealed at",
    ),
}


@pytest.mark.req("OPS-4")
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("harm", "expected"), DAMAGE.values(), ids=list(DAMAGE))
def test_damage_to_an_archive_is_found(
    tacit: Installation,
    tmp_path: Path,
    harm: Callable[[list[str]], list[str]],
    expected: str,
) -> None:
    a_year_of_history(tacit)
    file = tmp_path / "trail.jsonl"
    archived(tacit, file)

    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(harm(lines)), encoding="utf-8")

    found = sentences(tacit, file)
    assert any(expected in sentence for sentence in found), found


@pytest.mark.req("OPS-4")
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_compressed_archive_that_was_cut_is_found(
    tacit: Installation, tmp_path: Path
) -> None:
    a_year_of_history(tacit)
    file = tmp_path / "trail.jsonl.gz"
    archived(tacit, file)

    file.write_bytes(file.read_bytes()[:-20])

    assert any("cannot be read" in sentence for sentence in sentences(tacit, file))


@pytest.mark.req("OPS-4")
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_an_archive_that_is_missing_or_given_twice_is_named(
    tacit: Installation, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    a_year_of_history(tacit)
    archived(tacit, first, before=NEXT_DAY)
    archived(tacit, second)

    without_first = sentences(tacit, second)
    without_second = sentences(tacit, first)
    twice = sentences(tacit, first, second, second)

    assert f"{second}: no archive that was given leads to this one" in without_first
    assert any("do not end where the database goes on" in one for one in without_second)
    assert set(twice) == {f"{second}: no archive that was given leads to this one"}


TAMPERING = {
    "a checkpoint's state": (
        "UPDATE checkpoints SET state = REPLACE(state, 'renewed', 'pending') "
        "WHERE subject_kind = 'change'",
        "trail: checkpoints have changed",
    ),
    "a checkpoint's hash": (
        "UPDATE checkpoints SET hash = 'f00' WHERE subject_kind = 'customer'",
        "trail: checkpoints have changed",
    ),
    "a checkpoint": (
        "DELETE FROM checkpoints WHERE subject_kind = 'change' AND subject_id = 1",
        "change K-1.R20270301: its trail is gone",
    ),
    "a state": (
        "UPDATE changes SET state = 'pending' WHERE id = 1",
        "change K-1.R20270301: state: the trail says renewed",
    ),
    "the seal that an archive ends with": (
        "DELETE FROM seals WHERE id = (SELECT MIN(id) FROM seals)",
        "trail: the seal that",
    ),
    "the entry that tells of an archive": (
        "DELETE FROM audit WHERE subject_kind = 'trail'",
        "seal ",
    ),
    "what the entry tells": (
        "UPDATE audit SET body = REPLACE(body, 'ines', 'eve') "
        "WHERE subject_kind = 'trail'",
        "trail trail: the chain breaks at entry 1",
    ),
}


@pytest.mark.req("OPS-4")
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("statement", "expected"), TAMPERING.values(), ids=list(TAMPERING)
)
def test_what_was_changed_in_an_archived_trail_is_found(
    tacit: Installation, tmp_path: Path, statement: str, expected: str
) -> None:
    a_year_of_history(tacit)
    archived(tacit, tmp_path / "trail.jsonl")
    seal(tacit.store, LATER)

    tacit.execute(statement)

    found = sentences(tacit)
    assert any(sentence.startswith(expected) for sentence in found), found
