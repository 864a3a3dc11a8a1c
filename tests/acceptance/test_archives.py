"""`tacit audit archive` as a person uses it."""

import gzip
from pathlib import Path

import pytest

from tests.acceptance.conftest import Tacit


@pytest.fixture
def sealed(sample: Tacit) -> Tacit:
    """A sample home some of whose trail is sealed."""
    sample("tick", "--now", "2026-10-02T09:00")
    sample("audit", "seal", "--now", "2026-10-03")
    return sample


@pytest.mark.req("OPS-4")
def test_a_trail_is_archived_and_checked_with_its_archive(
    sealed: Tacit, tmp_path: Path
) -> None:
    file = tmp_path / "trail.jsonl.gz"
    [change, *_] = [
        row["id"] for row in sealed("changes", "--on", "2026-10-02", "--json").json
    ]
    before = sealed("audit", "verify", "--json").json["entries"]

    made = sealed(
        "audit", "archive", file, "--as", "olivia.park", "--now", "2026-10-04", "--json"
    )

    assert made.json["entries"] == before
    assert (made.json["file"], made.json["sealed_at"][:10]) == (str(file), "2026-10-03")
    assert gzip.decompress(file.read_bytes()).decode().count("\n") == before + 2
    assert sealed("audit", "verify", "--json").json == {"entries": 1, "flaws": []}
    whole = sealed("audit", "verify", "--archive", file, "--json")
    assert whole.json == {"entries": before + 1, "flaws": []}
    assert sealed("audit", "replay", "--archive", file).code == 0
    assert f"are archived, in {file}" in sealed("show", change).out


@pytest.mark.req("OPS-4")
def test_only_what_is_old_is_archived(sealed: Tacit, tmp_path: Path) -> None:
    file = tmp_path / "trail.jsonl"

    none = sealed("audit", "archive", file, "--before", "2026-10-03")
    some = sealed("audit", "archive", file, "--before", "2026-10-04")

    assert (none.code, some.code) == (2, 0)
    assert "nothing to archive" in none.err
    assert "no seal was made since the last archive and before 2026-10-03" in none.err
    assert "entries up to 2026-10-03 00:00 are in" in some.out


@pytest.mark.req("OPS-4")
def test_a_damaged_archive_is_a_flaw(sealed: Tacit, tmp_path: Path) -> None:
    file = tmp_path / "trail.jsonl"
    sealed("audit", "archive", file)
    text = file.read_text(encoding="utf-8")

    file.write_text(text.replace('"pending"', '"renewed"', 1), encoding="utf-8")

    checked = sealed("audit", "verify", "--archive", file)
    assert checked.code == 1
    assert "the chain breaks here" in checked.out


@pytest.mark.req("OPS-4")
def test_a_slip_of_the_pen_does_not_look_like_tampering(
    sealed: Tacit, tmp_path: Path
) -> None:
    other = tmp_path / "letter.txt"
    other.write_text("Dear customer", encoding="utf-8")

    missing = sealed("audit", "verify", "--archive", tmp_path / "no.jsonl")
    foreign = sealed("audit", "verify", "--archive", other)

    assert (missing.code, foreign.code) == (2, 2)
    assert "cannot be read" in missing.err
    assert "is no archive of Tacit" in foreign.err


@pytest.mark.req("OPS-4")
def test_an_archive_that_cannot_be_written_changes_nothing(
    sealed: Tacit, tmp_path: Path
) -> None:
    refused = sealed("audit", "archive", tmp_path / "no" / "such" / "trail.jsonl")

    assert refused.code == 2
    assert "cannot be written" in refused.err
    assert sealed("audit", "verify").code == 0
